package dev.mooring.database.member;

import dev.mooring.access.Scopes;
import dev.mooring.database.cluster.ClusterQueries;
import dev.mooring.web.ApiException;
import dev.mooring.web.Page;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;
import org.jspecify.annotations.Nullable;

/** Logical databases of a cluster. */
@Path("/v2/databases/{id}/dbs")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Logical databases")
public class DatabaseResource {

    private final Databases databases;
    private final ClusterQueries reads;

    DatabaseResource(Databases databases, ClusterQueries reads) {
        this.databases = databases;
        this.reads = reads;
    }

    @Schema(name = "LogicalDatabase")
    public record DatabaseView(
            @Schema(required = true, examples = "orders") @Nullable
            String name) {}

    public record DatabaseEnvelope(DatabaseView db) {}

    public record DatabaseList(List<DatabaseView> dbs, Page.Links links, Page.Meta meta) {}

    @GET
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(summary = "List logical databases")
    public Uni<DatabaseList> list(String id, @Context UriInfo uri) {
        Page.Request request = Page.Request.of(uri, true);
        return reads.find(id)
                .map(cluster -> Page.cut(
                        cluster.databases().stream().map(DatabaseView::new).toList(), request, uri))
                .map(page -> new DatabaseList(page.items(), page.links(), page.meta()));
    }

    @POST
    @ResponseStatus(201)
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(
            summary = "Create a logical database",
            description = "Every user made over this API may create tables in it.")
    public Uni<DatabaseEnvelope> create(String id, @Nullable DatabaseView wanted) {
        String name = wanted == null ? null : wanted.name();
        return databases.create(id, name).replaceWith(() -> new DatabaseEnvelope(new DatabaseView(name)));
    }

    @GET
    @Path("{name}")
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(summary = "One logical database")
    public Uni<DatabaseEnvelope> get(String id, String name) {
        return reads.find(id).map(cluster -> {
            if (!cluster.databases().contains(name)) {
                throw ApiException.notFound("database not found");
            }
            return new DatabaseEnvelope(new DatabaseView(name));
        });
    }

    @DELETE
    @Path("{name}")
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(summary = "Delete a logical database", description = "Its data is gone; sessions in it end.")
    public Uni<Void> delete(String id, String name) {
        return databases.delete(id, name);
    }
}
