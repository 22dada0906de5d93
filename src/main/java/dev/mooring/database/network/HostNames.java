package dev.mooring.database.network;

import dev.mooring.web.Problems;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Names that an owner may give a cluster: host names by RFC 1123, written in the one way in which names can be compared. They
 * go into a certificate, so whatever a client could take for another server is refused. What others use is for
 * {@link HostNameClaims} to say.
 */
public final class HostNames {

    static final int MOST = 16;
    private static final int LONGEST = 253;
    private static final int LONGEST_LABEL = 63;
    private static final Pattern LABEL = Pattern.compile("[a-z0-9](?:[a-z0-9-]*[a-z0-9])?");
    /** Such a last label makes an address of it: 127.1, 0x7f000001 (WHATWG URL, "ends in a number"). */
    private static final Pattern NUMBER = Pattern.compile("[0-9]+|0x[0-9a-f]*");
    /** RFC 6761, and the names by which hosts files know a machine itself. */
    private static final Set<String> THIS_MACHINE =
            Set.of("localhost", "localdomain", "loopback", "broadcasthost", "ip6-localhost", "ip6-loopback");

    private HostNames() {}

    public static void check(Problems problems, String path, @Nullable List<String> names) {
        if (names == null) {
            return;
        }
        problems.check(names.size() <= MOST, path, "at most " + MOST + " names");
        Set<String> seen = new HashSet<>();
        for (String name : names) {
            String problem = name == null ? "must be a text" : problem(name);
            if (problem == null && !seen.add(name)) {
                problem = "is given twice";
            }
            problems.check(problem == null, path, shown(name) + " " + problem);
        }
    }

    /** What is wrong with the name. */
    static @Nullable String problem(String name) {
        if (name.isEmpty() || name.length() > LONGEST) {
            return "is not a host name: it must have 1 to " + LONGEST + " characters";
        }
        if (name.indexOf('*') >= 0) {
            return "must be the name of one host: wildcards are not allowed";
        }
        if (!name.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            return "must have letters of ASCII, digits, dashes and dots only";
        }
        if (!name.equals(name.toLowerCase(Locale.ROOT))) {
            return "must be in lower case";
        }
        if (name.endsWith(".")) {
            return "must not end in a dot";
        }
        if (name.indexOf(':') >= 0) {
            return "must be a name, not an address";
        }
        List<String> labels = List.of(name.split("\\.", -1));
        for (String label : labels) {
            if (label.length() > LONGEST_LABEL) {
                return "is not a host name: a label has more than " + LONGEST_LABEL + " characters";
            }
            if (!LABEL.matcher(label).matches()) {
                return "is not a host name (RFC 1123): labels have letters, digits and dashes, and neither begin nor end"
                        + " with a dash";
            }
            if (label.startsWith("--", 2)) {
                return "must not have internationalised (xn--) or other reserved labels: they can look like another name";
            }
        }
        if (NUMBER.matcher(labels.getLast()).matches()) {
            return "must be a name, not an address";
        }
        if (THIS_MACHINE.contains(labels.getLast()) || THIS_MACHINE.contains(name)) {
            return "is reserved: it means the machine of whoever asks";
        }
        return null;
    }

    /** Without what would break a line, and not longer than it has to be. */
    private static String shown(@Nullable String name) {
        if (name == null) {
            return "null";
        }
        String printable = name.replaceAll("\\p{C}", "?");
        return printable.length() <= LONGEST_LABEL ? printable : printable.substring(0, LONGEST_LABEL) + "...";
    }
}
