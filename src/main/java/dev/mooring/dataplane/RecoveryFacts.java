package dev.mooring.dataplane;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import java.util.UUID;

/**
 * What a recovery has found out.
 *
 * @param semanticVersion exact version that runs the recovered data
 * @param backup the base backup to begin with
 * @param backupAt RFC 3339: when it was made
 * @param size of the base backup's files, in bytes
 * @param timeline of the WAL to replay
 * @param from position where replay begins
 * @param consistent position up to which it has to go at least
 * @param through position up to which nothing is missing
 * @param missing which WAL after that is lost, in words; null when nothing more was ever stored
 * @param recoveredTo commit time of the last transaction that was replayed; null when there was none
 * @param databases all that were found in it
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@RegisterForReflection
public record RecoveryFacts(
        String semanticVersion,
        UUID backup,
        String backupAt,
        long size,
        int timeline,
        long from,
        long consistent,
        long through,
        String missing,
        String recoveredTo,
        List<String> databases) {

    public static final RecoveryFacts NONE = new RecoveryFacts(null, null, null, 0, 0, 0, 0, 0, null, null, List.of());

    public RecoveryFacts withRecoveredTo(String time) {
        return new RecoveryFacts(
                semanticVersion, backup, backupAt, size, timeline, from, consistent, through, missing, time, databases);
    }

    public RecoveryFacts withDatabases(List<String> found) {
        return new RecoveryFacts(
                semanticVersion,
                backup,
                backupAt,
                size,
                timeline,
                from,
                consistent,
                through,
                missing,
                recoveredTo,
                found);
    }
}
