package dev.mooring.outbound;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * How a host may be written: as an address in its usual form, or as a name. Other spellings of addresses (127.1, 0x7f.1,
 * 2130706433) mean one thing here and another to the programs that connect, so there are none.
 */
final class HostName {

    private static final String PART = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
    private static final Pattern FOUR = Pattern.compile(PART + "(?:\\." + PART + "){3}");
    private static final Pattern SIX = Pattern.compile("[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*");
    private static final Pattern NAME = Pattern.compile(
            "(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?");
    private static final Pattern LOOKS_LIKE_NUMBER = Pattern.compile("(?:\\d+|0[xX][0-9A-Fa-f]*)");
    /** Of no machine that everybody knows: RFC 6761, RFC 6762, RFC 8375 and the registry's own word on internal. */
    private static final Pattern INSIDE = Pattern.compile(
            "[^.]+|(?:.*\\.)?(?:localhost|localdomain|local|internal|intranet|lan|home|corp|private|home\\.arpa)");

    private static final int LONGEST = 253;

    private HostName() {}

    static boolean isAddress(String host) {
        return FOUR.matcher(host).matches() || SIX.matcher(host).matches();
    }

    /** Without brackets, the final dot, and capitals. */
    static String normal(String host) {
        String bare = host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
        String name = bare.endsWith(".") ? bare.substring(0, bare.length() - 1) : bare;
        return name.toLowerCase(Locale.ROOT);
    }

    /** @param host as {@link #normal} gives it */
    static boolean isWellFormed(String host) {
        String last = host.substring(host.lastIndexOf('.') + 1);
        return isAddress(host)
                || host.length() <= LONGEST
                        && NAME.matcher(host).matches()
                        && !LOOKS_LIKE_NUMBER.matcher(last).matches();
    }

    /** A name that only means something inside of some network. */
    static boolean isInside(String host) {
        return INSIDE.matcher(host).matches();
    }
}
