package dev.mooring.audit;

import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a path is about, in the words that people use.
 *
 * @param kind null when it is about nothing in particular
 * @param id null when the path names none
 */
record Subject(@Nullable String kind, @Nullable String id) {

    private static final Map<String, String> KINDS = Map.of(
            "databases", "database",
            "apps", "app",
            "applications", "app",
            "tags", "tag",
            "tokens", "token",
            "teams", "team",
            "projects", "project",
            "operations", "operation",
            "user", "user");

    private static final Pattern SHOWN = Pattern.compile("[A-Za-z0-9_.:@/-]{1,255}");
    private static final String TOKEN_PREFIX = "mrg_";
    /** What is shorter is nobody's token: it would only mask what has nothing to do with it. */
    private static final int SHORTEST_SECRET = 8;

    private static final String MASKED = "(masked)";

    /**
     * @param endpoint with the names of its parameters, such as {@code /v2/databases/{id}/users/{name}}
     * @param parameters their values, fit to be shown
     */
    static Subject of(String endpoint, Map<String, String> parameters) {
        Iterator<String> segments = Arrays.stream(endpoint.split("/")).iterator();
        String kind = null;
        while (segments.hasNext() && kind == null) {
            kind = KINDS.get(segments.next());
        }
        while (segments.hasNext()) {
            String segment = segments.next();
            if (segment.startsWith("{")) {
                return new Subject(kind, parameters.get(segment.replaceAll("[{}]|:.*", "")));
            }
        }
        return new Subject(kind, null);
    }

    /**
     * The values of a path as they may be kept: names and ids, but nothing that looks like a token, nor the caller's own, which
     * people paste into the wrong place.
     *
     * @param secret the caller's token
     */
    static Map<String, String> shown(Map<String, String> parameters, @Nullable String secret) {
        Map<String, String> shown = new TreeMap<>();
        parameters.forEach((name, value) -> shown.put(name, fit(value, secret) ? value : MASKED));
        return shown;
    }

    private static boolean fit(String value, @Nullable String secret) {
        return SHOWN.matcher(value).matches()
                && !value.contains(TOKEN_PREFIX)
                && (secret == null || last(secret).length() < SHORTEST_SECRET || !value.contains(last(secret)));
    }

    private static String last(String token) {
        return token.substring(token.lastIndexOf('.') + 1);
    }
}
