package dev.mooring.database.replica;

import dev.mooring.access.Regions;
import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.NewCluster;
import dev.mooring.database.cluster.change.ClusterChanges;
import dev.mooring.database.cluster.change.ClusterQueue;
import dev.mooring.database.cluster.change.ClusterSpecs;
import dev.mooring.database.event.ClusterEvent;
import dev.mooring.database.network.FirewallRules;
import dev.mooring.database.network.HostNameClaims;
import dev.mooring.database.network.HostNames;
import dev.mooring.database.placement.Nodes;
import dev.mooring.database.provisioning.ClusterFactory;
import dev.mooring.database.provisioning.ClusterRemoval;
import dev.mooring.database.provisioning.ClusterRules;
import dev.mooring.database.provisioning.Clusters;
import dev.mooring.database.provisioning.ReplicaSizes;
import dev.mooring.database.provisioning.TeamQuota;
import dev.mooring.database.tag.Tags;
import dev.mooring.dataplane.Change;
import dev.mooring.engine.Engine;
import dev.mooring.engine.EngineCatalog;
import dev.mooring.engine.Plan;
import dev.mooring.operation.Conflict;
import dev.mooring.operation.queue.Operations;
import dev.mooring.web.ApiException;
import dev.mooring.web.Problems;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The beginning and the end of read-only nodes. Whoever changes one holds its primary first. */
@ApplicationScoped
class Replicas {

    /** As many as the primary's WAL can be sent to, beside its standby nodes and its archive. */
    private static final int MOST = 5;

    private final ClusterChanges changes;
    private final ClusterQueue queue;
    private final ClusterSpecs specs;
    private final ClusterFactory births;
    private final Clusters clusters;
    private final ClusterRemoval removal;
    private final Operations operations;
    private final EngineCatalog engines;
    private final Nodes nodes;
    private final ReplicaSizes sizes;
    private final FirewallRules firewall;
    private final HostNameClaims claims;
    private final Tags tags;
    private final TeamQuota quota;
    private final Regions regions;

    Replicas(
            ClusterChanges changes,
            ClusterQueue queue,
            ClusterSpecs specs,
            ClusterFactory births,
            Clusters clusters,
            ClusterRemoval removal,
            Operations operations,
            EngineCatalog engines,
            Nodes nodes,
            ReplicaSizes sizes,
            FirewallRules firewall,
            HostNameClaims claims,
            Tags tags,
            TeamQuota quota,
            Regions regions) {
        this.changes = changes;
        this.queue = queue;
        this.specs = specs;
        this.births = births;
        this.clusters = clusters;
        this.removal = removal;
        this.operations = operations;
        this.engines = engines;
        this.nodes = nodes;
        this.sizes = sizes;
        this.firewall = firewall;
        this.claims = claims;
        this.tags = tags;
        this.quota = quota;
        this.regions = regions;
    }

    /**
     * Writes the node and queues its making in one transaction; its address is final from here on. It has the trusted sources that the
     * primary has now.
     *
     * @return its name; fails with 404, 412 while the primary is changed or has no backup yet, or 422 naming everything that is wrong
     */
    Uni<String> create(String primary, NewReplica wanted) {
        return Panache.withSession(() -> changes.find(primary))
                .invoke(Replicas::requireFollowable)
                .invoke(found -> check(found, wanted))
                .chain(found -> Panache.withTransaction(() -> FirewallRules.of(found.id)
                        // Before the cluster: whoever changes an app holds the app first, too.
                        .chain(rules -> firewall.inherited(found.team, rules))
                        .chain(rules -> changes.lock(primary).chain(locked -> insert(locked, wanted, rules)))))
                .onFailure(Conflict.class)
                .transform(other -> ApiException.busy())
                .onFailure(Clusters::nameTaken)
                .transform(taken -> Clusters.nameNotAvailable());
    }

    private static void requireFollowable(Cluster cluster) {
        if (cluster.replicaOf != null) {
            throw ApiException.unprocessable("a read-only node cannot have read-only nodes: create it at its primary");
        }
        if (cluster.app != null) {
            throw ApiException.unprocessable("the dev database " + cluster.component
                    + " has one node: convert it to a managed database to add a read-only node");
        }
    }

    private void check(Cluster primary, @Nullable NewReplica wanted) {
        if (wanted == null) {
            throw ApiException.badRequest("error parsing request body: a JSON object is required");
        }
        Problems problems = new Problems();
        ClusterRules.name(problems, wanted.name());
        ClusterRules.plan(
                problems, engines.get(primary.engine).plans(), size(primary, wanted), wanted.storageSizeMib());
        ClusterRules.region(problems, region(primary, wanted), regions);
        Tags.check(problems, wanted.tags());
        if (wanted.doSettings() != null) {
            HostNames.check(
                    problems, "do_settings.service_cnames", wanted.doSettings().serviceCnames());
        }
        ClusterRules.id(problems, "private_network_uuid", wanted.privateNetworkUuid());
        problems.throwIfAny();
    }

