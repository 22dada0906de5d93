package dev.mooring.database.migration;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * @param id also the operation's
 * @param leftOut what does not come, with the reason
 * @param copiedAtTheEnd tables that replication cannot bring whole
 * @param differences what is not as at the source: while it is syncing definitions, in the end rows too
 * @param error why it failed; null when it did not
 */
@RegisterForReflection
@Schema(name = "OnlineMigration")
record OnlineMigrationView(
        UUID id,

        @Schema(enumeration = {"running", "syncing", "canceled", "error", "done"})
        String status,

        String createdAt,
        @Nullable String error,

        @Schema(description = "What does not come, with the reason; known before anything is copied") @Nullable
        List<String> leftOut,

        @Schema(
                description =
                        "Tables without a key that tells their rows apart, and unlogged ones: what differs in the end"
                                + " is copied again")
        @Nullable
        List<String> copiedAtTheEnd,

        @Schema(description = "What is not as at the source: definitions while it is syncing, in the end rows too")
        @Nullable
        List<String> differences) {}
