package dev.mooring.database.provisioning;

import dev.mooring.access.Scopes;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;
import org.jspecify.annotations.Nullable;

/** Another size, another region. The answers are empty objects: some clients parse them, and fail on nothing at all. */
@Path("/v2/databases/{id}")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Database settings")
public class ResizeResource {

    private static final Map<String, String> NOTHING = Map.of();

    private final Resizes resizes;

    ResizeResource(Resizes resizes) {
        this.resizes = resizes;
    }

    @Schema(name = "ResizeInput")
    public record Size(
            @Schema(required = true, examples = "db-s-2vcpu-4gb") @Nullable
            String size,

            @Schema(required = true, examples = "1") @Nullable
            Integer numNodes,

            @Schema(
                    description =
                            "From the plan's own up; when absent what had been added to the plan before is added to the new one")
            @Nullable
            Integer storageSizeMib) {}

    @Schema(name = "MigrateInput")
    public record Move(
            @Schema(required = true, examples = "ams3") String region,

            @Schema(description = "The region's own when absent")
            String privateNetworkUuid) {}

    @PUT
    @Path("resize")
    @ResponseStatus(202)
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(
            summary = "Resize a cluster",
            description =
                    "The server is restarted once; the operation's receipt says for how long nobody could write. 422 when"
                            + " the databases hold more than the storage wanted.")
    public Uni<Map<String, String>> resize(String id, @Nullable Size wanted) {
        return resizes.resize(
                        id,
                        wanted == null ? null : wanted.size(),
                        wanted == null ? null : wanted.numNodes(),
                        wanted == null ? null : wanted.storageSizeMib())
                .replaceWith(NOTHING);
    }

    @PUT
    @Path("migrate")
    @ResponseStatus(202)
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(
            summary = "Move a cluster to another region",
            description =
                    "All regions are names of this installation, so no data moves: the cluster is listed in the other"
                            + " region and belongs to its network.")
    public Uni<Map<String, String>> migrate(String id, @Nullable Move wanted) {
        return resizes.migrate(
                        id,
                        wanted == null ? null : wanted.region(),
                        wanted == null ? null : wanted.privateNetworkUuid())
                .replaceWith(NOTHING);
    }
}
