package dev.mooring.database.event;

import dev.mooring.database.cluster.ClusterQueries;
import dev.mooring.web.Formats;
import dev.mooring.web.Page;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import java.util.function.Function;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What has happened to a cluster, for either of the two that tell it. */
@ApplicationScoped
public class ClusterEvents {

    private final ClusterQueries reads;

    ClusterEvents(ClusterQueries reads) {
        this.reads = reads;
    }

    @Schema(name = "ClusterEvent")
    public record EventView(String id, String clusterName, String eventType, String createTime) {
        private static EventView of(ClusterEvent event, String type) {
            return new EventView(event.id, event.clusterName, type, Formats.time(event.createdAt));
        }
    }

    public record EventList(List<EventView> events, Page.Links links, Page.Meta meta) {}

    /** Newest first. */
    Uni<List<EventView>> all(String id, Function<ClusterEvent, String> type) {
        return reads.find(id)
                .chain(cluster -> Panache.withSession(() ->
                        ClusterEvent.<ClusterEvent>list("cluster = ?1 order by createdAt desc, id", cluster.id())))
                .map(all -> all.stream()
                        .map(event -> EventView.of(event, type.apply(event)))
                        .toList());
    }

    Uni<EventList> list(String id, Function<ClusterEvent, String> type, UriInfo uri) {
        Page.Request request = Page.Request.of(uri, true);
        return all(id, type)
                .map(all -> Page.cut(all, request, uri))
                .map(page -> new EventList(page.items(), page.links(), page.meta()));
    }
}
