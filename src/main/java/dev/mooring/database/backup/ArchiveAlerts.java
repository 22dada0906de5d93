package dev.mooring.database.backup;

import dev.mooring.dataplane.DataPlane;
import dev.mooring.dataplane.DataPlanes;
import dev.mooring.operation.MetadataReady;
import dev.mooring.operation.Node;
import dev.mooring.operation.StorableText;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.UUID;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Writes down whether this node's clusters are archived, so that every replica knows how far they can be recovered. */
@ApplicationScoped
class ArchiveAlerts implements DataPlane.ArchiveListener {

    private static final Logger LOG = Logger.getLogger(ArchiveAlerts.class);

    private final Pool pool;
    private final Node node;
    private final DataPlanes planes;
    private final BackupSchedule schedule;

    ArchiveAlerts(Pool pool, Node node, DataPlanes planes, BackupSchedule schedule) {
        this.pool = pool;
        this.node = node;
        this.planes = planes;
        this.schedule = schedule;
    }

    /** What an earlier process knew is not known any more: whoever fails still will say so again. */
    void start(@Observes @Priority(900) MetadataReady event) {
        if (node.worker()) {
            pool.preparedQuery("update cluster set archive_failing_since = null, archive_failure = null"
                            + " where node = $1 and archive_failing_since is not null")
                    .execute(Tuple.of(node.id()))
                    .await()
                    .indefinitely();
            planes.all().forEach(plane -> plane.onArchiving(this));
        }
    }

    @Override
    public void failing(UUID cluster, Instant since, @Nullable String reason) {
        write(
                pool.preparedQuery("update cluster set archive_failing_since = $2, archive_failure = $3 where id = $1")
                        .execute(Tuple.of(cluster, since.atOffset(ZoneOffset.UTC), StorableText.ofNullable(reason))),
                cluster);
    }

    @Override
    public void recovered(UUID cluster) {
        write(
                pool.preparedQuery(
                                "update cluster set archive_failing_since = null, archive_failure = null where id = $1")
                        .execute(Tuple.of(cluster)),
                cluster);
    }

    @Override
    public void gap(UUID cluster) {
        write(
                // Not before it is written: the look that comes too early would be the last for a while.
                pool.preparedQuery("update cluster set backup_wanted = true where id = $1")
                        .execute(Tuple.of(cluster))
                        .invoke(schedule::soon),
                cluster);
    }

    private static void write(Uni<?> statement, UUID cluster) {
        statement
                .subscribe()
                .with(
                        written -> {},
                        failure -> LOG.warnf(
                                "the state of the archive of %s is not in its row: %s", cluster, failure.getMessage()));
    }
}
