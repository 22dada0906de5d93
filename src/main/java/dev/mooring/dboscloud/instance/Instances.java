package dev.mooring.dboscloud.instance;

import dev.mooring.access.Caller;
import dev.mooring.access.Regions;
import dev.mooring.database.backup.RecoverySources;
import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.ClusterDatabase;
import dev.mooring.database.cluster.ClusterUser;
import dev.mooring.database.cluster.DbosRoles;
import dev.mooring.database.cluster.MemberState;
import dev.mooring.database.cluster.NewCluster;
import dev.mooring.database.cluster.change.ClusterChanges;
import dev.mooring.database.member.Databases;
import dev.mooring.database.member.Users;
import dev.mooring.database.provisioning.ClusterFactory;
import dev.mooring.database.provisioning.ClusterRemoval;
import dev.mooring.database.provisioning.Clusters;
import dev.mooring.engine.Plan;
import dev.mooring.engine.postgres.PostgresEngine;
import dev.mooring.home.Vault;
import dev.mooring.web.ApiException;
import dev.mooring.web.Problems;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** Clusters and linked servers under the names that DBOS Cloud's API gives them. Errors are in that API's words. */
@ApplicationScoped
public class Instances {

    private static final int CONFLICT = 409;
    private static final int NOT_FOUND = 404;
    private static final Plan PLAN = PostgresEngine.PLANS.getFirst();

    private static final String SELECT =
            "select * from (select c.id, c.team, c.name, c.status, c.failure, c.host, c.port,"
                    + " coalesce((select u.name from cluster_user u where u.cluster = c.id and u.dbos_role = 'user'"
                    + " and u.state <> 'removing'), 'doadmin') as user_name,"
                    + " (select u.name from cluster_user u where u.cluster = c.id and u.dbos_role = 'admin'"
                    + " and u.state <> 'removing') as admin_name, false as linked, null as supabase_reference, c.created_at"
                    + " from cluster c where c.app is null and c.replica_of is null and c.engine = 'pg' and c.deleted_at is null"
                    + " union all select id, team, name, 'online', null, host, port, user_name, user_name, true,"
                    + " supabase_reference, created_at from linked_instance) as instance where team = $1";

    private final Clusters clusters;
    private final ClusterRemoval removal;
    private final ClusterFactory births;
    private final ClusterChanges changes;
    private final RecoverySources sources;
    private final LinkedServers linked;
    private final Regions regions;
    private final Vault vault;
    private final Pool pool;
    private final Caller caller;
    private final Clock clock;

    Instances(
            Clusters clusters,
            ClusterRemoval removal,
            ClusterFactory births,
            ClusterChanges changes,
            RecoverySources sources,
            LinkedServers linked,
            Regions regions,
            Vault vault,
            Pool pool,
            Caller caller,
            Clock clock) {
        this.clusters = clusters;
        this.removal = removal;
        this.births = births;
        this.changes = changes;
        this.sources = sources;
        this.linked = linked;
        this.regions = regions;
        this.vault = vault;
        this.pool = pool;
        this.caller = caller;
        this.clock = clock;
    }

    /** The caller's, oldest first. */
    public Uni<List<Instance>> list() {
        return pool.preparedQuery(SELECT + " order by created_at, id")
                .execute(Tuple.of(caller.team()))
                .map(rows -> StreamSupport.stream(rows.spliterator(), false)
                        .map(Instances::instance)
                        .toList());
    }

    /** Fails with 404. */
    public Uni<Instance> find(String name) {
        return find(caller.team(), name);
    }

    /** The same for who has no caller. */
    public Uni<Instance> find(UUID team, String name) {
        return pool.preparedQuery(SELECT + " and name = $2")
                .execute(Tuple.of(team, name))
                .map(rows -> {
                    if (rows.rowCount() == 0) {
                        throw notFound(name);
                    }
                    return instance(rows.iterator().next());
                });
    }

