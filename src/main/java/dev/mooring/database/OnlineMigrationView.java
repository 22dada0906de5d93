package dev.mooring.database;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * @param id also the operation's
 * @param error why it failed; null when it did not
 */
@RegisterForReflection
@Schema(name = "OnlineMigration")
record OnlineMigrationView(
        UUID id,

        @Schema(enumeration = {"running", "syncing", "canceled", "error", "done"})
        String status,

        String createdAt,
        String error) {}
