package dev.mooring.database.pool;

import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.database.cluster.ClusterQueries;
import dev.mooring.web.Page;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;

/** Connection pools of a cluster. */
@Path("/v2/databases/{id}/pools")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Connection pools", description = "Server connections that many clients share, by PgBouncer")
public class PoolResource {

    private final Pools pools;
    private final ClusterQueries reads;
    private final PoolViews views;
    private final Caller caller;

    PoolResource(Pools pools, ClusterQueries reads, PoolViews views, Caller caller) {
        this.pools = pools;
        this.reads = reads;
        this.views = views;
        this.caller = caller;
    }

    public record PoolEnvelope(PoolView pool) {}

    public record PoolList(List<PoolView> pools, Page.Links links, Page.Meta meta) {}

    @GET
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(summary = "List connection pools")
    public Uni<PoolList> list(String id, @Context UriInfo uri) {
        Page.Request request = Page.Request.of(uri, true);
        return reads.find(id)
                .map(cluster -> Page.cut(views.of(cluster, caller.seesCredentials()), request, uri))
                .map(page -> new PoolList(page.items(), page.links(), page.meta()));
    }

    @POST
    @ResponseStatus(201)
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(
            summary = "Create a connection pool",
            description =
                    "Clients connect to the port of the pools, with the pool's name in place of a database's; on the data"
                            + " plane kubernetes to the pool's own host, with the database's name, and there are no pools of"
                            + " the mode statement. All pools of a cluster may have 25 server connections for each GiB of memory together, less 3.")
    public Uni<PoolEnvelope> create(String id, Pools.NewPool wanted) {
        return pools.create(id, wanted).chain(name -> pool(id, name));
    }

    @GET
    @Path("{name}")
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(summary = "One connection pool")
    public Uni<PoolEnvelope> get(String id, String name) {
        return pool(id, name);
    }

    @PUT
    @Path("{name}")
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(
            summary = "Change a connection pool",
            description =
                    "Clients and server connections stay, but for those that the pool would not let in any more, and"
                            + " for those in another database than it has then.")
    public Uni<Void> update(String id, String name, Pools.PoolChange wanted) {
        return pools.update(id, name, wanted);
    }

    @DELETE
    @Path("{name}")
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(summary = "Delete a connection pool", description = "Its clients' connections end.")
    public Uni<Void> delete(String id, String name) {
        return pools.delete(id, name);
    }

    private Uni<PoolEnvelope> pool(String id, String name) {
        return reads.find(id).map(cluster -> new PoolEnvelope(views.of(cluster, name, caller.seesCredentials())));
    }
}
