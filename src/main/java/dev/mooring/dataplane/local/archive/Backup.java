package dev.mooring.dataplane.local.archive;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import java.util.UUID;

/**
 * A base backup that is whole: what {@code backup.json} says.
 *
 * @param version exact server version
 * @param startLsn where replay begins, as text like the next one
 * @param stopLsn from here on the copy is consistent
 * @param startedAt RFC 3339, by the server's clock
 * @param stoppedAt no earlier moment can be restored from it
 * @param size of the files, in bytes
 * @param storedSize as it lies in the archive, in bytes
 */
@RegisterForReflection
@JsonIgnoreProperties(ignoreUnknown = true)
public record Backup(
        UUID id,
        String major,
        String version,
        int timeline,
        String startLsn,
        String stopLsn,
        String startedAt,
        String stoppedAt,
        long size,
        long storedSize,
        List<String> parts) {

    public long start() {
        return Lsn.parse(startLsn);
    }

    public long stop() {
        return Lsn.parse(stopLsn);
    }

    public java.time.Instant stopped() {
        return java.time.Instant.parse(stoppedAt);
    }
}
