package dev.mooring.database;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mooring.access.Scopes;
import dev.mooring.database.cluster.ClusterQueries;
import dev.mooring.database.cluster.ClusterView;
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
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/**
 * What the API has and this version of Mooring does not do. Lists answer that there is nothing; whatever would change
 * something is refused by name, and nothing happens.
 */
@Path("/v2/databases/{id}")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Not available yet", description = "Answered with 422, so that nobody takes them for done")
public class UnsupportedResource {

    private static final String WRONG_ENGINE = "operation is not supported for this cluster type";

    private final ClusterQueries reads;

    UnsupportedResource(ClusterQueries reads) {
        this.reads = reads;
    }

    public record ReplicaList(List<JsonNode> replicas, Meta meta) {}

    public record PoolList(List<JsonNode> pools, Meta meta) {}

    public record SinkList(List<JsonNode> sinks, Meta meta) {}

    public record Meta(int total) {}

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
    public Uni<Void> setAutoscale(String id, JsonNode wanted) {
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
    @Path("replicas")
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(summary = "List read-only nodes", description = "There are none in this version.")
    public Uni<ReplicaList> replicas(String id) {
        return reads.find(id).map(cluster -> new ReplicaList(List.of(), new Meta(0)));
    }

    @POST
    @Path("replicas")
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(summary = "Create a read-only node")
    public Uni<Void> createReplica(String id) {
        return missing(id, "creating a read-only node");
    }

    @GET
    @Path("replicas/{name}")
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(summary = "One read-only node")
    public Uni<Void> replica(String id, String name) {
        return absent(id, "replica");
    }

    @DELETE
    @Path("replicas/{name}")
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(summary = "Delete a read-only node")
    public Uni<Void> deleteReplica(String id, String name) {
        return absent(id, "replica");
    }

    @PUT
    @Path("replicas/{name}/promote")
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(summary = "Promote a read-only node")
    public Uni<Void> promote(String id, String name) {
        return absent(id, "replica");
    }

    @GET
    @Path("pools")
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(summary = "List connection pools", description = "There are none in this version.")
    public Uni<PoolList> pools(String id) {
        return reads.find(id).map(cluster -> new PoolList(List.of(), new Meta(0)));
    }

    @POST
    @Path("pools")
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(summary = "Create a connection pool")
    public Uni<Void> createPool(String id) {
        return missing(id, "creating a connection pool");
    }

    @GET
    @Path("pools/{name}")
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(summary = "One connection pool")
    public Uni<Void> pool(String id, String name) {
        return absent(id, "pool");
    }

    @PUT
    @Path("pools/{name}")
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(summary = "Change a connection pool")
    public Uni<Void> changePool(String id, String name) {
        return absent(id, "pool");
    }

    @DELETE
    @Path("pools/{name}")
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(summary = "Delete a connection pool")
    public Uni<Void> deletePool(String id, String name) {
        return absent(id, "pool");
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
    @Path("{path:(eviction_policy|sql_mode|indexes|topics|schema-registry)(/.*)?}")
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(hidden = true)
    public Uni<Void> readOther(String id) {
        return otherEngine(id);
    }

    @PUT
    @Path("{path:(eviction_policy|sql_mode|topics|schema-registry)(/.*)?}")
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(hidden = true)
    public Uni<Void> changeOther(String id) {
        return otherEngine(id);
    }

    @POST
    @Path("{path:(topics|schema-registry)}")
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(hidden = true)
    public Uni<Void> createOther(String id) {
        return otherEngine(id);
    }

    @DELETE
    @Path("{path:(indexes|topics|schema-registry)/.+}")
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(hidden = true)
    public Uni<Void> deleteOther(String id) {
        return otherEngine(id);
    }

    private Uni<Void> missing(String id, String capability) {
        return reads.find(id)
                .onItem()
                .failWith(cluster -> ApiException.missing(capability))
                .replaceWithVoid();
    }

    private Uni<Void> absent(String id, String thing) {
        return reads.find(id)
                .onItem()
                .failWith(cluster -> ApiException.notFound(thing + " not found"))
                .replaceWithVoid();
    }

    private Uni<Void> otherEngine(String id) {
        return reads.find(id)
                .onItem()
                .failWith(cluster -> ApiException.unprocessable(WRONG_ENGINE))
                .replaceWithVoid();
    }
}
