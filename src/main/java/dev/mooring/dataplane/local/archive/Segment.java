package dev.mooring.dataplane.local.archive;

import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * A segment of the WAL, named as PostgreSQL names its files: timeline and number in hexadecimal (xlog_internal.h).
 *
 * @param number which one of all segments since the beginning of the log
 */
public record Segment(int timeline, long number) implements Comparable<Segment> {

    /** The only size that Mooring's clusters have, in bytes. */
    public static final int SIZE = 16 << 20;

    private static final long PER_FILE = 0x1_0000_0000L / SIZE;
    private static final int NAME_LENGTH = 24;
    private static final Pattern NAME = Pattern.compile("[0-9A-F]{" + NAME_LENGTH + "}");

    /** The segment that holds the position. */
    public static Segment at(int timeline, long lsn) {
        return new Segment(timeline, lsn / SIZE);
    }

    public static boolean isName(String text) {
        return NAME.matcher(text).matches();
    }

    public static Segment named(String name) {
        int timeline = HexFormat.fromHexDigits(name, 0, 8);
        long file = HexFormat.fromHexDigitsToLong(name, 8, 16);
        return new Segment(timeline, file * PER_FILE + HexFormat.fromHexDigitsToLong(name, 16, NAME_LENGTH));
    }

    public String name() {
        return "%08X%08X%08X".formatted(timeline, number / PER_FILE, number % PER_FILE);
    }

    public long start() {
        return number * SIZE;
    }

    public long end() {
        return start() + SIZE;
    }

    public Segment next() {
        return new Segment(timeline, number + 1);
    }

    @Override
    public int compareTo(Segment other) {
        int byTimeline = Integer.compare(timeline, other.timeline);
        return byTimeline != 0 ? byTimeline : Long.compare(number, other.number);
    }
}
