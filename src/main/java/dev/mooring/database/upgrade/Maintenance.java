package dev.mooring.database.upgrade;

import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.change.ClusterChanges;
import dev.mooring.database.cluster.change.ClusterQueue;
import dev.mooring.database.cluster.change.ClusterSpecs;
import dev.mooring.dataplane.Change;
import dev.mooring.operation.MetadataReady;
import dev.mooring.operation.Node;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.persistence.LockModeType;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.jboss.logging.Logger;

/**
 * Does for this node's clusters what is not asked for at that moment: minor versions in the window, the end of undo times,
 * the upgrade that was asked for together with a conversion, and trusted sources when apps connect from elsewhere.
 */
@ApplicationScoped
public class Maintenance {

    private static final Logger LOG = Logger.getLogger(Maintenance.class);

    /**
     * In the hour of the window, when this node has a newer minor version. Once: one that cannot be installed would cost the cluster a server,
     * or all of it, again and again.
     */
    private static final String UPDATES =
            "select c.id from cluster c join worker_node n on n.id = c.node and n.plane = c.plane where c.node = $1"
                    + " and c.status = 'online' and c.deleted_at is null and not c.throw_away and c.replica_of is null"
                    + " and n.versions -> c.engine ->> c.version is distinct from c.semantic_version"
                    + " and lower(to_char(now() at time zone 'UTC', 'FMday')) = c.maintenance_day"
                    + " and to_char(now() at time zone 'UTC', 'HH24') = left(c.maintenance_hour, 2)"
                    + " and not exists (select from operation o where o.subject = c.id and o.kind = '"
                    + Change.INSTALL_UPDATE.kind() + "' and o.created_at > now() - interval '1 hour')";

    private static final String OVER =
            "select id from cluster where node = $1 and status = 'online' and deleted_at is null"
                    + " and undo_until < now()";

    private static final String CONVERTED =
            "select id from cluster where node = $1 and wanted_version is not null and deleted_at is null";

    /** Sources of the type app were written for another setting. */
    private static final String APPS_MOVED =
            "select c.id from cluster c where c.node = $1 and c.status = 'online' and c.deleted_at is null"
                    + " and c.app_networks is distinct from $2"
                    + " and exists (select from firewall_rule r where r.cluster = c.id and r.type = 'app')";

    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(30);

    private final Pool pool;
    private final Node node;
    private final Upgrades upgrades;
    private final ClusterChanges changes;
    private final ClusterQueue queue;
    private final ClusterSpecs wishes;
    private final Clock clock;
    private volatile boolean ready;
    private volatile Instant nextLook = Instant.MIN;

    Maintenance(
            Pool pool,
            Node node,
            Upgrades upgrades,
            ClusterChanges changes,
            ClusterQueue queue,
            ClusterSpecs wishes,
            Clock clock) {
        this.pool = pool;
        this.node = node;
        this.upgrades = upgrades;
        this.changes = changes;
        this.queue = queue;
        this.wishes = wishes;
        this.clock = clock;
    }

    void start(@Observes @Priority(900) MetadataReady event) {
        ready = node.worker();
    }

    /** Looks at the next occasion: something may have become due. */
    public void soon() {
        nextLook = Instant.MIN;
    }

    @Scheduled(every = "1s", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    Uni<Void> look() {
        Instant now = clock.instant();
        if (!ready || now.isBefore(nextLook)) {
            return Uni.createFrom().voidItem();
        }
        nextLook = now.plus(BETWEEN_LOOKS);
        return each(
                        mine(UPDATES),
                        cluster -> queue.has(Change.INSTALL_UPDATE, cluster)
                                ? upgrades.queue(cluster, Change.INSTALL_UPDATE, true, wishes::of)
                                : Uni.createFrom().nullItem())
                .chain(() -> each(mine(OVER), cluster -> {
                    cluster.previousVersion = null;
                    cluster.undoUntil = null;
                    return upgrades.queue(cluster, Change.SETTLE_UPGRADE, true, wishes::of);
                }))
                .chain(() -> each(mine(CONVERTED), upgrades::wanted))
                .chain(() -> each(
                        pool.preparedQuery(APPS_MOVED).execute(Tuple.of(node.id(), wishes.appNetworks())),
                        cluster -> changes.begin(
                                        cluster,
                                        Change.APPLY,
                                        () -> Uni.createFrom().voidItem())
                                .map(ClusterChanges.Queued::operation)))
                .onFailure()
                .invoke(failure -> LOG.warnf("cannot look for due maintenance: %s", failure.getMessage()))
                .onFailure()
                .recoverWithNull();
    }

    private Uni<RowSet<Row>> mine(String query) {
        return pool.preparedQuery(query).execute(Tuple.of(node.id()));
    }

    private Uni<Void> each(Uni<RowSet<Row>> found, Function<Cluster, Uni<UUID>> work) {
        return found.chain(rows -> {
            List<UUID> due = new ArrayList<>();
            for (Row row : rows) {
                due.add(row.getUUID("id"));
            }
            Uni<Void> all = Uni.createFrom().voidItem();
            for (UUID id : due) {
                all = all.chain(() -> one(id, work));
            }
            return all;
        });
    }

    /** What is busy now is looked at again the next time. */
    private Uni<Void> one(UUID id, Function<Cluster, Uni<UUID>> work) {
        return Panache.withTransaction(() -> Cluster.<Cluster>find("id = ?1 and deletedAt is null", id)
                        .withLock(LockModeType.PESSIMISTIC_WRITE)
                        .firstResult()
                        .chain(cluster -> cluster == null ? Uni.createFrom().<UUID>nullItem() : work.apply(cluster)))
                .replaceWithVoid()
                .onFailure()
                .recoverWithUni(failure -> {
                    LOG.infof("no maintenance of cluster %s just now: %s", id, failure.getMessage());
                    return Uni.createFrom().voidItem();
                });
    }
}
