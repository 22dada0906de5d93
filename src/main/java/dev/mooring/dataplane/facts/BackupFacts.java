package dev.mooring.dataplane.facts;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What became of making a backup.
 *
 * @param id of the backup; null before it is whole
 * @param createdAt RFC 3339: the first moment that can be restored from it
 * @param size of the files, in bytes
 * @param storedSize as it lies in the archive, in bytes
 * @param kept every backup that is left after old ones were deleted
 * @param recoverableFrom RFC 3339: from then on every moment can be restored
 * @param refusedSince RFC 3339: since when what may still become right is refused
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@RegisterForReflection
public record BackupFacts(
        @Nullable UUID id,
        @Nullable String createdAt,
        long size,
        long storedSize,
        List<UUID> kept,
        @Nullable String recoverableFrom,
        @Nullable String refusedSince)
        implements Patient<BackupFacts> {

    public static final BackupFacts NONE = new BackupFacts(null, null, 0, 0, List.of(), null, null);

    public BackupFacts withKept(List<UUID> left, @Nullable String from) {
        return new BackupFacts(id, createdAt, size, storedSize, left, from, refusedSince);
    }

    @Override
    public BackupFacts refused(@Nullable String since) {
        return new BackupFacts(id, createdAt, size, storedSize, kept, recoverableFrom, since);
    }
}
