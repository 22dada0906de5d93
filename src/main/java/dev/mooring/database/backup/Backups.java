package dev.mooring.database.backup;

import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.ClusterChanges;
import dev.mooring.database.cluster.ClusterSpecs;
import dev.mooring.dataplane.DataPlane;
import dev.mooring.operation.NewOperation;
import dev.mooring.operation.Operations;
import dev.mooring.operation.Program;
import dev.mooring.web.ApiException;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.UUID;

/** Queues backups and drills. One of each at a time for a cluster; they run beside its changes. */
@ApplicationScoped
public class Backups {

    private final Operations operations;
    private final DataPlane dataPlane;
    private final ClusterSpecs wishes;

    Backups(Operations operations, DataPlane dataPlane, ClusterSpecs wishes) {
        this.operations = operations;
        this.dataPlane = dataPlane;
        this.wishes = wishes;
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
        cluster.backupTriedAt = OffsetDateTime.now(ZoneOffset.UTC);
        return queue(cluster, dataPlane.backUp()).invoke(operation -> cluster.backupOperation = operation);
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
        return queue(cluster, dataPlane.drill()).invoke(operation -> cluster.drillOperation = operation);
    }

    private Uni<UUID> queue(Cluster cluster, Program<?, ?, ?> program) {
        return wishes.of(cluster)
                .chain(wish ->
                        operations.queue(NewOperation.shared(cluster.team, program, cluster.id, cluster.node, wish)));
    }
}
