package dev.mooring.database;

import dev.mooring.access.Scopes;
import dev.mooring.database.cluster.ClusterEvent;
import dev.mooring.database.cluster.ClusterQueries;
import dev.mooring.web.Formats;
import dev.mooring.web.Page;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** What has happened to a cluster. */
@Path("/v2/databases/{id}")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Databases")
public class EventResource {

    private final ClusterQueries reads;

    EventResource(ClusterQueries reads) {
        this.reads = reads;
    }

    @Schema(name = "ClusterEvent")
    public record EventView(String id, String clusterName, String eventType, String createTime) {
        static EventView of(ClusterEvent event) {
            return new EventView(event.id, event.clusterName, event.type, Formats.time(event.createdAt));
        }
    }

    public record EventList(List<EventView> events, Page.Links links, Page.Meta meta) {}

    @GET
    @Path("events")
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(summary = "List events, newest first")
    public Uni<EventList> events(String id, @Context UriInfo uri) {
        Page.Request request = Page.Request.of(uri, true);
        return reads.find(id)
                .chain(cluster -> Panache.withSession(() ->
                        ClusterEvent.<ClusterEvent>list("cluster = ?1 order by createdAt desc, id", cluster.id())))
                .map(all -> Page.cut(all.stream().map(EventView::of).toList(), request, uri))
                .map(page -> new EventList(page.items(), page.links(), page.meta()));
    }
}
