package dev.mooring.database.provisioning;

import dev.mooring.access.Scopes;
import dev.mooring.database.cluster.ClusterQueries;
import dev.mooring.database.cluster.ClusterView;
import dev.mooring.database.placement.Nodes;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** One cluster. */
@Path("/v2/databases/{id}")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Databases")
public class ClusterResource {

    private final ClusterRemoval removal;
    private final ClusterQueries reads;
    private final ClusterResponses answers;
    private final Nodes nodes;

    ClusterResource(ClusterRemoval removal, ClusterQueries reads, ClusterResponses answers, Nodes nodes) {
        this.removal = removal;
        this.reads = reads;
        this.answers = answers;
        this.nodes = nodes;
    }

    public record ClusterEnvelope(ClusterView database) {}

    public record CaEnvelope(Ca ca) {}

    @Schema(name = "Ca")
    public record Ca(
            @Schema(description = "base64 of the PEM text") String certificate) {}

    @GET
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(
            summary = "One cluster",
            description =
                    "Clients made with the vendor's Go library, which wait for online or an error, are told once with 422"
                            + " why a creation or a resize has failed.")
    @APIResponse(
            responseCode = "200",
            description = "The cluster",
            content = @Content(schema = @Schema(implementation = ClusterEnvelope.class)))
    public Uni<byte[]> get(String id, @Context HttpHeaders headers) {
        return answers.of(id, headers.getHeaderString(HttpHeaders.USER_AGENT));
    }

    @DELETE
    @RolesAllowed(Scopes.DATABASE_DELETE)
    @Operation(summary = "Delete a cluster", description = "Works in every state. Its data is gone.")
    public Uni<Void> delete(String id) {
        return removal.delete(id);
    }

    @GET
    @Path("ca")
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(
            summary = "The CA that signed the cluster's certificate",
            description = "For sslmode=verify-full. Two certificates while one CA follows another.")
    public Uni<CaEnvelope> ca(String id) {
        return reads.find(id)
                .chain(cluster -> nodes.caOf(cluster.id(), cluster.plane()))
                .map(pem -> new CaEnvelope(
                        new Ca(Base64.getEncoder().encodeToString(pem.getBytes(StandardCharsets.UTF_8)))));
    }
}
