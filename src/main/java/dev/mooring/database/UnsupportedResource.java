package dev.mooring.database;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mooring.access.Scopes;
import dev.mooring.database.cluster.ClusterQueries;
import dev.mooring.database.cluster.ClusterView;
import dev.mooring.engine.kafka.KafkaEngine;
import dev.mooring.web.ApiException;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/**
 * What the API has and this version of Mooring does not do. Lists answer that there is nothing; whatever would change
 * something is refused by name, and nothing happens.
 */
@Path("/v2/databases/{id}")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Not available yet", description = "Answered with 422, so that nobody takes them for done")
public class UnsupportedResource {

    private static final String WRONG_ENGINE = "operation is not supported for this cluster type";

    private static final String REGISTRY = "schema-registry";

    private final ClusterQueries reads;

    UnsupportedResource(ClusterQueries reads) {
        this.reads = reads;
    }

    public record SinkList(List<JsonNode> sinks, Meta meta) {}

    @Schema(name = "SinkMeta")
    public record Meta(int total) {}

    @Schema(name = "DatabaseAutoscale")
    public record Autoscale(ClusterView.Autoscale autoscale, ClusterView.StorageAutoscale storage) {}

    @GET
    @Path("autoscale")
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(summary = "Storage autoscaling", description = "Always off in this version.")
    public Uni<Autoscale> autoscale(String id) {
        ClusterView.StorageAutoscale off = new ClusterView.StorageAutoscale(false);
        return reads.find(id).map(cluster -> new Autoscale(new ClusterView.Autoscale(off), off));
    }

    @PUT
    @Path("autoscale")
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(
            summary = "Set storage autoscaling",
            description = "Only {\"storage\": {\"enabled\": false}} is possible.")
    public Uni<Void> setAutoscale(String id, @Nullable JsonNode wanted) {
        JsonNode storage = wanted == null
                ? null
                : wanted.has("storage") ? wanted.path("storage") : wanted.at("/autoscale/storage");
        if (storage == null || !storage.path("enabled").isBoolean()) {
            throw ApiException.unprocessable("storage.enabled: is required, true or false");
        }
        return storage.path("enabled").asBoolean()
                ? missing(id, "storage autoscaling")
                : reads.find(id).replaceWithVoid();
    }

    @GET
    @Path("logsink")
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(summary = "List log sinks", description = "There are none in this version.")
    public Uni<SinkList> sinks(String id) {
        return reads.find(id).map(cluster -> new SinkList(List.of(), new Meta(0)));
    }

    @POST
    @Path("logsink")
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(summary = "Create a log sink")
    public Uni<Void> createSink(String id) {
        return missing(id, "forwarding logs");
    }

    /** Paths of other engines. */
    @GET
    @Path("{path:(eviction_policy|sql_mode|indexes|schema-registry)(/.*)?}")
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(hidden = true)
    public Uni<Void> readOther(String id, String path) {
        return otherEngine(id, path);
    }

    @PUT
    @Path("{path:(eviction_policy|sql_mode|schema-registry)(/.*)?}")
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(hidden = true)
    public Uni<Void> changeOther(String id, String path) {
        return otherEngine(id, path);
    }

    @POST
    @Path("{path:schema-registry}")
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(hidden = true)
    public Uni<Void> createOther(String id, String path) {
        return otherEngine(id, path);
    }

    @DELETE
    @Path("{path:(indexes|schema-registry)/.+}")
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(hidden = true)
    public Uni<Void> deleteOther(String id, String path) {
        return otherEngine(id, path);
    }

    private Uni<Void> missing(String id, String capability) {
        return reads.find(id)
                .onItem()
                .failWith(cluster -> ApiException.missing(capability))
                .replaceWithVoid();
    }

    private Uni<Void> otherEngine(String id, String path) {
        return reads.find(id)
                .onItem()
                .failWith(cluster -> cluster.engine().equals(KafkaEngine.ENGINE) && path.startsWith(REGISTRY)
                        ? ApiException.missing("a schema registry")
                        : ApiException.unprocessable(WRONG_ENGINE))
                .replaceWithVoid();
    }
}
