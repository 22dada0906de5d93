package dev.mooring.database.backup;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.database.cluster.Cluster;
import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.DataPlane;
import dev.mooring.dataplane.DataPlanes;
import dev.mooring.engine.postgres.BackupTime;
import dev.mooring.engine.postgres.PgConfig;
import dev.mooring.operation.MetadataReady;
import dev.mooring.operation.Node;
import dev.mooring.operation.queue.Operations;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.persistence.LockModeType;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.jboss.logging.Logger;

/** Makes backups of this node's clusters when they are due, and tries recoveries as often as their owners want it. */
@ApplicationScoped
public class BackupSchedule {

    private static final Logger LOG = Logger.getLogger(BackupSchedule.class);
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(20);
    private static final Duration LONGEST_PROMISE = Duration.ofDays(1);
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(30);
    private static final Duration AFTER_FAILURE = Duration.ofMinutes(5);

    /** Clusters that might have something due; whether their time has come is told by their settings. */
    private static final String CANDIDATES =
            "select c.id, c.plane, c.engine, c.config, c.backup_wanted, c.drill_hours, c.drilled_at, c.backup_tried_at, c.backup_failure,"
                    + " c.backup_operation, c.drill_operation, c.recoverable_from,"
                    + " (select max(b.created_at) from cluster_backup b where b.cluster = c.id) as backed_up_at"
                    + " from cluster c where c.node = $1 and c.status = 'online' and c.deleted_at is null and not c.throw_away and c.replica_of is null"
                    + " and (c.backup_operation is null or c.drill_operation is null)";

    private final Pool pool;
    private final Node node;
    private final Backups backups;
    private final DataPlanes planes;
    private final Operations operations;
    private final ObjectMapper mapper;
    private final Clock clock;
    private volatile boolean ready;
    private volatile Instant nextLook = Instant.MIN;

    BackupSchedule(
            Pool pool,
            Node node,
            Backups backups,
            DataPlanes planes,
            Operations operations,
            ObjectMapper mapper,
            Clock clock) {
        this.pool = pool;
        this.node = node;
        this.backups = backups;
        this.planes = planes;
        this.operations = operations;
        this.mapper = mapper;
        planes.all()
                .forEach(plane ->
                        plane.onSweep(cluster -> promised(cluster).await().atMost(ANSWER_LIMIT)));
        this.clock = clock;
    }

    /**
     * Whether a recovery from the cluster's archive has been answered with a 2xx and has not ended. One that nobody has begun for a day waits
     * for a node that is gone, and does not fill the archive for ever; one that has begun says in the archive that it reads.
     */
    private Uni<Boolean> promised(UUID cluster) {
        OffsetDateTime limit = OffsetDateTime.now(clock).minus(LONGEST_PROMISE);
        return operations
                .unfinished(Change.RESTORE.kind())
                .map(unfinished -> unfinished.stream()
                        .filter(operation -> operation.createdAt().isAfter(limit))
                        .map(operation -> operations.wish(operation, ClusterSpec.class))
                        .anyMatch(wish -> wish.requiredOrigin().cluster().equals(cluster)));
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
        return pool.preparedQuery(CANDIDATES)
                .execute(Tuple.of(node.id()))
                .chain(rows -> {
                    List<Uni<Void>> due = new ArrayList<>();
                    for (Row row : rows) {
                        if (!has(row, Change.BACK_UP)) {
                            continue;
                        }
                        if (backupDue(row, now)) {
                            due.add(queue(row.getUUID("id"), backups::backUp));
                        }
                        if (drillDue(row, now) && has(row, Change.DRILL)) {
                            due.add(queue(row.getUUID("id"), backups::drill));
                        }
                    }
                    Uni<Void> all = Uni.createFrom().voidItem();
                    for (Uni<Void> one : due) {
                        all = all.chain(() -> one);
                    }
                    return all;
                })
                .onFailure()
                .invoke(failure -> LOG.warnf("cannot look for due backups: %s", failure.getMessage()))
                .onFailure()
                .recoverWithNull();
    }

    private boolean has(Row row, Change change) {
        return planes.program(change, row.getString("plane"), row.getString("engine"))
                .isPresent();
    }

    private boolean backupDue(Row row, Instant now) {
        if (row.getUUID("backup_operation") != null || failedLately(row, now)) {
            return false;
        }
        OffsetDateTime last = row.getOffsetDateTime("backed_up_at");
        if (last == null || row.getBoolean("backup_wanted") || row.getString("backup_failure") != null) {
            return true;
        }
        BackupTime time = BackupTime.of(row.getUUID("id"), PgConfig.read(mapper, row.getString("config")));
        return last.toInstant().isBefore(time.last(now));
    }

    private static boolean failedLately(Row row, Instant now) {
        OffsetDateTime tried = row.getOffsetDateTime("backup_tried_at");
        return row.getString("backup_failure") != null
                && tried != null
                && tried.toInstant().plus(AFTER_FAILURE).isAfter(now);
    }

    private static boolean drillDue(Row row, Instant now) {
        Integer hours = row.getInteger("drill_hours");
        if (hours == null
                || row.getUUID("drill_operation") != null
                || row.getOffsetDateTime("recoverable_from") == null) {
            return false;
        }
        OffsetDateTime last = row.getOffsetDateTime("drilled_at");
        return last == null || !last.toInstant().plus(Duration.ofHours(hours)).isAfter(now);
    }

    /** What has changed since the look is no reason for alarm: the next one sees it. */
    private Uni<Void> queue(UUID id, Function<Cluster, Uni<UUID>> operation) {
        return Panache.withTransaction(() -> Cluster.<Cluster>find("id = ?1 and deletedAt is null", id)
                        .withLock(LockModeType.PESSIMISTIC_WRITE)
                        .firstResult()
                        .chain(cluster ->
                                cluster == null ? Uni.createFrom().<UUID>nullItem() : operation.apply(cluster)))
                .replaceWithVoid()
                .onFailure()
                .recoverWithUni(failure -> {
                    LOG.infof("nothing is queued for cluster %s just now: %s", id, failure.getMessage());
                    return Uni.createFrom().voidItem();
                });
    }

    @Scheduled(every = "1h", delayed = "5m")
    Uni<Void> sweep() {
        if (!ready) {
            return Uni.createFrom().voidItem();
        }
        planes.all().forEach(DataPlane::sweepArchives);
        return pool.preparedQuery("delete from kept_archive where keep_until < $1")
                .execute(Tuple.of(OffsetDateTime.now(clock)))
                .replaceWithVoid();
    }
}
