package dev.mooring.database.backup;

import dev.mooring.access.Scopes;
import dev.mooring.dataplane.HomeBackups;
import dev.mooring.web.ApiException;
import dev.mooring.web.Formats;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;
import org.jspecify.annotations.Nullable;

/** The backups of Mooring itself, for who administers the installation. */
@Path("/mooring/v1/home/backups")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Operations")
public class HomeBackupResource {

    private static final int PRECONDITION_FAILED = 412;

    private final HomeBackups backups;

    HomeBackupResource(HomeBackups backups) {
        this.backups = backups;
    }

    @Schema(name = "HomeBackup")
    public record BackupView(
            @Nullable String madeAt,

            @Schema(description = "As it is stored") long sizeBytes) {
        static BackupView of(HomeBackups.Backup backup) {
            return new BackupView(Formats.time(backup.madeAt().atOffset(ZoneOffset.UTC)), backup.size());
        }
    }

    @Schema(name = "HomeBackupEnvelope")
    public record Envelope(BackupView backup) {}

    @Schema(name = "HomeBackupList")
    public record Listing(
            @Schema(description = "Whose backups they are, as restore-home asks for it")
            UUID home,

            String location,

            @Schema(description = "Newest first") List<BackupView> backups,

            @Schema(description = "Why the last one could not be made; null when it could") @Nullable
            String failure) {}

    @GET
    @RunOnVirtualThread
    @RolesAllowed(Scopes.OPERATION_RUN)
    @Operation(summary = "List the backups of Mooring itself")
    public Listing list() throws IOException {
        HomeBackups.State state = backups.state();
        return new Listing(
                state.home(),
                state.location(),
                state.backups().stream().map(BackupView::of).toList(),
                state.failure());
    }

    @POST
    @ResponseStatus(201)
    @RunOnVirtualThread
    @RolesAllowed(Scopes.OPERATION_RUN)
    @Operation(
            summary = "Back up Mooring itself now",
            description = "Its metadata, keys and certificates; 412 where the metadata database is none of its own.")
    @APIResponse(
            responseCode = "201",
            description = "The backup",
            content = @Content(schema = @Schema(implementation = Envelope.class)))
    public Envelope make() throws IOException, InterruptedException {
        try {
            return new Envelope(BackupView.of(backups.make()));
        } catch (IllegalStateException e) {
            throw new ApiException(PRECONDITION_FAILED, e.getMessage());
        }
    }
}
