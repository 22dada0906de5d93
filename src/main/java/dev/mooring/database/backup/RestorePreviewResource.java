package dev.mooring.database.backup;

import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.database.cluster.ClusterId;
import dev.mooring.dataplane.DataPlane;
import dev.mooring.dataplane.DataPlanes;
import dev.mooring.dataplane.RecoveryPreview;
import dev.mooring.operation.OperationFailed;
import dev.mooring.web.ApiException;
import dev.mooring.web.Formats;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** What a restore would bring back, and what it would be made of. */
@Path("/mooring/v1/databases/{id}/restore-preview")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Backups")
public class RestorePreviewResource {

    private static final int CANNOT_NOW = 412;

    private final RecoverySources sources;
    private final DataPlanes planes;
    private final Caller caller;
    private final Clock clock;

    RestorePreviewResource(RecoverySources sources, DataPlanes planes, Caller caller, Clock clock) {
        this.sources = sources;
        this.planes = planes;
        this.caller = caller;
        this.clock = clock;
    }

    @Schema(name = "RestorePreview")
    public record Preview(
            @Schema(description = "RFC 3339: what was committed by then comes back")
            String at,

            @Schema(description = "Major version that the cluster had then")
            String version,

            @Schema(description = "When the base backup was made that it begins with, RFC 3339")
            String backupAt,

            @Schema(description = "Of that backup's files") long backupBytes,

            @Schema(description = "WAL that is replayed after it")
            long walBytes,

            @Schema(description = "WAL that is archived and comes after the moment: what it holds does not come back")
            long walAfterBytes,

            @Schema(description = "Which WAL after that is lost; absent when none is") @Nullable
            String missing,

            @Schema(description = "Those who can log in there, with their passwords of now")
            List<String> users,

            @Schema(description = "How many trusted sources it would have, unless others are asked for")
            int trustedSources) {}

    public record PreviewEnvelope(Preview restorePreview) {}

    @GET
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(
            summary = "What a restore would bring back",
            description =
                    "Also of a deleted cluster whose archive is still kept. Nothing is changed. 412 before the first backup, and where"
                            + " the archive cannot be read; 422 for a moment that cannot be recovered.")
    public Uni<PreviewEnvelope> preview(
            String id,
            @Parameter(description = "RFC 3339; without it everything that was committed") @RestQuery @Nullable
                    String at) {
        Instant moment = moment(at);
        return sources.find(caller.team(), ClusterId.parse(id)).chain(source -> {
            Instant now = clock.instant();
            source.check("at", moment, now);
            return plane(source)
                    .recovery(source.id(), moment)
                    .onFailure(OperationFailed.class)
                    .transform(failed -> new ApiException(CANNOT_NOW, failed.getMessage()))
                    .map(found -> new PreviewEnvelope(preview(source, moment == null ? now : moment, found)));
        });
    }

    private DataPlane plane(RecoverySource source) {
        return planes.all().stream()
                .filter(plane -> plane.offer().archive().equals(source.archive()))
                .findFirst()
                .orElseThrow(() -> new ApiException(
                        CANNOT_NOW, "the archive of " + source.name() + " cannot be read from this machine"));
    }

    private static Preview preview(RecoverySource source, Instant at, Optional<RecoveryPreview> found) {
        RecoveryPreview made = found.orElseThrow(
                () -> new ApiException(CANNOT_NOW, source.name() + " cannot be recovered where its archive is"));
        return new Preview(
                Formats.time(at),
                source.versionAt(at),
                made.backupAt(),
                made.backupBytes(),
                made.walBytes(),
                made.walAfterBytes(),
                made.missing(),
                source.users().stream().map(RecoverySource.User::name).toList(),
                source.traits().rules().size());
    }

    private static @Nullable Instant moment(@Nullable String at) {
        try {
            return at == null || at.isBlank() ? null : OffsetDateTime.parse(at).toInstant();
        } catch (DateTimeParseException e) {
            throw ApiException.unprocessable("at: must be RFC 3339, such as 2030-01-31T12:00:00Z");
        }
    }
}
