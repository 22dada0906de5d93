package dev.mooring.app.release.rehearsal;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.UUID;

/**
 * The last moment before a deployment changed anything: recovered to it, an instance has the data and the schema that the
 * version before worked with.
 *
 * @param cluster id of the instance
 * @param instance name of it
 * @param lsn where its log was
 * @param time by the instance's own clock, which is the one that recovery goes by
 */
@RegisterForReflection
public record RestorePoint(UUID cluster, String instance, String lsn, Instant time) {

    /** A standby cannot say where its log is, and nobody deploys to one for long. */
    public static final String QUERY =
            "select case when pg_is_in_recovery() then null else pg_current_wal_lsn()::text end, clock_timestamp()";
}
