package dev.mooring.database.replica;

import dev.mooring.access.Caller;
import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.ClusterQueries;
import dev.mooring.database.cluster.ClusterSnapshot;
import dev.mooring.database.cluster.ClusterViews;
import dev.mooring.database.cluster.change.ClusterPlanes;
import dev.mooring.database.provisioning.EndlessWaits;
import dev.mooring.dataplane.ClusterNode;
import dev.mooring.operation.Node;
import dev.mooring.web.ApiException;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The read-only nodes of the caller's clusters as clients see them. */
@ApplicationScoped
class ReplicaViews {

    /** What a node is in that is being copied afresh. */
    private static final Set<String> AFRESH = Set.of("absent", "copying");

    private final ClusterQueries reads;
    private final ClusterViews views;
    private final ClusterPlanes planes;
    private final Node node;
    private final Caller caller;
    private final EndlessWaits waits;

    ReplicaViews(
            ClusterQueries reads,
            ClusterViews views,
            ClusterPlanes planes,
            Node node,
            Caller caller,
            EndlessWaits waits) {
        this.reads = reads;
        this.views = views;
        this.planes = planes;
        this.node = node;
        this.caller = caller;
        this.waits = waits;
    }

    /** Oldest first; fails with 404. */
    Uni<List<ReplicaView>> all(String cluster) {
        boolean credentials = caller.seesCredentials();
        return reads.find(cluster)
                .chain(found -> reads.replicas(found.id()))
                .chain(replicas -> Multi.createFrom()
                        .iterable(replicas)
                        .onItem()
                        .transformToUniAndConcatenate(replica -> draw(replica, credentials))
                        .collect()
                        .asList());
    }

    /** Fails with 404 for the cluster or the node. */
    Uni<ReplicaView> one(String cluster, String name) {
        boolean credentials = caller.seesCredentials();
        return find(cluster, name).chain(replica -> draw(replica, credentials));
    }

    /**
     * The same for whoever may be waiting; fails as {@link EndlessWaits} says.
     *
     * @param client the request's User-Agent
     */
    Uni<ReplicaView> awaited(String cluster, String name, @Nullable String client) {
        boolean credentials = caller.seesCredentials();
        UUID token = caller.token();
        return find(cluster, name)
                .call(replica -> waits.end(EndlessWaits.Failed.of(replica), token, client))
                .chain(replica -> draw(replica, credentials));
    }

    private Uni<ClusterSnapshot> find(String cluster, String name) {
        return reads.find(cluster)
                .chain(found -> reads.replicas(found.id()))
                .map(replicas -> replicas.stream()
                        .filter(one -> one.name().equals(name))
                        .findFirst()
                        .orElseThrow(() -> ApiException.notFound("replica not found")));
    }

    /** Where it runs here, it is looked at: nothing in the rows changes when it is copied afresh. */
    private Uni<ReplicaView> draw(ClusterSnapshot replica, boolean credentials) {
        Uni<String> status =
                replica.status().equals(Cluster.ONLINE) && replica.node().equals(node.id())
                        ? planes.ask(replica.plane(), plane -> plane.nodes(replica.id()))
                                .map(ReplicaViews::afresh)
                                .onFailure()
                                .recoverWithItem(false)
                                .map(afresh -> afresh ? Cluster.MIGRATING : Cluster.ONLINE)
                        : Uni.createFrom().item(replica.status());
        return status.map(now -> ReplicaView.of(views.of(replica, credentials), now));
    }

    private static boolean afresh(List<ClusterNode> nodes) {
        return nodes.stream().anyMatch(one -> AFRESH.contains(one.state()));
    }
}
