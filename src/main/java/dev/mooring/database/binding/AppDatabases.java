package dev.mooring.database.binding;

import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.ClusterId;
import dev.mooring.database.cluster.ClusterUser;
import dev.mooring.database.cluster.DevDatabase;
import dev.mooring.database.cluster.change.ClusterChanges;
import dev.mooring.database.cluster.change.ClusterPlanes;
import dev.mooring.database.network.FirewallRules;
import dev.mooring.database.placement.Nodes;
import dev.mooring.database.provisioning.ClusterFactory;
import dev.mooring.database.provisioning.ClusterRemoval;
import dev.mooring.database.provisioning.TeamQuota;
import dev.mooring.engine.Plan;
import dev.mooring.engine.postgres.PostgresEngine;
import dev.mooring.home.RandomText;
import dev.mooring.home.Vault;
import dev.mooring.operation.queue.Operations;
import dev.mooring.web.ApiException;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** Databases for apps: dev databases live and die with them, managed ones are attached. */
@ApplicationScoped
public class AppDatabases {

    private final ClusterFactory births;
    private final ClusterRemoval removal;
    private final ClusterChanges changes;
    private final FirewallRules firewall;
    private final Nodes nodes;
    private final ClusterPlanes planes;
    private final TeamQuota quota;
    private final PostgresEngine postgres;
    private final Operations operations;
    private final Pool pool;
    private final Vault vault;

    AppDatabases(
            ClusterFactory births,
            ClusterRemoval removal,
            ClusterChanges changes,
            FirewallRules firewall,
            Nodes nodes,
            ClusterPlanes planes,
            TeamQuota quota,
            PostgresEngine postgres,
            Operations operations,
            Pool pool,
            Vault vault) {
        this.births = births;
        this.removal = removal;
        this.changes = changes;
        this.firewall = firewall;
        this.nodes = nodes;
        this.planes = planes;
        this.quota = quota;
        this.postgres = postgres;
        this.operations = operations;
        this.pool = pool;
        this.vault = vault;
    }

    /** The major versions that can be had, oldest first, and the one for who does not ask for any. */
    public record Versions(List<String> majors, String usual) {
        public String of(@Nullable String wanted) {
            return wanted == null || wanted.isBlank() ? usual : wanted;
        }
    }

    public Uni<Versions> versions() {
        return nodes.versions(PostgresEngine.ENGINE).map(offered -> new Versions(offered, postgres.defaultOf(offered)));
    }

    /**
     * A dev database, in the caller's transaction: nobody but its app may connect, and the app's user owns the one
     * database and can make no other. It is in the project that the app is in by now.
     */
    public Uni<UUID> create(UUID team, UUID app, String component, String version, String region) {
        Cluster cluster = births.cluster(team, component, postgres, version, Plan.DEV, region);
        cluster.app = app;
        cluster.component = component;
        ClusterUser user = births.user(cluster, DevDatabase.nameOf(component));
        user.position = 1;
        return AppProject.of(app)
                .invoke(project -> cluster.projectId = project)
                .chain(() -> quota.check(cluster))
                .chain(() -> births.begin(
                        cluster,
                        List.of(births.admin(cluster), user),
                        births.database(cluster, DevDatabase.nameOf(component)),
                        () -> firewall.replace(cluster, List.of(FirewallRules.app(app)))
                                .chain(() -> FirewallRules.attach(cluster, app, true))))
                .onFailure(TeamQuota.Exceeded.class)
                .transform(exceeded -> ApiException.badRequest("error validating databases field"
                        + " \"databases.limit_exceeded\": " + component + ": " + exceeded.getMessage()))
                .replaceWith(cluster.id);
    }

