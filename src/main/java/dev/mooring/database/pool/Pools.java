package dev.mooring.database.pool;

import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.ClusterDatabase;
import dev.mooring.database.cluster.ClusterUser;
import dev.mooring.database.cluster.ConnectionPool;
import dev.mooring.database.cluster.MemberState;
import dev.mooring.database.cluster.change.ClusterChanges;
import dev.mooring.database.cluster.change.PoolOffers;
import dev.mooring.dataplane.DataPlane;
import dev.mooring.engine.EngineCatalog;
import dev.mooring.engine.Plan;
import dev.mooring.engine.postgres.PgNames;
import dev.mooring.web.ApiException;
import dev.mooring.web.Problems;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** Connection pools of clusters and read-only nodes. Each change answers once clients can use it. */
@ApplicationScoped
public class Pools {

    private static final List<String> MODES = List.of("session", "transaction", "statement");
    private static final int SHORTEST_NAME = 3;

    private final ClusterChanges changes;
    private final EngineCatalog engines;
    private final PoolOffers offers;

    Pools(ClusterChanges changes, EngineCatalog engines, PoolOffers offers) {
        this.changes = changes;
        this.engines = engines;
        this.offers = offers;
    }

    /**
     * @param size boxed, to tell nothing from a number
     */
    @Schema(name = "NewConnectionPool")
    public record NewPool(
            @Schema(required = true, minLength = 3, maxLength = 63, examples = "backend-pool") @Nullable
            String name,

            @Schema(
                    required = true,
                    enumeration = {"session", "transaction", "statement"})
            @Nullable
            String mode,

            @Schema(required = true, minimum = "1", examples = "10") @Nullable
            Integer size,

            @Schema(required = true, examples = "defaultdb") @Nullable
            String db,

            @Schema(
                    description = "Who alone may use the pool. Absent or empty: whoever may use the database, with a"
                            + " password of their own",
                    examples = "doadmin")
            @Nullable
            String user) {}

    @Schema(name = "ConnectionPoolChange")
    public record PoolChange(
            @Schema(
                    required = true,
                    enumeration = {"session", "transaction", "statement"})
            @Nullable
            String mode,

            @Schema(required = true, minimum = "1", examples = "10") @Nullable
            Integer size,

            @Schema(required = true, examples = "defaultdb") @Nullable
            String db,

            @Schema(description = "Absent: as before. Empty: whoever may use the database") @Nullable
            String user) {}

    static ApiException notFound() {
        return ApiException.notFound("pool not found");
    }

    /** @return its name */
    Uni<String> create(String clusterId, @Nullable NewPool wanted) {
        Problems problems = new Problems();
        if (wanted == null) {
            throw ApiException.unprocessable(
                    "name: is required; mode: is required; size: is required; db: is required");
        }
        PgNames.checkPool(problems, wanted.name(), SHORTEST_NAME);
        Form form = form(problems, wanted.mode(), wanted.size(), wanted.db());
        String name = Objects.requireNonNull(wanted.name(), "checked");
        return changes.change(clusterId, cluster -> {
            ConnectionPool pool = new ConnectionPool(
                    name,
                    form.mode(),
                    form.size(),
                    form.db(),
                    user(wanted.user()),
                    offers.require(cluster).address(cluster.id, name).orElse(null));
            List<ConnectionPool> pools = new ArrayList<>(ConnectionPool.of(cluster));
            Problems here = new Problems();
            here.check(!find(pools, pool.name()), "name", "pool " + pool.name() + " exists already");
            return put(cluster, here, pools, pool).replaceWith(name);
        });
    }

    Uni<Void> update(String clusterId, String name, @Nullable PoolChange wanted) {
        Form form = form(
                new Problems(),
                wanted == null ? null : wanted.mode(),
                wanted == null ? null : wanted.size(),
                wanted == null ? null : wanted.db());
        return changes.change(clusterId, cluster -> {
            List<ConnectionPool> pools = new ArrayList<>(ConnectionPool.of(cluster));
            ConnectionPool before = pools.stream()
                    .filter(pool -> pool.name().equals(name))
                    .findFirst()
                    .orElseThrow(Pools::notFound);
            String user = wanted == null || wanted.user() == null ? before.user() : user(wanted.user());
            return put(
                    cluster,
                    new Problems(),
                    pools,
                    new ConnectionPool(name, form.mode(), form.size(), form.db(), user, before.address()));
        });
    }

