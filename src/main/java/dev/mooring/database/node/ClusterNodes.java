package dev.mooring.database.node;

import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.change.ClusterChanges;
import dev.mooring.database.cluster.change.ClusterPlanes;
import dev.mooring.database.cluster.change.ClusterQueue;
import dev.mooring.database.cluster.change.ClusterSpecs;
import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterNode;
import dev.mooring.operation.Conflict;
import dev.mooring.web.ApiException;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/** The nodes of clusters, and planned changes of which one is the primary. */
@ApplicationScoped
class ClusterNodes {

    private final ClusterChanges changes;
    private final ClusterQueue queue;
    private final ClusterSpecs specs;
    private final ClusterPlanes planes;

    ClusterNodes(ClusterChanges changes, ClusterQueue queue, ClusterSpecs specs, ClusterPlanes planes) {
        this.changes = changes;
        this.queue = queue;
        this.specs = specs;
        this.planes = planes;
    }

    /** As they are; fails with 404. */
    Uni<List<ClusterNode>> of(String id) {
        return Panache.withSession(() -> changes.find(id)
                        .chain(cluster -> Cluster.<Cluster>list(
                                        "replicaOf = ?1 and deletedAt is null order by createdAt, id", cluster.id)
                                .map(replicas -> Stream.concat(Stream.of(cluster), replicas.stream())
                                        .toList())))
                .chain(this::of);
    }

    private Uni<List<ClusterNode>> of(List<Cluster> clusters) {
        return Multi.createFrom()
                .iterable(clusters)
                .onItem()
                .transformToUniAndConcatenate(cluster -> planes.ask(cluster.plane, plane -> plane.nodes(cluster.id))
                        .map(nodes -> named(cluster, nodes)))
                .collect()
                .asList()
                .map(all -> all.stream().flatMap(List::stream).toList());
    }

    /** Whoever made a read-only node has named it. */
    private static List<ClusterNode> named(Cluster cluster, List<ClusterNode> nodes) {
        return cluster.replicaOf == null
                ? nodes
                : nodes.stream().map(node -> node.withName(cluster.name)).toList();
    }

    /** @return the operation; fails with 404, 412 while something else is under way, 422 where there is no other node */
    Uni<UUID> switchOver(String id) {
        return Panache.withTransaction(() -> changes.lock(id)
                        .invoke(ClusterChanges::requireOnline)
                        .chain(cluster -> {
                            queue.require(Change.SWITCH_OVER, cluster);
                            if (cluster.numNodes == 1) {
                                throw ApiException.unprocessable(
                                        "the cluster has no standby node: resize it to num_nodes 2 or more");
                            }
                            return specs.of(cluster).chain(spec -> queue.change(Change.SWITCH_OVER, cluster, spec));
                        }))
                .onFailure(Conflict.class)
                .transform(other -> ApiException.busy());
    }
}