    /** Queues the end of the app's dev databases but those of the components named. */
    public Uni<List<String>> destroyAllBut(UUID team, UUID app, List<String> components) {
        return Panache.withTransaction(() -> Cluster.<Cluster>list(
                        "team = ?1 and app = ?2 and deletedAt is null", team, app)
                .chain(present -> {
                    Uni<List<String>> destroyed = Uni.createFrom().item(new ArrayList<>());
                    for (Cluster cluster : present) {
                        if (!components.contains(cluster.component)) {
                            destroyed = destroyed.chain(names -> changes.lock(team, cluster.id.toString())
                                    .chain(removal::delete)
                                    .invoke(() -> names.add(cluster.component))
                                    .replaceWith(names));
                        }
                    }
                    return destroyed;
                }));
    }

    /**
     * The app's dev databases by component. One that has become a managed cluster still is what the component's name means in
     * older specs, unless there is another of that name.
     */
    public Uni<Map<String, AppDatabase>> of(UUID team, UUID app) {
        return pool.preparedQuery(AppDatabaseRows.SELECT
                        + " and c.team = $1 and (c.app = $2 or c.former_app = $2) order by c.app is not null")
                .execute(Tuple.of(team, app))
                .map(rows -> {
                    Map<String, AppDatabase> databases = new LinkedHashMap<>();
                    for (Row row : rows) {
                        AppDatabase database = AppDatabaseRows.cluster(row, app);
                        databases.put(database.component(), database);
                    }
                    return databases;
                });
    }

    /** The team's managed clusters and linked servers of these names, by name. */
    public Uni<Map<String, AppDatabase>> managed(UUID team, UUID app, List<String> names) {
        return pool.preparedQuery(AppDatabaseRows.SELECT
                        + " and c.team = $1 and c.app is null and c.replica_of is null and c.name = any($2)")
                .execute(Tuple.of(team, names.toArray(String[]::new)))
                .map(rows -> {
                    Map<String, AppDatabase> databases = new LinkedHashMap<>();
                    rows.forEach(row -> databases.put(row.getString("name"), AppDatabaseRows.cluster(row, app)));
                    return databases;
                })
                .chain(databases -> pool.preparedQuery(
                                "select * from linked_instance where team = $1 and name = any($2)")
                        .execute(Tuple.of(team, names.toArray(String[]::new)))
                        .map(rows -> {
                            rows.forEach(row -> databases.put(row.getString("name"), AppDatabaseRows.linked(row)));
                            return databases;
                        }));
    }

    /** With the CA that signs for its servers, where that is its own. Fails with 412 while the plane cannot tell. */
    public Uni<AppDatabase> withAuthority(AppDatabase database) {
        return database.plane() == null
                ? Uni.createFrom().item(database)
                : planes.ask(database.plane(), plane -> plane.authority(database.id()))
                        .map(own -> own.map(database::withCa).orElse(database));
    }

    /**
     * Lets the app in, or not any more; answers once the server does so. A cluster without trusted sources lets everybody
     * in, and letting the app in then locks out everybody else; when it was the last one, nobody is let in. On a Vert.x
     * context.
     */
    public Uni<Void> trust(UUID team, UUID cluster, UUID app, boolean trusted) {
        Function<Cluster, Uni<Void>> edit = trusting(cluster, app, trusted);
        return writtenAlone(team, cluster, edit)
                .chain(written ->
                        written ? Uni.createFrom().voidItem() : changes.change(team, cluster.toString(), edit));
    }

    /**
     * The same without waiting for the server: the operation that tells it, or null when there is none to be told. Fails with
     * 412 while the cluster is busy. On a Vert.x context.
     */
    public Uni<UUID> askToTrust(UUID team, UUID cluster, UUID app, boolean trusted) {
        Function<Cluster, Uni<Void>> edit = trusting(cluster, app, trusted);
        return writtenAlone(team, cluster, edit)
                .chain(written -> written ? Uni.createFrom().nullItem() : changes.ask(team, cluster.toString(), edit));
    }

    /** Whether a change that was asked for is in force; false before it has ended. Fails with 412 or 422 when it has failed. */
    public Uni<Boolean> inForce(UUID operation) {
        return changes.inForce(operation);
    }

