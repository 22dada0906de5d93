package dev.mooring.database.binding;

import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.NewCluster;
import dev.mooring.database.cluster.change.ClusterChanges;
import dev.mooring.database.member.Databases;
import dev.mooring.database.placement.Nodes;
import dev.mooring.database.provisioning.ClusterFactory;
import dev.mooring.database.provisioning.ClusterRules;
import dev.mooring.database.provisioning.Clusters;
import dev.mooring.database.provisioning.TeamQuota;
import dev.mooring.database.upgrade.UpgradeResource;
import dev.mooring.database.upgrade.Upgrades;
import dev.mooring.dataplane.Change;
import dev.mooring.engine.EngineCatalog;
import dev.mooring.engine.Plan;
import dev.mooring.engine.postgres.PostgresEngine;
import dev.mooring.operation.Conflict;
import dev.mooring.web.ApiException;
import dev.mooring.web.Problems;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Dev databases that become managed clusters. Each has a server of its own already, so it becomes one where it is: nothing is
 * copied, and its app goes on with the same address, user and password.
 */
@ApplicationScoped
public class Conversions {

    private final ClusterChanges changes;
    private final Upgrades upgrades;
    private final TeamQuota quota;
    private final Nodes nodes;
    private final EngineCatalog engines;

    Conversions(ClusterChanges changes, Upgrades upgrades, TeamQuota quota, Nodes nodes, EngineCatalog engines) {
        this.changes = changes;
        this.upgrades = upgrades;
        this.quota = quota;
        this.nodes = nodes;
        this.engines = engines;
    }

    /**
     * @param name of the managed cluster
     * @param size slug of its plan; the smallest when there is none
     * @param numNodes one when there is none
     * @param version major version to upgrade to afterwards; the one that it has when there is none
     */
    public record Wanted(
            @Nullable String name,
            @Nullable String size,
            @Nullable Integer numNodes,
            @Nullable String version) {

        public Wanted {
            size = NewCluster.orNull(size) == null
                    ? PostgresEngine.PLANS.getFirst().slug()
                    : size;
            numNodes = numNodes == null || numNodes == 0 ? Integer.valueOf(1) : numNodes;
            version = NewCluster.orNull(version);
        }
    }

    /** The size if it is one, else null: specs of long ago have sizes that mean nothing here. */
    public static @Nullable String knownSize(@Nullable String size) {
        return PostgresEngine.planOf(size).map(Plan::slug).orElse(null);
    }

    /** Adds what is wrong with it. */
    public void check(Problems problems, Wanted wanted) {
        ClusterRules.name(problems, wanted.name());
        ClusterRules.plan(problems, PostgresEngine.PLANS, wanted.size(), null);
        ClusterRules.nodes(problems, wanted.numNodes(), nodes.counts(engines.get(PostgresEngine.ENGINE)));
    }

    /** Fails with 422 when the version cannot be had by the cluster, or something in it stands in the way. Nothing is changed. */
    public Uni<Void> checkVersion(UUID team, UUID cluster, @Nullable String present, @Nullable String wanted) {
        return wanted == null || wanted.equals(present)
                ? Uni.createFrom().voidItem()
                : upgrades.check(
                        team, cluster.toString(), new Upgrades.Wanted(wanted, null, UpgradeResource.UNDO_HOURS, false));
    }

    /**
     * In the caller's transaction: the cluster is a managed one from here on.
     *
     * @return the operation; fails with 404, 412 while something else is under way, or 422 when the name is taken
     */
    public Uni<UUID> begin(UUID team, UUID id, Wanted wanted) {
        return requireCalm(id)
                .chain(() -> changes.lock(team, id.toString()))
                .invoke(ClusterChanges::requireOnline)
                .chain(cluster -> {
                    if (cluster.app == null) {
                        throw managedAlready(cluster.name);
                    }
                    return changes.begin(cluster, Change.CONVERT, () -> edit(cluster, wanted));
                })
                .map(ClusterChanges.Queued::operation)
                .onFailure(Conflict.class)
                .transform(other -> ApiException.busy())
                .onFailure(Clusters::nameTaken)
                .transform(taken -> Clusters.nameNotAvailable());
    }

    static ApiException managedAlready(String name) {
        return ApiException.unprocessable(
                "the cluster " + name + " is a managed one already: resize it to change its plan");
    }

    /**
     * Who asks holds the app's row already, while the end of an operation locks the cluster's first: it must not be waited for.
     */
    private static Uni<Void> requireCalm(UUID id) {
        return Panache.getSession()
                .chain(session -> session.createNativeQuery("select status from cluster where id = :id", String.class)
                        .setParameter("id", id)
                        .getSingleResultOrNull())
                .invoke(status -> {
                    if (Cluster.RESIZING.equals(status) || Cluster.MIGRATING.equals(status)) {
                        throw ApiException.busy();
                    }
                })
                .replaceWithVoid();
    }

    private Uni<Void> edit(Cluster cluster, Wanted wanted) {
        Plan plan = PostgresEngine.planOf(wanted.size()).orElseThrow();
        cluster.formerApp = cluster.app;
        cluster.formerComponent = cluster.component;
        cluster.app = null;
        cluster.component = null;
        cluster.name = Objects.requireNonNull(wanted.name(), "checked");
        cluster.size = plan.slug();
        cluster.storageSizeMib = plan.storageMib();
        cluster.numNodes = Objects.requireNonNull(wanted.numNodes());
        cluster.retentionHours = Math.max(cluster.retentionHours, ClusterFactory.RETENTION_HOURS);
        cluster.wantedVersion = cluster.version.equals(wanted.version()) ? null : wanted.version();
        cluster.status = Cluster.RESIZING;
        return quota.check(cluster)
                .chain(() -> nodes.makeRoom(cluster))
                .chain(() -> Databases.add(cluster, List.of(PostgresEngine.FIRST_DATABASE)));
    }
}
