package dev.mooring.database.provisioning;

import dev.mooring.database.cluster.Cluster;
import dev.mooring.engine.Engine;
import dev.mooring.engine.EngineCatalog;
import dev.mooring.engine.Plan;
import dev.mooring.web.ApiException;
import dev.mooring.web.Problems;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

/** A read-only node has at least what its primary has: it replays everything that the primary does. */
@ApplicationScoped
public class ReplicaSizes {

    private final EngineCatalog engines;

    ReplicaSizes(EngineCatalog engines) {
        this.engines = engines;
    }

    /** In the caller's transaction: of a cluster or a read-only node that is to have this plan. Fails with 422. */
    Uni<Void> check(Cluster cluster, Plan plan) {
        return cluster.replicaOf == null ? ofPrimary(cluster, plan) : ofReplica(cluster, plan);
    }

    private Uni<Void> ofReplica(Cluster node, Plan plan) {
        if (node.numNodes != 1) {
            throw ApiException.unprocessable("num_nodes: must be 1 for a read-only node");
        }
        return Cluster.<Cluster>findById(node.replicaOf)
                .invoke(primary -> check(node, plan, primary))
                .replaceWithVoid();
    }

    private Uni<Void> ofPrimary(Cluster primary, Plan plan) {
        return Cluster.<Cluster>list("replicaOf = ?1 and deletedAt is null order by name", primary.id)
                .invoke(nodes -> {
                    Engine engine = engines.get(primary.engine);
                    List<String> smaller = nodes.stream()
                            .filter(node -> less(engine.stored(node.size), plan)
                                    || node.storageSizeMib < primary.storageSizeMib)
                            .map(node -> node.name)
                            .toList();
                    if (!smaller.isEmpty()) {
                        throw ApiException.unprocessable(
                                "size: no read-only node may have less than its primary: resize "
                                        + String.join(", ", smaller) + " first");
                    }
                })
                .replaceWithVoid();
    }

    /** Fails with 422 naming what the node has less of than its primary, which keeps its size until the transaction ends. */
    public void check(Cluster node, Plan plan, Cluster primary) {
        Plan ofPrimary = engines.get(primary.engine).stored(primary.size);
        Problems problems = new Problems();
        problems.check(
                !less(plan, ofPrimary), "size", "must be at least " + ofPrimary.slug() + ", that of " + primary.name);
        problems.check(
                node.storageSizeMib >= primary.storageSizeMib,
                "storage_size_mib",
                "must be at least " + primary.storageSizeMib + ", that of " + primary.name);
        problems.throwIfAny();
    }

    private static boolean less(Plan one, Plan other) {
        return one.memoryMib() < other.memoryMib() || one.cpus() < other.cpus();
    }
}
