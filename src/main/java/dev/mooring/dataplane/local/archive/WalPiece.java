package dev.mooring.dataplane.local.archive;

import java.util.Comparator;
import java.util.HexFormat;
import java.util.Optional;

/**
 * A stored range of WAL within one segment.
 *
 * @param from offset in the segment
 * @param to offset after the last byte
 */
record WalPiece(Segment segment, int from, int to) {

    /** Of those that begin at the same place the longest first: it replaces the others. */
    static final Comparator<WalPiece> ORDER = Comparator.comparing(WalPiece::segment)
            .thenComparingLong(WalPiece::from)
            .thenComparing(WalPiece::to, Comparator.reverseOrder());

    private static final String ENDING = ".zst";
    private static final int NAME = 24;
    private static final int OFFSET = 8;

    static WalPiece whole(Segment segment) {
        return new WalPiece(segment, 0, Segment.SIZE);
    }

    /** From the last part of a key; empty when it is not a piece's. */
    static Optional<WalPiece> parse(String name) {
        if (!name.endsWith(ENDING) || name.length() < NAME || !Segment.isName(name.substring(0, NAME))) {
            return Optional.empty();
        }
        Segment segment = Segment.named(name.substring(0, NAME));
        String range = name.substring(NAME, name.length() - ENDING.length());
        if (range.isEmpty()) {
            return Optional.of(whole(segment));
        }
        if (range.length() != 2 * OFFSET + 2) {
            return Optional.empty();
        }
        return Optional.of(new WalPiece(
                segment,
                HexFormat.fromHexDigits(range, 1, 1 + OFFSET),
                HexFormat.fromHexDigits(range, 2 + OFFSET, 2 + 2 * OFFSET)));
    }

    String name() {
        return segment.name() + (isWhole() ? "" : ".%08X-%08X".formatted(from, to)) + ENDING;
    }

    boolean isWhole() {
        return from == 0 && to == Segment.SIZE;
    }

    long start() {
        return segment.start() + from;
    }

    long end() {
        return segment.start() + to;
    }

    int length() {
        return to - from;
    }

    @Override
    public String toString() {
        return Lsn.text(start()) + " to " + Lsn.text(end());
    }
}