    private static Instance instance(Row row) {
        return new Instance(
                row.getUUID("id"),
                row.getString("name"),
                row.getString("status"),
                row.getString("failure"),
                row.getString("host"),
                row.getInteger("port"),
                row.getString("user_name"),
                row.getString("admin_name"),
                row.getBoolean("linked"),
                row.getString("supabase_reference"));
    }

    /**
     * A new cluster whose apps' user has this name and password.
     *
     * @return its id; fails with 409 when the name is taken, and with 422 naming everything that is wrong
     */
    public Uni<UUID> provision(String name, String user, String password) {
        Problems problems = new Problems();
        InstanceRules.name(problems, "Name", name);
        InstanceRules.user(problems, "AdminName", user);
        InstanceRules.password(problems, "AdminPassword", password);
        problems.throwIfAny();
        return begin(wanted(name, null), cluster -> {
            ClusterUser owner = births.user(cluster, user);
            owner.secret = vault.seal(password);
            return withDbosUsers(List.of(births.admin(cluster)), owner, births.user(cluster, DbosRoles.ADMIN_NAME));
        });
    }

    private static List<ClusterUser> withDbosUsers(List<ClusterUser> others, ClusterUser user, ClusterUser admin) {
        user.dbosRole = DbosRoles.USER;
        admin.dbosRole = DbosRoles.ADMIN;
        // In this order: the second acts for the first.
        user.position = others.size();
        admin.position = others.size() + 1;
        return java.util.stream.Stream.concat(others.stream(), java.util.stream.Stream.of(user, admin))
                .toList();
    }

    /**
     * A new cluster with what another one held at some moment, with its users and their passwords.
     *
     * @param time RFC 3339
     * @return its id; fails with 400, 404, 409, 412 before the first backup, or 422 stating the recovery window
     */
    public Uni<UUID> restore(String name, String newName, String time) {
        Instant at = InstanceRules.timestamp("RestoreTimestamp", time);
        Problems problems = new Problems();
        InstanceRules.name(problems, "RestoreName", newName);
        problems.throwIfAny();
        return managed(name, "point-in-time restore is not available: its owner makes its backups")
                .chain(instance -> sources.find(caller.team(), instance.id()))
                .invoke(source -> source.check("RestoreTimestamp", at, clock.instant()))
                .chain(source -> begin(
                        wanted(newName, new NewCluster.BackupRestore(source.id().toString(), at.toString())),
                        cluster -> List.of()));
    }

    private Uni<UUID> begin(NewCluster wanted, Function<Cluster, List<ClusterUser>> users) {
        return clusters.begin(
                wanted,
                majors -> {},
                users,
                () -> new ApiException(CONFLICT, "database " + wanted.name() + " already exists"));
    }

    private NewCluster wanted(String name, NewCluster.@Nullable BackupRestore restore) {
        return new NewCluster(
                name,
                PostgresEngine.ENGINE,
                null,
                1,
                PLAN.slug(),
                regions.slugs().getFirst(),
                null,
                null,
                null,
                null,
                null,
                restore,
                null,
                null,
                null);
    }

    /** A new password for the apps' user; answers once the server has it. Fails with 404, 412 or 422. */
    public Uni<Instance> resetPassword(String name, String password) {
        Problems problems = new Problems();
        InstanceRules.password(problems, "Password", password);
        problems.throwIfAny();
        return managed(
                        name,
                        "its password cannot be reset here: change it on the server, then unlink and link it again")
                .chain(instance -> changes.change(
                                instance.id().toString(),
                                cluster -> Users.required(cluster, instance.user())
                                        .invoke(user -> {
                                            user.previousSecret = user.secret;
                                            user.secret = vault.seal(password);
                                            user.revision = cluster.revision;
                                        })
                                        .replaceWithVoid())
                        .replaceWith(instance));
    }

