package dev.mooring.database.backup;

import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.change.ClusterQueue;
import dev.mooring.database.cluster.change.ClusterSpecs;
import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.home.MooringHome;
import dev.mooring.operation.MetadataReady;
import dev.mooring.operation.Node;
import dev.mooring.operation.queue.Operations;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.vertx.VertxContextSupport;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Clock;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import org.jboss.logging.Logger;

/**
 * Brings the clusters of a home back that was made of a backup: each from its own archive, as far as that goes, with its users,
 * passwords and address. What was under way when the machine was lost has ended with it.
 */
@ApplicationScoped
class HomeReturn {

    private static final Logger LOG = Logger.getLogger(HomeReturn.class);
    private static final String LOST = "the machine was lost while this was under way";

    private final MooringHome home;
    private final Node node;
    private final ClusterSpecs specs;
    private final ClusterQueue queue;
    private final Operations operations;
    private final Clock clock;

    HomeReturn(
            MooringHome home, Node node, ClusterSpecs specs, ClusterQueue queue, Operations operations, Clock clock) {
        this.home = home;
        this.node = node;
        this.specs = specs;
        this.queue = queue;
        this.operations = operations;
        this.clock = clock;
    }

    /** Before anybody takes up what was under way. */
    void start(@Observes @Priority(800) MetadataReady event) throws IOException {
        if (!node.worker() || Files.notExists(home.returned())) {
            return;
        }
        UUID id = UUID.fromString(Files.readString(home.returned()).strip());
        try {
            Integer clusters = VertxContextSupport.subscribeAndAwait(() -> Panache.withTransaction(() -> isNew(id)
                    .chain(first -> first ? bringBack() : Uni.createFrom().item(0))));
            LOG.infof("this home was made of a backup: %d clusters are brought back from their archives", clusters);
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("the clusters of this home cannot be brought back", e);
        }
        // The row remembers it, should this not be done.
        Files.delete(home.returned());
    }

    private static Uni<Boolean> isNew(UUID id) {
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(
                                "insert into home_return (id) values (:id) on conflict do nothing")
                        .setParameter("id", id)
                        .executeUpdate())
                .map(rows -> rows > 0);
    }

    private Uni<Integer> bringBack() {
        return operations
                .abandon(LOST)
                .chain(() -> Cluster.<Cluster>list("node = ?1 order by createdAt, id", node.id()))
                .chain(clusters -> bringBackAll(clusters));
    }

    private Uni<Integer> bringBackAll(List<Cluster> clusters) {
        Uni<Void> all = Uni.createFrom().voidItem();
        for (Cluster cluster : clusters) {
            all = all.chain(() -> bringBack(cluster));
        }
        return all.replaceWith(clusters.size());
    }

    private Uni<Void> bringBack(Cluster cluster) {
        cluster.backupOperation = null;
        cluster.drillOperation = null;
        cluster.migration = null;
        cluster.wantedVersion = null;
        // What an upgrade had kept was on the machine.
        cluster.previousVersion = null;
        cluster.undoUntil = null;
        if (cluster.deletedAt != null || cluster.throwAway) {
            cluster.deletedAt = cluster.deletedAt == null ? OffsetDateTime.now(clock) : cluster.deletedAt;
            return specs.of(cluster)
                    .chain(spec -> queue.shared(Change.DESTROY, cluster, spec))
                    .replaceWithVoid();
        }
        if (cluster.replicaOf != null) {
            return lost(cluster, "it was lost with its machine: delete it, and make another read-only node");
        }
        if (!queue.has(Change.RESTORE, cluster)) {
            return lost(
                    cluster,
                    "it was lost with its machine, and the engine " + cluster.engine
                            + " has no archive: delete it, and make another one");
        }
        cluster.status = Cluster.FORKING;
        cluster.failure = null;
        cluster.failedAt = null;
        return specs.of(cluster)
                .map(spec -> spec.withOrigin(new ClusterSpec.Origin(cluster.id, null, cluster.superuserSecret)))
                .chain(spec -> queue.change(Change.RESTORE, cluster, spec))
                .replaceWithVoid();
    }

    private Uni<Void> lost(Cluster cluster, String why) {
        cluster.status = Cluster.FAILED;
        cluster.failure = why;
        cluster.failedAt = OffsetDateTime.now(clock);
        return Panache.flush();
    }
}
