package dev.mooring.console;

import io.quarkus.qute.TemplateExtension;
import java.util.Locale;

/** How values are told to people. */
@TemplateExtension
class Texts {

    private static final String UTC = "Z";

    private Texts() {}

    /** A time of the API, which is always in UTC, and says so. */
    static String utc(String time) {
        return time.endsWith(UTC) ? field(time).replace('T', ' ') + " UTC" : time;
    }

    /** A time of the API as a browser's field takes it. */
    static String field(String time) {
        if (!time.endsWith(UTC)) {
            return time;
        }
        int fraction = time.lastIndexOf('.');
        return time.substring(0, fraction < 0 ? time.length() - UTC.length() : fraction);
    }

    /** A slug, for people. */
    static String words(String slug) {
        String words = slug.replace('_', ' ').replace('-', ' ').toLowerCase(Locale.ROOT);
        return words.isEmpty() ? words : words.substring(0, 1).toUpperCase(Locale.ROOT) + words.substring(1);
    }

    /** A state of a cluster, an operation or a deployment, as one of few tones. */
    static String tone(String state) {
        return switch (state.toLowerCase(Locale.ROOT)) {
            case "online", "done", "active" -> "good";
            case "failed", "error" -> "bad";
            case "cancelled", "canceled", "superseded" -> "calm";
            default -> "busy";
        };
    }
}