    /**
     * @param guard refuses with an exception; asked in the transaction that deletes, while the cluster's row is held
     */
    public Uni<Void> destroy(String name, Function<Instance, Uni<Void>> guard) {
        return managed(name, "unlink it instead: Mooring does not destroy what others run")
                .chain(instance ->
                        Panache.withTransaction(() -> changes.lock(instance.id().toString())
                                .chain(cluster -> guard.apply(instance).chain(() -> removal.delete(cluster)))));
    }

    /**
     * Gives the instance what DBOS apps need: their two users, unless it has them. Answers once the server has it; fails
     * with 404 or 412.
     */
    public Uni<Instance> prepare(UUID team, String name) {
        return find(team, name)
                .chain(instance -> instance.linked() || instance.admin() != null
                        ? Uni.createFrom().item(instance)
                        : changes.change(team, instance.id().toString(), this::addUsers)
                                .chain(() -> find(team, name)));
    }

    private Uni<Void> addUsers(Cluster cluster) {
        return ClusterUser.<ClusterUser>list("cluster", cluster.id).chain(present -> {
            List<ClusterUser> users = withDbosUsers(
                    present, births.user(cluster, DbosRoles.USER_NAME), births.user(cluster, DbosRoles.ADMIN_NAME));
            List<ClusterUser> added = users.subList(present.size(), users.size());
            added.forEach(user -> user.state = MemberState.ADDING);
            return ClusterUser.persist(added);
        });
    }

    /** Makes the databases that the instance lacks; answers once the server has them. Fails with 404 or 412. */
    public Uni<Void> addDatabases(UUID team, Instance instance, List<String> names) {
        if (instance.linked()) {
            return Uni.createFrom().voidItem();
        }
        return Panache.withSession(() -> ClusterDatabase.<ClusterDatabase>list("cluster", instance.id()))
                .chain(present -> names.stream()
                                .allMatch(name -> present.stream().anyMatch(there -> there.name.equals(name)))
                        ? Uni.createFrom().voidItem()
                        : changes.change(team, instance.id().toString(), cluster -> Databases.add(cluster, names)));
    }

    /** Drops databases; fine when they, or the whole instance, are gone. Fails with 412 while the instance is busy. */
    public Uni<Asked> askToDropDatabases(UUID team, String name, List<String> databases) {
        return find(team, name)
                .chain(instance -> instance.linked()
                        ? linked.dropDatabases(instance, databases).replaceWith((Asked) null)
                        : changes.ask(team, instance.id().toString(), cluster -> Databases.remove(cluster, databases))
                                .map(operation -> new Asked(instance.id(), operation)))
                .onFailure(failure -> failure instanceof ApiException api && api.status() == NOT_FOUND)
                .recoverWithNull();
    }

    /** A change of a cluster that has been asked for. */
    public record Asked(UUID cluster, UUID operation) {}

    /** Until the caller's transaction ends nobody destroys or unlinks it. Fails with 404. */
    public Uni<Void> hold(UUID team, String name) {
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(
                                "select id from cluster where team = :team and name = :name and app is null and replica_of is null"
                                        + " and deleted_at is null for share",
                                UUID.class)
                        .setParameter("team", team)
                        .setParameter("name", name)
                        .getSingleResultOrNull()
                        .chain(id -> id != null
                                ? Uni.createFrom().item(id)
                                : session.createNativeQuery(
                                                "select id from linked_instance where team = :team and name = :name for share",
                                                UUID.class)
                                        .setParameter("team", team)
                                        .setParameter("name", name)
                                        .getSingleResultOrNull()))
                .onItem()
                .ifNull()
                .failWith(() -> notFound(name))
                .replaceWithVoid();
    }

    private Uni<Instance> managed(String name, String refusal) {
        return find(name).invoke(instance -> {
            if (instance.linked()) {
                throw ApiException.badRequest("database " + name + " is linked; " + refusal);
            }
        });
    }

    static ApiException notFound(String name) {
        return ApiException.notFound("database " + name + " not found");
    }
}
