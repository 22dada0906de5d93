package dev.mooring.engine.postgres;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** When the PostgreSQL project ends its care for a major version (postgresql.org/support/versioning). */
public final class PostgresVersion {

    /** Given to those who name none, when this installation has it. */
    public static final String DEFAULT = "17";

    private static final Map<String, String> END_OF_LIFE = Map.of(
            "13", "2025-11-13T00:00:00Z",
            "14", "2026-11-12T00:00:00Z",
            "15", "2027-11-11T00:00:00Z",
            "16", "2028-11-09T00:00:00Z",
            "17", "2029-11-08T00:00:00Z",
            "18", "2030-11-14T00:00:00Z");

    private PostgresVersion() {}

    /** Null when not known. */
    public static @Nullable String endOfLife(String major) {
        return END_OF_LIFE.get(major);
    }
}
