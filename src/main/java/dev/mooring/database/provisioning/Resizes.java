package dev.mooring.database.provisioning;

import dev.mooring.access.Regions;
import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.ConnectionPool;
import dev.mooring.database.cluster.change.ClusterChanges;
import dev.mooring.database.event.ClusterEvent;
import dev.mooring.database.placement.Nodes;
import dev.mooring.dataplane.Change;
import dev.mooring.engine.Engine;
import dev.mooring.engine.EngineCatalog;
import dev.mooring.engine.Plan;
import dev.mooring.operation.Conflict;
import dev.mooring.operation.OperationState;
import dev.mooring.operation.queue.Operations;
import dev.mooring.web.ApiException;
import dev.mooring.web.Problems;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Other sizes for clusters that run, and other regions. */
@ApplicationScoped
class Resizes {

    /** What is refused is refused within moments; what takes longer is under way, and the answer need not wait for it. */
    private static final Duration REFUSED_BY = Duration.ofSeconds(2);

    private final ClusterChanges changes;
    private final Clusters clusters;
    private final Operations operations;
    private final TeamQuota quota;
    private final EngineCatalog engines;
    private final Regions regions;
    private final Nodes nodes;
    private final ReplicaSizes sizes;

    Resizes(
            ClusterChanges changes,
            Clusters clusters,
            Operations operations,
            TeamQuota quota,
            EngineCatalog engines,
            Regions regions,
            Nodes nodes,
            ReplicaSizes sizes) {
        this.changes = changes;
        this.clusters = clusters;
        this.operations = operations;
        this.quota = quota;
        this.engines = engines;
        this.regions = regions;
        this.nodes = nodes;
        this.sizes = sizes;
    }

    /**
     * @param storageMib null or 0 for the plan's own and what had been added to the one before
     * @return the operation; fails with 404, 412 while something else is under way, or 422
     */
    Uni<UUID> resize(String id, @Nullable String size, @Nullable Integer numNodes, @Nullable Integer storageMib) {
        return Panache.withSession(() -> changes.find(id)).chain(found -> {
            Engine engine = engines.get(found.engine);
            Problems problems = new Problems();
            ClusterRules.plan(problems, engine.plans(), size, storageMib);
            ClusterRules.nodes(problems, numNodes, nodes.counts(found, engine));
            problems.throwIfAny();
            return resize(
                    id,
                    engine,
                    engine.plan(size).orElseThrow(),
                    Objects.requireNonNull(numNodes, "checked"),
                    storageMib);
        });
    }

    private Uni<UUID> resize(String id, Engine engine, Plan plan, int numNodes, @Nullable Integer storageMib) {
        return begin(id, Change.RESIZE, cluster -> {
            refuseDev(cluster, "has one size: convert it to a managed database to choose another");
            cluster.storageSizeMib = storageMib == null || storageMib == 0
                    ? Math.min(ClusterRules.mostStorage(plan), plan.storageMib() + added(cluster, engine))
                    : storageMib;
            requirePoolsFit(cluster, plan);
            cluster.size = plan.slug();
            cluster.numNodes = numNodes;
            cluster.status = Cluster.RESIZING;
            return sizes.check(cluster, plan).chain(() -> quota.check(cluster)).chain(() -> nodes.makeRoom(cluster));
        });
    }

    private static void requirePoolsFit(Cluster cluster, Plan plan) {
        int held = ConnectionPool.of(cluster).stream()
                .mapToInt(ConnectionPool::size)
                .sum();
        if (held > plan.poolConnections()) {
            throw ApiException.unprocessable("size: the connection pools of the cluster have " + held
                    + " server connections, and those of a " + plan.slug() + " may have " + plan.poolConnections()
                    + ": make them smaller first");
        }
    }

    private static int added(Cluster cluster, Engine engine) {
        return Math.max(0, cluster.storageSizeMib - engine.stored(cluster.size).storageMib());
    }

    /**
     * Regions are names for parts of this installation, which has one data plane: what changes is where the cluster is said to
     * be, and the network that it belongs to.
     *
     * @return fails with 404, 412 while something else is under way, or 422
     */
    Uni<Void> migrate(String id, @Nullable String region, @Nullable String network) {
        Problems problems = new Problems();
        ClusterRules.region(problems, region, regions);
        ClusterRules.id(problems, "private_network_uuid", network);
        problems.throwIfAny();
        return Panache.withTransaction(() -> changes.lock(id)
                .invoke(ClusterChanges::requireOnline)
                .invoke(cluster -> refuseDev(cluster, "stays where its app was made"))
                .chain(cluster -> operations
                        .unfinishedChange(cluster.id)
                        .onItem()
                        .ifNotNull()
                        .failWith(ApiException::busy)
                        .chain(() -> clusters.network(network, region))
                        .chain(vpc -> {
                            cluster.region = Objects.requireNonNull(region, "checked");
                            cluster.vpc = vpc;
                            return ClusterEvent.of(cluster, ClusterEvent.UPDATE).persist();
                        })
                        .replaceWithVoid()));
    }

    private static void refuseDev(Cluster cluster, String rule) {
        if (cluster.app != null) {
            throw ApiException.unprocessable("the dev database " + cluster.component + " " + rule);
        }
    }

    private Uni<UUID> begin(String id, Change change, Function<Cluster, Uni<Void>> edit) {
        Context request = Vertx.currentContext();
        return Panache.withTransaction(() -> changes.lock(id)
                        .invoke(ClusterChanges::requireOnline)
                        .chain(cluster -> changes.begin(cluster, change, () -> edit.apply(cluster))))
                .onFailure(Conflict.class)
                .transform(other -> ApiException.busy())
                .chain(begun -> operations
                        .await(begun.operation(), REFUSED_BY)
                        .emitOn(command -> request.runOnContext(nothing -> command.run()))
                        .invoke(operation -> {
                            if (operation != null && operation.state() == OperationState.FAILED) {
                                throw ApiException.unprocessable(operation.error());
                            }
                        })
                        .replaceWith(begun.operation()));
    }
}
