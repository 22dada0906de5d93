package dev.mooring.database.replica;

import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.change.ClusterChanges;
import dev.mooring.database.cluster.change.ClusterQueue;
import dev.mooring.database.cluster.change.ClusterSpecs;
import dev.mooring.database.event.ClusterEvent;
import dev.mooring.database.provisioning.ClusterFactory;
import dev.mooring.database.provisioning.TeamQuota;
import dev.mooring.dataplane.Change;
import dev.mooring.operation.Conflict;
import dev.mooring.web.ApiException;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.UUID;

/** Makes clusters of read-only nodes. */
@ApplicationScoped
class Promotions {

    private final Replicas replicas;
    private final ClusterChanges changes;
    private final ClusterQueue queue;
    private final ClusterSpecs specs;
    private final ClusterFactory births;
    private final TeamQuota quota;

    Promotions(
            Replicas replicas,
            ClusterChanges changes,
            ClusterQueue queue,
            ClusterSpecs specs,
            ClusterFactory births,
            TeamQuota quota) {
        this.replicas = replicas;
        this.changes = changes;
        this.queue = queue;
        this.specs = specs;
        this.births = births;
        this.quota = quota;
    }

    /**
     * From the answer on it is a cluster under the same id, with the users, databases and settings that its primary has now; it takes writes
     * when it is online.
     *
     * @return fails with 404, or 412 while it is changed
     */
    Uni<Void> promote(String primary, String name) {
        return Panache.withTransaction(() -> changes.lock(primary)
                        .chain(cluster -> replicas.lock(cluster, name)
                                .invoke(ClusterChanges::requireOnline)
                                .chain(node -> promote(cluster, node))))
                .onFailure(Conflict.class)
                .transform(other -> ApiException.busy());
    }

    private Uni<Void> promote(Cluster primary, Cluster node) {
        UUID followed = primary.id;
        node.replicaOf = null;
        node.promotedFrom = followed;
        node.status = Cluster.FORKING;
        node.superuserSecret = births.newSecret();
        node.config = primary.config;
        node.retentionHours = primary.retentionHours;
        node.synchronousArchive = primary.synchronousArchive;
        node.changeFailure = null;
        node.revision++;
        return quota.check(node)
                .chain(() -> Panache.flush())
                .chain(() -> ReplicaMembers.copy(followed, node))
                .chain(() ->
                        ClusterEvent.of(primary, ClusterEvent.REPLICA_PROMOTE).persistAndFlush())
                .chain(() -> specs.of(node))
                .chain(spec -> queue.change(Change.PROMOTE, node, spec.withFollows(followed)))
                .replaceWithVoid();
    }
}
