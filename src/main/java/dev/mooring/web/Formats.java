package dev.mooring.web;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** How values are written on the wire. */
public final class Formats {

    private Formats() {}

    /** RFC 3339 in UTC, whole seconds, {@code Z}: what every client parses. */
    public static String time(OffsetDateTime time) {
        return time(time.toInstant());
    }

    public static @Nullable String timeOrNull(@Nullable OffsetDateTime time) {
        return time == null ? null : time(time);
    }

    public static String time(Instant time) {
        return time.truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
