package dev.mooring.console.cluster;

import dev.mooring.console.operation.Timeline;
import dev.mooring.database.backup.RestorePreviewResource.Preview;
import java.util.List;

/**
 * What a restore would bring back, before it begins.
 *
 * @param at the moment, RFC 3339; empty when nobody has asked
 * @param after how much was written since the moment and does not come along
 * @param missing what is lost of the archive after that; empty when nothing is
 */
public record Restored(
        String at,
        String version,
        String backupAt,
        String size,
        String wal,
        String after,
        String missing,
        List<String> users,
        int sources) {

    static final Restored NOTHING = new Restored("", "", "", "", "", "", "", List.of(), 0);

    static Restored of(Preview preview) {
        return new Restored(
                preview.at(),
                preview.version(),
                preview.backupAt(),
                Timeline.bytes(preview.backupBytes()),
                Timeline.bytes(preview.walBytes()),
                Timeline.bytes(preview.walAfterBytes()),
                preview.missing() == null ? "" : preview.missing(),
                preview.users(),
                preview.trustedSources());
    }

    public boolean asked() {
        return !at.isEmpty();
    }
}
