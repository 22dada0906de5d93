package dev.mooring.database.binding;

import dev.mooring.database.backup.RecoverySource;
import dev.mooring.database.backup.RecoverySources;
import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.change.ClusterChanges;
import dev.mooring.database.network.FirewallRules;
import dev.mooring.database.provisioning.ClusterFactory;
import dev.mooring.database.provisioning.ClusterRemoval;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.engine.EngineCatalog;
import dev.mooring.engine.Plan;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.util.List;
import java.util.UUID;

/**
 * Copies of clusters that nobody misses: what a migration would do is tried on one first. A copy belongs to its app like a
 * dev database, so nobody sees it, nobody but the app gets in, and whatever becomes of the deployment it goes with the app's next one.
 */
@ApplicationScoped
public class Rehearsals {

    private final ClusterFactory births;
    private final ClusterRemoval removal;
    private final ClusterChanges changes;
    private final FirewallRules firewall;
    private final RecoverySources sources;
    private final EngineCatalog engines;
    private final Pool pool;
    private final Clock clock;

    Rehearsals(
            ClusterFactory births,
            ClusterRemoval removal,
            ClusterChanges changes,
            FirewallRules firewall,
            RecoverySources sources,
            EngineCatalog engines,
            Pool pool,
            Clock clock) {
        this.births = births;
        this.removal = removal;
        this.changes = changes;
        this.firewall = firewall;
        this.sources = sources;
        this.engines = engines;
        this.pool = pool;
        this.clock = clock;
    }

    /**
     * Asks for a copy of everything that is committed, unless there is one of that name: whoever asked for it may have been
     * killed before that was noted. On a Vert.x context.
     *
     * @param component name that it has among the app's databases
     * @param database one that the cluster has
     * @return false when the cluster cannot be recovered yet
     */
    public Uni<Boolean> begin(UUID team, UUID cluster, UUID app, String component, String database) {
        return find(team, app, component)
                .chain(copy ->
                        copy != null ? Uni.createFrom().item(true) : beginNew(team, cluster, app, component, database));
    }

    private Uni<Boolean> beginNew(UUID team, UUID cluster, UUID app, String component, String database) {
        return sources.find(team, cluster).chain(source -> {
            if (source.recoverableFrom() == null || source.recoverableFrom().isAfter(clock.instant())) {
                return Uni.createFrom().item(false);
            }
            return Panache.withTransaction(() -> AppProject.of(app)
                            .chain(project -> Cluster.<Cluster>findById(cluster)
                                    .chain(original -> begin(original, source, app, project, component, database))))
                    .replaceWith(true);
        });
    }

    private Uni<Void> begin(
            Cluster original, RecoverySource source, UUID app, UUID project, String component, String database) {
        Cluster copy = births.cluster(
                original.team,
                component,
                engines.get(original.engine),
                source.versionAt(null),
                Plan.DEV,
                original.region);
        copy.projectId = project;
        copy.app = app;
        copy.component = component;
        copy.status = Cluster.FORKING;
        copy.config = source.config();
        copy.backupWanted = false;
        copy.throwAway = true;
        return births.begin(
                copy,
                new ClusterFactory.Recovery(
                        new ClusterSpec.Origin(source.id(), null, source.superuserSecret()), source.archive()),
                births.users(copy, source),
                births.database(copy, database),
                () -> firewall.replace(copy, List.of(FirewallRules.app(app))));
    }

    /** Queues the end of a copy; fine when there is none. On a Vert.x context. */
    public Uni<Void> end(UUID team, UUID app, String component) {
        return find(team, app, component)
                .chain(copy -> copy == null
                        ? Uni.createFrom().voidItem()
                        : Panache.withTransaction(
                                () -> changes.lock(team, copy.toString()).chain(removal::delete)));
    }

    /** Null when there is none. */
    private Uni<UUID> find(UUID team, UUID app, String component) {
        return pool.preparedQuery(
                        "select id from cluster where team = $1 and app = $2 and component = $3 and deleted_at is null")
                .execute(Tuple.of(team, app, component))
                .map(rows ->
                        rows.rowCount() == 0 ? null : rows.iterator().next().getUUID(0));
    }
}
