package dev.mooring.database.provisioning;

import dev.mooring.database.backup.RecoverySource;
import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.change.ClusterChanges;
import dev.mooring.database.cluster.change.ClusterQueue;
import dev.mooring.database.cluster.change.ClusterSpecs;
import dev.mooring.database.tag.Tags;
import dev.mooring.dataplane.Change;
import dev.mooring.web.ApiException;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.OffsetDateTime;

/** The end of clusters: what is kept of them for their recovery, and who keeps them from going. */
@ApplicationScoped
public class ClusterRemoval {

    /** What is kept of a deleted cluster, in the columns of {@link RecoverySource#SELECT}. */
    private static final String KEPT =
            "team, name, engine, version, config, users, superuser_secret, archive, recoverable_from, former_versions,"
                    + " rules, tags, service_cnames, maintenance_day, maintenance_hour, retention_hours, drill_hours,"
                    + " synchronous_archive, project_id, vpc, size, storage_size_mib";

    private final ClusterQueue queue;
    private final ClusterSpecs specs;
    private final ClusterChanges changes;
    private final Tags tags;
    private final Clock clock;

    ClusterRemoval(ClusterQueue queue, ClusterSpecs specs, ClusterChanges changes, Tags tags, Clock clock) {
        this.queue = queue;
        this.specs = specs;
        this.changes = changes;
        this.tags = tags;
        this.clock = clock;
    }

    /** From the answer on nobody finds the cluster any more; its processes and files go as soon as they can. */
    public Uni<Void> delete(String id) {
        return Panache.withTransaction(() -> changes.lock(id).chain(cluster -> {
            if (cluster.app != null) {
                throw ApiException.unprocessable("this dev database belongs to the component " + cluster.component
                        + " of the app " + cluster.app + ": take the component out of the app's spec to delete it");
            }
            return delete(cluster);
        }));
    }

    /** In the caller's transaction, which holds the cluster's row. */
    public Uni<Void> delete(Cluster cluster) {
        return refuseFollowed(cluster)
                .chain(() -> keepArchive(cluster))
                .invoke(() -> cluster.deletedAt = OffsetDateTime.now(clock))
                .chain(() -> tags.forget(cluster.id))
                .chain(() -> specs.of(cluster))
                .chain(wish -> queue.shared(Change.DESTROY, cluster, wish))
                .replaceWithVoid();
    }

    /** What still follows it would be lost as well, and nobody has said that it may. */
    private static Uni<Void> refuseFollowed(Cluster cluster) {
        return Cluster.followers(cluster.id)
                .invoke(followers -> {
                    if (!followers.isEmpty()) {
                        throw ApiException.unprocessable("the cluster has read-only nodes: delete or promote "
                                + String.join(", ", followers) + " first");
                    }
                })
                .replaceWithVoid();
    }

    /** What recovering it later needs to know. */
    private static Uni<Void> keepArchive(Cluster cluster) {
        return Panache.getSession()
                .chain(session -> session.createNativeQuery("insert into kept_archive"
                                + " (cluster, keep_until, deleted_at, " + KEPT
                                + ") select id, now() + (select n.archive_grace"
                                + " from worker_node n join cluster c on c.node = n.id and c.plane = n.plane where c.id = kept.id), now(), "
                                + KEPT
                                + " from (" + RecoverySource.SELECT + " where id = :id) as kept"
                                + " where recoverable_from is not null")
                        .setParameter("id", cluster.id)
                        .executeUpdate())
                .replaceWithVoid();
    }
}