    Uni<Void> delete(String clusterId, String name) {
        return changes.change(clusterId, cluster -> {
            List<ConnectionPool> pools = new ArrayList<>(ConnectionPool.of(cluster));
            if (!pools.removeIf(pool -> pool.name().equals(name))) {
                throw notFound();
            }
            ConnectionPool.write(cluster, pools);
            return Uni.createFrom().voidItem();
        });
    }

    private static boolean find(List<ConnectionPool> pools, String name) {
        return pools.stream().anyMatch(pool -> pool.name().equals(name));
    }

    private static @Nullable String user(@Nullable String wanted) {
        return wanted == null || wanted.isEmpty() ? null : wanted;
    }

    private record Form(String mode, int size, String db) {}

    private static Form form(Problems problems, @Nullable String mode, @Nullable Integer size, @Nullable String db) {
        problems.check(mode != null && MODES.contains(mode), "mode", "must be one of " + String.join(", ", MODES));
        problems.check(size != null && size >= 1, "size", "must be a number of 1 or more");
        problems.check(db != null && !db.isEmpty(), "db", "is required");
        problems.throwIfAny();
        return new Form(Objects.requireNonNull(mode), Objects.requireNonNull(size), Objects.requireNonNull(db));
    }

    private Uni<Void> put(Cluster cluster, Problems problems, List<ConnectionPool> pools, ConnectionPool pool) {
        int others = pools.stream()
                .filter(other -> !other.name().equals(pool.name()))
                .mapToInt(ConnectionPool::size)
                .sum();
        DataPlane.Pooling offer = offers.require(cluster);
        offer.refusal(pool.planesMode()).ifPresent(why -> problems.check(false, "mode", why));
        offer.refusal(pool.db()).ifPresent(why -> problems.check(false, "db", why));
        Plan plan = engines.get(cluster.engine).stored(cluster.size);
        int budget = plan.poolConnections();
        problems.check(
                (long) others + pool.size() <= budget,
                "size",
                String.format(
                        Locale.ROOT,
                        "the pools of a cluster of the size %s may have %d server connections together (25 for each GiB"
                                + " of memory, less 3); the others have %d, so that %d are left",
                        cluster.size,
                        budget,
                        others,
                        Math.max(0, budget - others)));
        return database(cluster, pool.db())
                .invoke(database -> problems.check(
                        database != null && usable(cluster, database.state),
                        "db",
                        "the cluster has no database " + pool.db()))
                .chain(() -> pool.user() == null
                        ? Uni.createFrom().nullItem()
                        : user(cluster, pool.user())
                                .invoke(user -> problems.check(
                                        user != null && usable(cluster, user.state),
                                        "user",
                                        "the cluster has no user " + pool.user()
                                                + " that was made over this API; leave it empty for whoever comes")))
                .invoke(() -> {
                    problems.check(
                            pool.db().chars().noneMatch(Character::isISOControl),
                            "db",
                            "a database whose name has control characters cannot have a pool");
                    problems.throwIfAny();
                    if (find(pools, pool.name())) {
                        pools.replaceAll(other -> other.name().equals(pool.name()) ? pool : other);
                    } else {
                        pools.add(pool);
                    }
                    ConnectionPool.write(cluster, pools);
                })
                .replaceWithVoid();
    }

    /** Whether it stays is for its primary to say: what a pool of a read-only node works with has to be there already. */
    private static boolean usable(Cluster cluster, String state) {
        return cluster.replicaOf == null ? !state.equals(MemberState.REMOVING) : state.equals(MemberState.ACTIVE);
    }

    /** Users and databases of a read-only node are its primary's, which is not held: their rows are. */
    private static UUID inhabited(Cluster cluster) {
        return cluster.replicaOf == null ? cluster.id : cluster.replicaOf;
    }

    private static Uni<ClusterDatabase> database(Cluster cluster, String name) {
        return ClusterDatabase.<ClusterDatabase>find("cluster = ?1 and name = ?2", inhabited(cluster), name)
                .withLock(LockModeType.PESSIMISTIC_READ)
                .firstResult();
    }

    private static Uni<ClusterUser> user(Cluster cluster, String name) {
        return ClusterUser.<ClusterUser>find("cluster = ?1 and name = ?2", inhabited(cluster), name)
                .withLock(LockModeType.PESSIMISTIC_READ)
                .firstResult();
    }
}
