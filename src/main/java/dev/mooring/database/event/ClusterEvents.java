package dev.mooring.database.event;

import dev.mooring.database.cluster.ClusterQueries;
import dev.mooring.dataplane.CertificateRenewed;
import dev.mooring.web.Formats;
import dev.mooring.web.Page;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** What has happened to a cluster, for either of the two that tell it. */
@ApplicationScoped
public class ClusterEvents {

    private static final Logger LOG = Logger.getLogger(ClusterEvents.class);

    private final ClusterQueries reads;
    private final Pool pool;

    ClusterEvents(ClusterQueries reads, Pool pool) {
        this.reads = reads;
        this.pool = pool;
    }

    void renewed(@Observes CertificateRenewed renewed) {
        happened(renewed.cluster(), ClusterEvent.CERTIFICATE, null);
    }

    /** Writes down what has happened outside of any change; nobody waits for it. */
    public void happened(UUID cluster, String type, @Nullable String details) {
        write(pool, cluster, type, details)
                .subscribe()
                .with(
                        written -> {},
                        failure ->
                                LOG.warnf("%s of %s is not among its events: %s", type, cluster, failure.getMessage()));
    }

    /**
     * In the caller's transaction, if he has one.
     *
     * @param details in words, beyond what the type says; null for nothing
     */
    public static Uni<Void> write(SqlClient client, UUID cluster, String type, @Nullable String details) {
        return client.preparedQuery("insert into cluster_event (id, cluster, cluster_name, type, details)"
                        + " select $2, id, name, $3, $4 from cluster where id = $1")
                .execute(Tuple.of(cluster, ClusterEvent.newId(), type, details))
                .replaceWithVoid();
    }

    @Schema(name = "ClusterEvent")
    public record EventView(
            String id,
            String clusterName,
            String eventType,
            @Nullable String createTime,

            @Schema(
                    description = "Mooring's own: what there is to say beyond the type; absent for nothing",
                    examples = "node-2 has taken the place of node-1: its server was gone")
            @Nullable
            String details) {
        private static EventView of(ClusterEvent event, String type) {
            return new EventView(event.id, event.clusterName, type, Formats.time(event.createdAt), event.details);
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
