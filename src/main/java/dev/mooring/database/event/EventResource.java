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
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** What has happened to a cluster. */
@Path("/v2/databases/{id}")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Databases")
public class EventResource {

    private final ClusterEvents events;

    EventResource(ClusterEvents events) {
        this.events = events;
    }

    @GET
    @Path("events")
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(
            summary = "List events, newest first",
            description = "In the types that DigitalOcean's API has: a drill is maintenance, an upgrade is an update.")
    public Uni<ClusterEvents.EventList> events(String id, @Context UriInfo uri) {
        return events.list(id, ClusterEvent::officialType, uri);
    }
}
