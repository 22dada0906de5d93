package dev.mooring.database.replica;

import dev.mooring.access.Scopes;
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
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;

/** Read-only nodes. */
@Path("/v2/databases/{id}/replicas")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Read-only nodes")
public class ReplicaResource {

    private final Replicas replicas;
    private final Promotions promotions;
    private final ReplicaViews views;

    ReplicaResource(Replicas replicas, Promotions promotions, ReplicaViews views) {
        this.replicas = replicas;
        this.promotions = promotions;
        this.views = views;
    }

    public record ReplicaList(List<ReplicaView> replicas, Page.Links links, Page.Meta meta) {}

    public record ReplicaEnvelope(ReplicaView replica) {}

    @GET
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(summary = "List read-only nodes", description = "All of them unless page or per_page is given.")
    public Uni<ReplicaList> list(String id, @Context UriInfo uri) {
        Page.Request request = Page.Request.of(uri, true);
        return views.all(id)
                .map(all -> Page.cut(all, request, uri))
                .map(page -> new ReplicaList(page.items(), page.links(), page.meta()));
    }

    @POST
    @ResponseStatus(201)
    @RolesAllowed(Scopes.DATABASE_CREATE)
    @Operation(
            summary = "Create a read-only node",
            description =
                    "A server that follows the cluster's primary at an address of its own, with the same users, and never takes"
                            + " its place. Answers before it follows: the status is creating, then online. Its trusted sources are the"
                            + " primary's of this moment. 412 while the cluster has no backup yet.")
    public Uni<ReplicaEnvelope> create(String id, NewReplica wanted) {
        return replicas.create(id, wanted).chain(name -> views.one(id, name)).map(ReplicaEnvelope::new);
    }

    @GET
    @Path("{name}")
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(
            summary = "One read-only node",
            description =
                    "Clients made with the vendor's Go library, which wait for online or an error, are told once with 422"
                            + " why a creation or a promotion has failed.")
    public Uni<ReplicaEnvelope> get(String id, String name, @Context HttpHeaders headers) {
        return views.awaited(id, name, headers.getHeaderString(HttpHeaders.USER_AGENT))
                .map(ReplicaEnvelope::new);
    }

    @DELETE
    @Path("{name}")
    @RolesAllowed(Scopes.DATABASE_DELETE)
    @Operation(summary = "Delete a read-only node", description = "Works in every state. The cluster is not touched.")
    public Uni<Void> delete(String id, String name) {
        return replicas.delete(id, name);
    }

    @PUT
    @Path("{name}/promote")
    @ResponseStatus(204)
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(
            summary = "Promote a read-only node",
            description =
                    "It becomes a cluster under the same id, with the address, users, passwords, databases and settings that it has,"
                            + " and an archive of its own. What the primary has committed by now comes along, unless the primary does"
                            + " not answer. Its status is forking until it takes writes.")
    public Uni<Void> promote(String id, String name) {
        return promotions.promote(id, name);
    }
}