    /** The change of the cluster's users, databases, sources or settings that is being made; null when none is. */
    public Uni<UUID> changing(UUID cluster) {
        return changes.changing(cluster);
    }

    private Function<Cluster, Uni<Void>> trusting(UUID cluster, UUID app, boolean trusted) {
        return locked -> FirewallRules.of(cluster)
                .chain(present -> firewall.replace(
                        locked,
                        trusted
                                ? FirewallRules.with(present, FirewallRules.app(app))
                                : FirewallRules.without(
                                        present,
                                        rule -> FirewallRules.same(rule, FirewallRules.app(app)),
                                        "the app " + app + ", the last trusted source, has gone")))
                .chain(() -> FirewallRules.attach(locked, app, trusted));
    }

    /** One that never began has no server to be told, and would keep the app from going. */
    private Uni<Boolean> writtenAlone(UUID team, UUID cluster, Function<Cluster, Uni<Void>> edit) {
        return Panache.withTransaction(() -> changes.lock(team, cluster.toString())
                .chain(locked -> neverBegan(locked)
                        ? edit.apply(locked).replaceWith(true)
                        : Uni.createFrom().item(false)));
    }

    private static boolean neverBegan(Cluster cluster) {
        return cluster.status.equals(Cluster.FAILED);
    }

    /** The dev database of this id, and its app; fails with 404, or 422 for a managed cluster. */
    public Uni<DevDatabaseOf> dev(UUID team, String id) {
        return pool.preparedQuery("select id, name, app, component, version from cluster"
                        + " where id = $1 and team = $2 and deleted_at is null")
                .execute(Tuple.of(ClusterId.parse(id), team))
                .map(rows -> {
                    if (rows.rowCount() == 0) {
                        throw ClusterId.notFound();
                    }
                    Row row = rows.iterator().next();
                    if (row.getUUID("app") == null) {
                        throw Conversions.managedAlready(row.getString("name"));
                    }
                    return new DevDatabaseOf(
                            row.getUUID("id"),
                            row.getUUID("app"),
                            row.getString("component"),
                            row.getString("version"));
                });
    }

    /** A dev database and whose it is. */
    public record DevDatabaseOf(UUID id, UUID app, String component, String version) {}

    /** The managed clusters that have the app among their trusted sources, or would again with the next list of them. */
    public Uni<List<UUID>> trustedBy(UUID team, UUID app) {
        return pool.preparedQuery(
                        "select c.id from cluster c where c.team = $1 and c.app is null and c.deleted_at is null"
                                + " and (exists (select from firewall_rule r where r.cluster = c.id and r.type = 'app'"
                                + " and lower(r.value) = $2) or exists (select from attached_app t"
                                + " where t.cluster = c.id and cast(t.app as text) = $2))")
                .execute(Tuple.of(team, app.toString()))
                .map(rows -> StreamSupport.stream(rows.spliterator(), false)
                        .map(row -> row.getUUID(0))
                        .toList());
    }

    /** A new password; answers once the server has it. */
    public Uni<Void> resetPassword(UUID team, UUID cluster, String user) {
        return changes.change(
                team,
                cluster.toString(),
                locked -> ClusterUser.<ClusterUser>find("cluster = ?1 and name = ?2", cluster, user)
                        .firstResult()
                        .onItem()
                        .ifNull()
                        .failWith(() -> ApiException.notFound("user not found"))
                        .invoke(found -> {
                            found.previousSecret = found.secret;
                            found.secret = vault.seal(RandomText.password());
                            found.revision = locked.revision;
                        })
                        .replaceWithVoid());
    }

    /** The operation of the change of the cluster that is under way; null when none is. */
    public Uni<UUID> change(UUID cluster) {
        return operations.unfinishedChange(cluster).map(operation -> operation == null ? null : operation.id());
    }

    /** Whether a change of the cluster is under way. */
    public Uni<Boolean> busy(UUID cluster) {
        return change(cluster).map(operation -> operation != null);
    }
}
