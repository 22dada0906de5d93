package dev.mooring.database.backup;

import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.change.ClusterChanges;
import dev.mooring.database.cluster.change.ClusterQueue;
import dev.mooring.database.cluster.change.ClusterSpecs;
import dev.mooring.dataplane.Change;
import dev.mooring.web.ApiException;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.OffsetDateTime;
import java.util.UUID;

/** Queues backups and drills. One of each at a time for a cluster; they run beside its changes. */
@ApplicationScoped
public class Backups {

    private final ClusterQueue queue;
    private final ClusterSpecs wishes;
    private final Clock clock;

    Backups(ClusterQueue queue, ClusterSpecs wishes, Clock clock) {
        this.queue = queue;
        this.wishes = wishes;
        this.clock = clock;
    }

    /** In the caller's transaction, which holds the cluster's row; fails with 412 while one is being made. */
    public Uni<UUID> backUp(Cluster cluster) {
        ClusterChanges.requireOnline(cluster);
        if (cluster.throwAway) {
            throw new ApiException(412, "the cluster is a copy that is thrown away: it is not backed up");
        }
        if (cluster.backupOperation != null) {
            throw new ApiException(
                    412, "a backup of the cluster is being made; see operation " + cluster.backupOperation);
        }
        cluster.backupWanted = false;
        cluster.backupTriedAt = OffsetDateTime.now(clock);
        return queue(cluster, Change.BACK_UP).invoke(operation -> cluster.backupOperation = operation);
    }

    /** The same for trying a recovery. */
    public Uni<UUID> drill(Cluster cluster) {
        ClusterChanges.requireOnline(cluster);
        if (cluster.drillOperation != null) {
            throw new ApiException(
                    412, "a recovery of the cluster is being tried; see operation " + cluster.drillOperation);
        }
        if (cluster.recoverableFrom == null) {
            throw new ApiException(412, "the cluster has no backup yet");
        }
        return queue(cluster, Change.DRILL).invoke(operation -> cluster.drillOperation = operation);
    }

    private Uni<UUID> queue(Cluster cluster, Change change) {
        return wishes.of(cluster).chain(wish -> queue.shared(change, cluster, wish));
    }
}
