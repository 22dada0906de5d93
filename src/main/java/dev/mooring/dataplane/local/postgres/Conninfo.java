package dev.mooring.dataplane.local.postgres;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** Connection strings of libpq, as its tools and subscriptions take them. */
public final class Conninfo {

    private Conninfo() {}

    /**
     * Between servers of this machine: who answers has to know the password's verifier, and the connection to end at its certificate. So
     * whoever has taken the port of one that is down learns nothing, and can hand nothing on to another one. Files of the account have no say.
     */
    public static Map<String, String> bound() {
        // In the same order in every process: settings are compared as text.
        Map<String, String> words = new LinkedHashMap<>();
        words.put("sslmode", "require");
        words.put("channel_binding", "require");
        words.put("sslcert", Tools.NO_FILE);
        words.put("sslrootcert", Tools.NO_FILE);
        return words;
    }

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
