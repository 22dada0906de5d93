package dev.mooring.database.node;

import dev.mooring.access.Scopes;
import dev.mooring.dataplane.ClusterNode;
import dev.mooring.operation.api.OperationResource.OperationEnvelope;
import dev.mooring.operation.api.OperationView;
import dev.mooring.operation.queue.Operations;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;
import org.jspecify.annotations.Nullable;

/** Which nodes a cluster has, and which of them takes writes. */
@Path("/mooring/v1/databases/{id}")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Nodes")
public class NodeResource {

    private final ClusterNodes nodes;
    private final Operations operations;

    NodeResource(ClusterNodes nodes, Operations operations) {
        this.nodes = nodes;
        this.operations = operations;
    }

    @Schema(name = "DatabaseNode")
    public record NodeView(
            @Schema(
                    description = "Stays with the node's data, whatever its role is; a read-only node's own",
                    examples = "node-2")
            @Nullable
            String name,

            @Schema(enumeration = {"primary", "standby", "replica", "broker"})
            String role,

            String host,
            int port,

            @Schema(
                    enumeration = {"running", "starting", "halted", "down", "absent", "copying", "following"},
                    description = "A standby node that is following could take the primary's place")
            String state,

            @Schema(
                    description =
                            "Why it is not running or following, or how far it is; absent when there is nothing to say")
            @Nullable
            String why,

            @Schema(
                    description =
                            "Bytes of WAL that it has not replayed; absent for the primary, and where it is not known")
            @Nullable
            Long lagBytes,

            @Schema(description = "For how long it has been behind; absent likewise") @Nullable
            Double lagSeconds) {

        static NodeView of(ClusterNode node) {
            return new NodeView(
                    node.name(),
                    node.role().name().toLowerCase(Locale.ROOT),
                    node.host(),
                    node.port(),
                    node.state(),
                    node.why(),
                    node.lagBytes(),
                    node.lagSeconds());
        }
    }

    @Schema(name = "DatabaseTopology")
    public record Topology(
            @Schema(description = "The primary first; empty while the cluster does not run")
            List<NodeView> nodes) {}

    public record TopologyEnvelope(Topology topology) {}

    @GET
    @Path("topology")
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(summary = "The nodes of a cluster, their roles, addresses and lag")
    public Uni<TopologyEnvelope> topology(String id) {
        return nodes.of(id)
                .map(all -> new TopologyEnvelope(
                        new Topology(all.stream().map(NodeView::of).toList())));
    }

    @POST
    @Path("switchover")
    @ResponseStatus(202)
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(
            summary = "Let a standby node become the primary",
            description =
                    "Planned: the primary hands over everything and follows then. Address and credentials stay; sessions end. The receipt"
                            + " says how long writes stood still. 412 while something else is under way, 422 for a cluster of one node.")
    public Uni<OperationEnvelope> switchOver(String id) {
        return nodes.switchOver(id)
                .chain(operations::find)
                .map(found -> new OperationEnvelope(OperationView.of(found)));
    }
}
