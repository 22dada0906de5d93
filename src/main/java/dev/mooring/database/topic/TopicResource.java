package dev.mooring.database.topic;

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
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;

/** Topics of a Kafka cluster. */
@Path("/v2/databases/{id}/topics")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Kafka topics")
public class TopicResource {

    private final TopicService topics;

    TopicResource(TopicService topics) {
        this.topics = topics;
    }

    public record TopicEnvelope(TopicView topic) {}

    public record TopicList(List<TopicView> topics, Page.Links links, Page.Meta meta) {}

    @GET
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(summary = "List topics", description = "Those that the cluster's own clients made are among them.")
    public Uni<TopicList> list(String id, @Context UriInfo uri) {
        Page.Request request = Page.Request.of(uri, true);
        return topics.list(id)
                .map(all -> Page.cut(all.stream().map(TopicView::of).toList(), request, uri))
                .map(page -> new TopicList(page.items(), page.links(), page.meta()));
    }

    @POST
    @ResponseStatus(201)
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(summary = "Create a topic", description = "Answers once every partition has a leader.")
    public Uni<TopicEnvelope> create(String id, TopicView.NewTopic wanted) {
        return topics.create(id, wanted).map(topic -> new TopicEnvelope(TopicView.of(topic)));
    }

    @GET
    @Path("{name}")
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(summary = "One topic, with its partitions, and who has read how far")
    public Uni<TopicEnvelope> get(String id, String name) {
        return topics.get(id, name).map(topic -> new TopicEnvelope(TopicView.of(topic)));
    }

    @PUT
    @Path("{name}")
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(
            summary = "Change a topic",
            description = "Partitions and copies become more, never fewer; more copies are made in the background.")
    public Uni<TopicEnvelope> change(String id, String name, TopicView.Change wanted) {
        return topics.change(id, name, wanted).map(topic -> new TopicEnvelope(TopicView.of(topic)));
    }

    @DELETE
    @Path("{name}")
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(summary = "Delete a topic", description = "Its records are gone.")
    public Uni<Void> delete(String id, String name) {
        return topics.delete(id, name);
    }
}
