package dev.mooring.web;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** How values are written on the wire. */
public final class Formats {

    private Formats() {}

    /** RFC 3339 in UTC, whole seconds, {@code Z}: what every client parses. Null stays null. */
    public static @Nullable String time(@Nullable OffsetDateTime time) {
        return time == null ? null : time(time.toInstant());
    }

    public static @Nullable String time(@Nullable Instant time) {
        return time == null ? null : time.truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
