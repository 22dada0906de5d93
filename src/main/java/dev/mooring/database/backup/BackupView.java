package dev.mooring.database.backup;

import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A backup on the wire. */
@Schema(name = "Backup")
public record BackupView(
        @Schema(description = "A moment that can be restored from it")
        String createdAt,

        @Schema(description = "Of the data, in GB") double sizeGigabytes,
        boolean incremental) {

    @Schema(name = "ScheduledBackupTime")
    public record Schedule(int backupHour, int backupMinute, int backupIntervalHours) {}

    /**
     * @param backupProgress percent of the one that is being made
     */
    @Schema(name = "BackupList")
    public record Listing(
            List<BackupView> backups,
            Schedule scheduledBackupTime,
            @Nullable String backupProgress,
            dev.mooring.web.Page.Links links,
            dev.mooring.web.Page.Meta meta) {}
}
