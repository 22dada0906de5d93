package dev.mooring.dataplane.local.postgres;

import java.util.Map;
import java.util.stream.Collectors;

/** Connection strings of libpq, as its tools and subscriptions take them. */
public final class Conninfo {

    private Conninfo() {}

    /** All of one, in the order of the map. */
    public static String of(Map<String, String> words) {
        return words.entrySet().stream()
                .map(word -> word.getKey() + "=" + value(word.getValue()))
                .collect(Collectors.joining(" "));
    }

    /** A field of a password file. */
    public static String field(String text) {
        return text.replace("\\", "\\\\").replace(":", "\\:");
    }

    /**
     * The value of a keyword.
     *
     * @throws IllegalArgumentException when it holds NUL, which would end the string there
     */
    public static String value(String text) {
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a connection string cannot hold NUL");
        }
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }
}
