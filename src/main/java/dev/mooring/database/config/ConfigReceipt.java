package dev.mooring.database.config;

import dev.mooring.operation.Operation;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** What a change of the configuration has done, or what it would do. */
@Schema(name = "DatabaseConfigReceipt")
public record ConfigReceipt(
        @Schema(description = "Whether nothing was changed: present when that was asked for") @Nullable
        Boolean dryRun,

        @Schema(description = "Keys that would get another value; present for dry_run=true") @Nullable
        List<String> changes,

        @Schema(description = "Keys that would restart the server; present for dry_run=true") @Nullable
        List<String> restartRequiredBy,

        @Schema(description = "Whether the server would be restarted; present for dry_run=true") @Nullable
        Boolean restartRequired,

        @Schema(description = "Whether the server was restarted; present for what is in force") @Nullable
        Boolean restarted,

        @Schema(description = "The operation with the whole receipt; present for what is in force") @Nullable
        UUID operationId) {

    static ConfigReceipt wouldBe(ConfigPreview.Preview preview) {
        return new ConfigReceipt(
                true, preview.changes(), preview.restarts(), !preview.restarts().isEmpty(), null, null);
    }

    static ConfigReceipt of(Operation operation) {
        boolean restarted = operation.result() != null && operation.result().getBoolean("restarted", false);
        return new ConfigReceipt(null, null, null, null, restarted, operation.id());
    }
}
