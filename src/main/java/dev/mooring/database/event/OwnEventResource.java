package dev.mooring.database.event;

import dev.mooring.access.Scopes;
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
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** What has happened to a cluster, as precisely as it is known. */
@Path("/mooring/v1/databases/{id}")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Databases")
public class OwnEventResource {

    private final ClusterEvents events;

    OwnEventResource(ClusterEvents events) {
        this.events = events;
    }

    @GET
    @Path("events")
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(summary = "List events, newest first, in Mooring's own types")
    public Uni<ClusterEvents.EventList> events(String id, @Context UriInfo uri) {
        return events.list(id, event -> event.type, uri);
    }

    /** The newest ones, for who follows no links. */
    @RolesAllowed(Scopes.DATABASE_READ)
    public Uni<List<ClusterEvents.EventView>> newest(String id, int most) {
        return events.all(id, event -> event.type)
                .map(all -> all.stream().limit(most).toList());
    }
}