    private static String size(Cluster primary, NewReplica wanted) {
        return Objects.requireNonNullElse(NewCluster.orNull(wanted.size()), primary.size);
    }

    private static String region(Cluster primary, NewReplica wanted) {
        return Objects.requireNonNullElse(NewCluster.orNull(wanted.region()), primary.region);
    }

    private Uni<String> insert(Cluster primary, NewReplica wanted, List<NewCluster.RuleInput> rules) {
        ClusterChanges.requireOnline(primary);
        queue.require(Change.FOLLOW, primary);
        if (primary.recoverableFrom == null && queue.has(Change.BACK_UP, primary)) {
            throw new ApiException(
                    412,
                    "the cluster has no backup yet; a read-only node can be created as soon as the first one is made");
        }
        Cluster node = node(primary, wanted);
        List<String> names = wanted.doSettings() == null || wanted.doSettings().serviceCnames() == null
                ? List.of()
                : wanted.doSettings().serviceCnames();
        return requireUnchanged(primary, rules)
                .chain(() -> requireRoom(primary))
                .chain(() -> quota.check(node))
                .chain(() -> clusters.network(wanted.privateNetworkUuid(), node.region))
                .invoke(network -> node.vpc = network)
                .chain(() -> claims.claim(node.id, names))
                .chain(() -> nodes.beside(primary, node.id))
                .invoke(endpoints -> {
                    node.serviceCnames = specs.json(names);
                    node.endpoints = specs.json(endpoints);
                })
                .chain(() -> node.persistAndFlush())
                .chain(() -> firewall.replace(node, rules))
                .chain(() -> tags.tag(node.team, node.id, wanted.tags()))
                .chain(() -> ClusterEvent.of(node, ClusterEvent.CREATE).persist())
                .chain(() ->
                        ClusterEvent.of(primary, ClusterEvent.REPLICA_CREATE).persistAndFlush())
                .chain(() -> specs.of(node))
                .chain(spec -> queue.change(Change.FOLLOW, node, spec))
                .replaceWith(node.name);
    }

    private Cluster node(Cluster primary, NewReplica wanted) {
        Engine engine = engines.get(primary.engine);
        Plan plan = engine.plan(size(primary, wanted)).orElseThrow();
        Cluster node = births.cluster(
                primary.team,
                Objects.requireNonNull(wanted.name(), "checked"),
                engine,
                primary.version,
                plan,
                region(primary, wanted));
        node.replicaOf = primary.id;
        node.storageSizeMib = wanted.storageSizeMib() == null || wanted.storageSizeMib() == 0
                ? Math.min(ClusterRules.mostStorage(plan), Math.max(plan.storageMib(), primary.storageSizeMib))
                : wanted.storageSizeMib();
        node.projectId = primary.projectId;
        node.plane = primary.plane;
        node.node = primary.node;
        node.semanticVersion = primary.semanticVersion;
        node.superuserSecret = primary.superuserSecret;
        node.backupWanted = false;
        node.appNetworks = specs.appNetworks();
        sizes.check(node, plan, primary);
        return node;
    }

    /** Whoever has closed the cluster meanwhile has closed it for its copy, too. */
    private Uni<Void> requireUnchanged(Cluster primary, List<NewCluster.RuleInput> rules) {
        return operations
                .unfinishedChange(primary.id)
                .onItem()
                .ifNotNull()
                .failWith(ApiException::busy)
                .chain(() -> FirewallRules.of(primary.id))
                .chain(now -> firewall.inherited(primary.team, now))
                .invoke(now -> {
                    if (!now.equals(rules)) {
                        throw ApiException.busy();
                    }
                })
                .replaceWithVoid();
    }

    private static Uni<Void> requireRoom(Cluster primary) {
        return Cluster.count("replicaOf = ?1 and deletedAt is null", primary.id)
                .invoke(present -> {
                    if (present >= MOST) {
                        throw ApiException.unprocessable("a cluster can have " + MOST + " read-only nodes");
                    }
                })
                .replaceWithVoid();
    }

    /** From the answer on nobody finds it any more. Fails with 404. */
    Uni<Void> delete(String primary, String name) {
        return Panache.withTransaction(() -> changes.lock(primary)
                .chain(cluster -> lock(cluster, name)
                        .chain(removal::delete)
                        .chain(() -> ClusterEvent.of(cluster, ClusterEvent.REPLICA_DELETE)
                                .persist()))
                .replaceWithVoid());
    }

    /** Fails with 404. The primary is held already. */
    Uni<Cluster> lock(Cluster primary, String name) {
        return Cluster.<Cluster>find("replicaOf = ?1 and name = ?2 and deletedAt is null", primary.id, name)
                .firstResult()
                .onItem()
                .ifNull()
                .failWith(() -> ApiException.notFound("replica not found"))
                .chain(found -> changes.lock(found.team, found.id.toString()));
    }
}
