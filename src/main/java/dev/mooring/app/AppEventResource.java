package dev.mooring.app;

import dev.mooring.access.Scopes;
import dev.mooring.app.deployment.DeploymentView;
import dev.mooring.app.record.AppQueries;
import dev.mooring.web.Page;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** What has happened to an app: its deployments. */
@Path("/v2/apps/{id}/events")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Deployments")
public class AppEventResource {

    private final AppQueries reads;
    private final DeploymentResource deployments;

    AppEventResource(AppQueries reads, DeploymentResource deployments) {
        this.reads = reads;
        this.deployments = deployments;
    }

    @Schema(name = "AppEvent")
    public record EventView(UUID id, String type, String createdAt, UUID deploymentId, DeploymentView deployment) {
        static EventView of(DeploymentView deployment) {
            return new EventView(deployment.id(), "DEPLOYMENT", deployment.createdAt(), deployment.id(), deployment);
        }
    }

    public record EventEnvelope(EventView event) {}

    @Schema(name = "AppEventList")
    public record EventList(List<EventView> events, Page.Links links, Page.Meta meta) {}

    @GET
    @RolesAllowed(Scopes.APP_READ)
    @Operation(summary = "List events, newest first")
    public Uni<EventList> list(String id, @Context UriInfo uri) {
        return deployments
                .list(id, uri)
                .map(page -> new EventList(
                        page.deployments().stream().map(EventView::of).toList(), page.links(), page.meta()));
    }

    @GET
    @Path("{event}")
    @RolesAllowed(Scopes.APP_READ)
    @Operation(summary = "One event")
    public Uni<EventEnvelope> get(String id, String event) {
        return reads.app(id)
                .chain(app -> reads.deployment(app.id, event))
                .map(row -> new EventEnvelope(EventView.of(DeploymentView.of(row))));
    }

    @POST
    @Path("{event}/cancel")
    @RolesAllowed(Scopes.APP_UPDATE)
    @Operation(summary = "Cancel the deployment that an event is about")
    public Uni<EventEnvelope> cancel(String id, String event) {
        return deployments.cancel(id, event).map(envelope -> new EventEnvelope(EventView.of(envelope.deployment())));
    }
}
