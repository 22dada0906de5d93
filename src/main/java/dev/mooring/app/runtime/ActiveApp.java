package dev.mooring.app.runtime;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What of an app runs, and how it is reached.
 *
 * @param port where the app is served
 * @param routes the first that fits answers
 * @param account number of the account that the processes run under; null from a version where apps shared one
 */
@RegisterForReflection
public record ActiveApp(
        UUID app,
        UUID deployment,
        int port,
        List<Running> processes,
        List<Route> routes,
        @Nullable Integer account) {

    /** Whether everything is there that keeping it running needs. */
    boolean whole(String folder) {
        return app != null
                && app.toString().equals(folder)
                && deployment != null
                && port > 0
                && processes != null
                && routes != null
                && processes.stream()
                        .allMatch(process -> process != null
                                && process.name() != null
                                && process.command() != null
                                && process.directory() != null
                                && process.environment() != null);
    }

    /**
     * A process that has to run.
     *
     * @param name of its work
     * @param component that it is an instance of
     * @param environment sealed JSON object
     * @param drainSeconds for which requests that are under way may go on after another deployment has taken over
     * @param graceSeconds from the wish that it end to its being killed
     * @param memory bytes that one process may have; 0 for the setting's
     */
    @RegisterForReflection
    public record Running(
            String name,
            String kind,
            String component,
            int port,
            String command,
            String directory,
            String environment,
            long drainSeconds,
            long graceSeconds,
            long memory) {}

    /**
     * @param authority host that the request must have named; null for any
     * @param prefix of the path; as a whole when {@code exact}
     * @param keepPrefix whether the component sees the prefix
     * @param rewrite what the component sees in place of the prefix
     * @param ports of the component's instances; empty for a redirect
     * @param redirect where to go instead
     */
    @RegisterForReflection
    public record Route(
            @Nullable String authority,
            String prefix,
            boolean exact,
            boolean keepPrefix,
            @Nullable String rewrite,
            List<Integer> ports,
            @Nullable Redirect redirect) {

        /** A prefix ends at a slash: /api is none of /apiary. */
        boolean fits(String path) {
            if (exact) {
                return path.equals(prefix);
            }
            return path.startsWith(prefix)
                    && (prefix.endsWith("/")
                            || path.length() == prefix.length()
                            || path.charAt(prefix.length()) == '/');
        }

        /** What the component sees of a path and query that fit. */
        String seen(String uri) {
            if (rewrite == null && (keepPrefix || prefix.equals("/"))) {
                return uri;
            }
            String rest = uri.substring(Math.min(uri.length(), prefix.length()));
            String start =
                    rewrite == null ? "" : rewrite.endsWith("/") ? rewrite.substring(0, rewrite.length() - 1) : rewrite;
            return start + (rest.startsWith("/") ? "" : "/") + rest;
        }
    }

    @RegisterForReflection
    public record Redirect(String scheme, String authority, Long port, String uri, int code) {}
}
