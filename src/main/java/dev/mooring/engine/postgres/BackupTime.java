package dev.mooring.engine.postgres;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.UUID;

/**
 * When a cluster's daily backup is made, in UTC: as its owner set it, else some minute of the day that follows from its id, so
 * that not all of them begin together.
 */
public record BackupTime(int hour, int minute) {

    static final String HOUR = "backup_hour";
    static final String MINUTE = "backup_minute";
    public static final int INTERVAL_HOURS = 24;

    public static BackupTime of(UUID cluster, ObjectNode config) {
        int hash = cluster.hashCode();
        return new BackupTime(
                config.path(HOUR).asInt(Math.floorMod(hash, 24)),
                config.path(MINUTE).asInt(Math.floorMod(hash / 24, 60)));
    }

    /** The last time at or before now. */
    public Instant last(Instant now) {
        OffsetDateTime today = now.atOffset(ZoneOffset.UTC)
                .withHour(hour)
                .withMinute(minute)
                .withSecond(0)
                .withNano(0);
        return (today.toInstant().isAfter(now) ? today.minusDays(1) : today).toInstant();
    }
}
