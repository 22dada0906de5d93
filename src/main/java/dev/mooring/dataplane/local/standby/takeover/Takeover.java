package dev.mooring.dataplane.local.standby.takeover;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * How a node took another one's place.
 *
 * @param term how often that has happened to the cluster
 * @param from the node that was the primary
 * @param to the one that is
 * @param planned whether the old one was shut down for it
 * @param reason in words
 * @param begunAt RFC 3339, when it was noticed
 * @param servesSince RFC 3339
 * @param whole whether all WAL of the old primary came along: then nothing that was committed is lost
 * @param slotsLost replication slots that are lost with the WAL, where somebody has noted them
 */
@RegisterForReflection
public record Takeover(
        long term,
        String from,
        String to,
        boolean planned,
        String reason,
        String begunAt,
        String servesSince,
        boolean whole,
        @Nullable List<String> slotsLost) {

    /** The operation that tells of it. */
    public UUID id(UUID cluster) {
        return UUID.nameUUIDFromBytes(("fail-over " + cluster + " " + term).getBytes(StandardCharsets.UTF_8));
    }

    /** From when it was noticed until the new primary let clients in. */
    public long millis() {
        return Duration.between(Instant.parse(begunAt), Instant.parse(servesSince))
                .toMillis();
    }
}
