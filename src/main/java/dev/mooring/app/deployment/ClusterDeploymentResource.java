package dev.mooring.app.deployment;

import dev.mooring.access.Scopes;
import dev.mooring.app.record.AppQueries;
import dev.mooring.app.record.DeploymentRow;
import dev.mooring.app.release.rehearsal.RestorePoint;
import dev.mooring.database.cluster.ClusterQueries;
import dev.mooring.web.Formats;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** What has been deployed on a cluster: moments that somebody may want to go back to. */
@Path("/mooring/v1/databases/{id}/deployments")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Deployments")
public class ClusterDeploymentResource {

    private static final int MOST = 100;

    /** Each comes with its spec: there is a bound to what is held at once. */
    private static final int MOST_DRAWN = 1000;

    private final ClusterQueries clusters;
    private final AppQueries apps;

    ClusterDeploymentResource(ClusterQueries clusters, AppQueries apps) {
        this.clusters = clusters;
        this.apps = apps;
    }

    @Schema(name = "ClusterDeployment")
    @RegisterForReflection
    public record Deployed(
            UUID id,
            UUID appId,

            @Schema(description = "The app's name at the time")
            String appName,

            @Schema(description = "As of a deployment") String phase,
            @Schema(description = "RFC 3339") String createdAt,

            @Schema(
                    description =
                            "RFC 3339, with microseconds: the last moment before it changed anything here; absent where it migrated"
                                    + " nothing")
            @Nullable
            String restorePoint) {

        static Deployed of(DeploymentRow row, UUID cluster) {
            RestorePoint point = row.facts().restorePoint();
            return new Deployed(
                    row.id(),
                    row.app(),
                    DeploymentView.spec(row).path("name").asText(),
                    row.phase().name(),
                    Formats.time(row.createdAt()),
                    point == null || !point.cluster().equals(cluster)
                            ? null
                            : point.time().toString());
        }
    }

    @RegisterForReflection
    public record DeployedList(List<Deployed> deployments) {}

    @GET
    @RolesAllowed(Scopes.APP_READ)
    @Operation(
            summary = "The last deployments of the apps that use a cluster, newest first",
            description = "At most 100: those whose spec has the cluster, or a dev database that it is.")
    public Uni<DeployedList> list(String id) {
        return list(id, null, MOST);
    }

    /**
     * The same since some time, for who draws all of it.
     *
     * @param since RFC 3339
     */
    @RolesAllowed(Scopes.APP_READ)
    public Uni<DeployedList> since(String id, String since) {
        return list(id, OffsetDateTime.parse(since), MOST_DRAWN);
    }

    private Uni<DeployedList> list(String id, @Nullable OffsetDateTime since, int most) {
        return clusters.find(id)
                .chain(cluster -> apps.deploymentsOn(cluster.name(), cluster.app(), since, most)
                        .map(rows -> new DeployedList(rows.stream()
                                .map(row -> Deployed.of(row, cluster.id()))
                                .toList())));
    }
}
