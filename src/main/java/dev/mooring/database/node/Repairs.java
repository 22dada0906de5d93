package dev.mooring.database.node;

import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.change.ClusterChanges;
import dev.mooring.database.event.ClusterEvent;
import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.DataPlane.Drift;
import dev.mooring.dataplane.DataPlanes;
import dev.mooring.operation.Conflict;
import dev.mooring.operation.MetadataReady;
import dev.mooring.operation.Node;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.persistence.LockModeType;
import java.time.Clock;
import java.time.OffsetDateTime;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jboss.logging.Logger;

/**
 * What others change of this node's clusters where they can, behind Mooring's back, is put right by a change that changes nothing else, and
 * an event says so. A cluster that somebody has deleted with its data is told of, and never made anew.
 */
@ApplicationScoped
public class Repairs {

    private static final Logger LOG = Logger.getLogger(Repairs.class);

    /** Of those that are being changed, or whose source is, nobody knows what they should be at that moment. */
    private static final String QUIET =
            "select c.id, c.plane, c.engine from cluster c where c.node = $1 and c.status = 'online' and c.deleted_at is null"
                    + " and not exists (select from operation o where o.subject in (c.id, c.replica_of) and o.finished_at is null)"
                    + " order by c.id";

    private final Pool pool;
    private final Node node;
    private final DataPlanes planes;
    private final ClusterChanges changes;
    private final Clock clock;
    private volatile boolean ready;

    Repairs(Pool pool, Node node, DataPlanes planes, ClusterChanges changes, Clock clock) {
        this.pool = pool;
        this.node = node;
        this.planes = planes;
        this.changes = changes;
        this.clock = clock;
    }

    void start(@Observes @Priority(900) MetadataReady event) {
        ready = node.worker();
    }

    /** On a Vert.x context. */
    @Scheduled(every = "10m", delayed = "10m", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    public Uni<Void> look() {
        if (!ready) {
            return Uni.createFrom().voidItem();
        }
        return pool.preparedQuery(QUIET)
                .execute(Tuple.of(node.id()))
                .chain(rows -> Multi.createFrom()
                        .iterable(rows)
                        .onItem()
                        .transformToUniAndConcatenate(this::one)
                        .collect()
                        .asList())
                .replaceWithVoid()
                .onFailure()
                .invoke(failure -> LOG.warnf("cannot look for what others have changed: %s", failure.getMessage()))
                .onFailure()
                .recoverWithNull();
    }

    private Uni<Void> one(Row row) {
        UUID id = row.getUUID("id");
        return planes.find(row.getString("plane"))
                .map(plane -> plane.drift(id, row.getString("engine")))
                .orElseGet(() -> Uni.createFrom().item(Optional.empty()))
                .chain(drift -> drift.isEmpty() ? Uni.createFrom().voidItem() : repair(id, drift.get()))
                .onFailure()
                .recoverWithUni(failure -> {
                    LOG.infof("cluster %s is not compared just now: %s", id, failure.getMessage());
                    return Uni.createFrom().voidItem();
                });
    }

    private Uni<Void> repair(UUID id, Drift drift) {
        return Panache.withTransaction(() -> Cluster.<Cluster>find(
                                "id = ?1 and status = ?2 and deletedAt is null", id, Cluster.ONLINE)
                        .withLock(LockModeType.PESSIMISTIC_WRITE)
                        .firstResult()
                        .chain(cluster -> cluster == null
                                ? Uni.createFrom().voidItem()
                                : drift.gone() ? lost(cluster, drift.what()) : repaired(cluster, drift.what())))
                .onFailure(Conflict.class)
                .recoverWithNull();
    }

    private Uni<Void> repaired(Cluster cluster, String what) {
        return changes.begin(
                        cluster,
                        Change.APPLY,
                        () -> ClusterEvent.of(cluster, ClusterEvent.REPAIR, what)
                                .persist())
                .invoke(queued -> LOG.warnf(
                        "%s of cluster %s, which Mooring has not changed: it is put right by the operation %s",
                        what, cluster.id, queued.operation()))
                .replaceWithVoid();
    }

    /** Told once. */
    private Uni<Void> lost(Cluster cluster, String what) {
        if (Objects.equals(cluster.changeFailure, what)) {
            return Uni.createFrom().voidItem();
        }
        LOG.errorf("cluster %s: %s", cluster.id, what);
        cluster.changeFailure = what;
        cluster.failedAt = OffsetDateTime.now(clock);
        return ClusterEvent.of(cluster, ClusterEvent.LOST, what).persist().replaceWithVoid();
    }
}
