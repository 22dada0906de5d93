package dev.mooring.app;

import dev.mooring.access.Scopes;
import dev.mooring.app.record.AppQueries;
import dev.mooring.app.record.DeploymentRow;
import dev.mooring.app.release.rehearsal.RestorePoint;
import dev.mooring.dboscloud.application.DbosSpec;
import dev.mooring.dboscloud.application.UploadedApp;
import dev.mooring.web.ApiException;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Where data can be put back to, by deployment. */
@Path("/mooring/v1/apps/{id}/deployments/{deployment}/restore-point")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Deployments")
public class RestorePointResource {

    private final AppQueries reads;

    RestorePointResource(AppQueries reads) {
        this.reads = reads;
    }

    @Schema(name = "RestorePoint")
    @RegisterForReflection
    public record View(
            @Schema(description = "The cluster to recover from")
            UUID clusterId,

            String instance,

            @Schema(description = "RFC 3339, with microseconds: what to recover to")
            String time,

            String lsn,

            @Schema(description = "What was deployed") String version,

            @Schema(description = "What ran until then, and fits the data of that moment; absent for nothing")
            String previousVersion) {}

    @RegisterForReflection
    @Schema(name = "RestorePointEnvelope")
    public record Envelope(View restorePoint) {}

    @GET
    @RolesAllowed(Scopes.APP_READ)
    @Operation(
            summary = "The last moment before a deployment changed anything",
            description = "For deployments of uploaded code, which migrate. 404 for others, and before the migration.")
    public Uni<Envelope> get(String id, String deployment) {
        return reads.app(id)
                .chain(app -> reads.deployment(app.id, deployment).chain(row -> {
                    RestorePoint point = row.facts().restorePoint();
                    if (point == null) {
                        throw ApiException.notFound("this deployment has no restore point");
                    }
                    Uni<String> previous = row.previous() == null
                            ? Uni.createFrom().nullItem()
                            : reads.deployment(app.id, row.previous().toString())
                                    .map(RestorePointResource::version);
                    return previous.map(before -> new Envelope(new View(
                            point.cluster(),
                            point.instance(),
                            point.time().toString(),
                            point.lsn(),
                            version(row),
                            before)));
                }));
    }

    private static String version(DeploymentRow row) {
        return DbosSpec.version(UploadedApp.json(row.spec()));
    }
}
