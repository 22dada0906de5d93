package dev.mooring.dataplane;

import org.jspecify.annotations.Nullable;

/**
 * What a recovery would be made of.
 *
 * @param backupAt RFC 3339: when the base backup was made
 * @param backupBytes of its files
 * @param walBytes that would be replayed after it
 * @param walAfterBytes archived after the moment: what they hold would not come back
 * @param missing which WAL after that is lost, in words
 */
public record RecoveryPreview(
        String backupAt,
        long backupBytes,
        long walBytes,
        long walAfterBytes,
        @Nullable String missing) {}
