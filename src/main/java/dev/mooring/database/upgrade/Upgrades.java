package dev.mooring.database.upgrade;

import dev.mooring.access.Caller;
import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.change.ClusterChanges;
import dev.mooring.database.cluster.change.ClusterPlanes;
import dev.mooring.database.cluster.change.ClusterQueue;
import dev.mooring.database.cluster.change.ClusterSpecs;
import dev.mooring.database.migration.OnlineMigrations;
import dev.mooring.database.placement.Nodes;
import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.UpgradeFacts;
import dev.mooring.engine.EngineCatalog;
import dev.mooring.operation.Conflict;
import dev.mooring.operation.Operation;
import dev.mooring.operation.queue.Operations;
import dev.mooring.web.ApiException;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** New versions of the server: minor ones, major ones, and the way back. */
@ApplicationScoped
public class Upgrades {

    private static final Duration CHECK_LIMIT = Duration.ofSeconds(55);

    private final Operations operations;
    private final ClusterQueue queue;
    private final ClusterChanges changes;
    private final ClusterSpecs wishes;
    private final ClusterPlanes planes;
    private final EngineCatalog engines;
    private final Nodes nodes;
    private final Caller caller;

    Upgrades(
            Operations operations,
            ClusterQueue queue,
            ClusterChanges changes,
            ClusterSpecs wishes,
            ClusterPlanes planes,
            EngineCatalog engines,
            Nodes nodes,
            Caller caller) {
        this.operations = operations;
        this.queue = queue;
        this.changes = changes;
        this.wishes = wishes;
        this.planes = planes;
        this.engines = engines;
        this.nodes = nodes;
        this.caller = caller;
    }

    /**
     * @param version major
     * @param method null for what fits
     * @param endTransactions whether to end transactions that have been open for long, rather than wait for them
     */
    public record Wanted(
            @Nullable String version, UpgradeFacts.@Nullable Method method, int undoHours, boolean endTransactions) {}

    /**
     * Looks for what stands in the way, then queues the upgrade.
     *
     * @return the operation; fails with 404, 412 while something else is under way, or 422 with everything in the way
     */
    public Uni<UUID> upgrade(String id, Wanted wanted) {
        return check(caller.team(), id, wanted)
                .chain(() -> queue(caller.team(), id, Change.UPGRADE, true, cluster -> begin(cluster, wanted)));
    }

    /** Changes nothing; fails with 404, 412 while something else is under way, or 422 with everything in the way. */
    public Uni<Void> check(UUID team, String id, Wanted wanted) {
        return checked(team, id, wanted).replaceWithVoid();
    }

    /**
     * The same.
     *
     * @return the check, which has found nothing
     */
    Uni<Operation> checked(UUID team, String id, Wanted wanted) {
        Context request = Vertx.currentContext();
        Executor there = command -> request.runOnContext(nothing -> command.run());
        return Panache.withSession(() -> changes.find(team, id))
                .chain(cluster -> nodes.versions(cluster.engine))
                .chain(majors -> {
                    if (!majors.contains(wanted.version())) {
                        throw ApiException.unprocessable("version: must be one of " + String.join(", ", majors));
                    }
                    return queue(team, id, Change.CHECK_UPGRADE, false, cluster -> wish(cluster, wanted));
                })
                .chain(check -> operations
                        .await(check, CHECK_LIMIT)
                        .emitOn(there)
                        .chain(this::refuseBlockers)
                        // A check that nobody waits for any more ends.
                        .onFailure(failure -> !(failure instanceof ApiException))
                        .call(() -> operations.cancel(check))
                        .onCancellation()
                        .call(() -> operations.cancel(check)));
    }

    private Uni<ClusterSpec> begin(Cluster cluster, Wanted wanted) {
        return wish(cluster, wanted).invoke(wish -> {
            // Clients read the cluster right after this: it is the version that is wanted from now on.
            cluster.version = Objects.requireNonNull(wanted.version(), "checked");
            cluster.status = Cluster.MIGRATING;
            cluster.previousVersion = null;
            cluster.undoUntil = null;
        });
    }

    /**
     * In the caller's transaction, which holds the cluster's row: the upgrade that waits for a conversion.
     *
     * @return null while the conversion goes on
     */
    Uni<UUID> wanted(Cluster cluster) {
        return operations.unfinishedChange(cluster.id).chain(other -> {
            if (other != null) {
                return Uni.createFrom().nullItem();
            }
            Wanted wanted = new Wanted(cluster.wantedVersion, null, UpgradeResource.UNDO_HOURS, false);
            cluster.wantedVersion = null;
            return queue(cluster, Change.UPGRADE, true, locked -> begin(locked, wanted));
        });
    }

    /** @return the check itself, which found nothing in the way */
    private Uni<Operation> refuseBlockers(Operation check) {
        return switch (check.state()) {
            case DONE -> Uni.createFrom().item(check);
            case FAILED -> Uni.createFrom().failure(ApiException.unprocessable(check.error()));
            case CANCELLED ->
                Uni.createFrom()
                        .failure(ApiException.unprocessable("the check before the upgrade was cancelled: see operation "
                                + check.id() + ". Nothing was changed."));
            case QUEUED, RUNNING ->
                operations.cancel(check.id()).map(cancelled -> {
                    throw ApiException.unprocessable("the check before the upgrade did not end within "
                            + CHECK_LIMIT.toSeconds() + " s and was given up"
                            + (check.why() == null ? "" : " (" + check.why() + ")") + ": see operation " + check.id());
                });
        };
    }

    private Uni<ClusterSpec> wish(Cluster cluster, Wanted wanted) {
        OnlineMigrations.requireNone(cluster);
        if (engines.get(cluster.engine).versions().compare(wanted.version(), cluster.version) <= 0) {
            throw ApiException.unprocessable(
                    "version: must be higher than " + cluster.version + ", which the cluster has");
        }
        return refuseFollowed(cluster)
                .chain(() -> wishes.of(cluster))
                .map(wish -> wish.withVersion(wanted.version())
                        .withUpgrade(new ClusterSpec.Upgrade(
                                cluster.version,
                                wanted.method(),
                                wanted.undoHours(),
                                false,
                                wanted.endTransactions())));
    }

    private Uni<Void> refuseFollowed(Cluster cluster) {
        if (planes.get(cluster.plane).upgradesFollowers()) {
            return Uni.createFrom().voidItem();
        }
        return Cluster.followers(cluster.id)
                .invoke(followers -> {
                    if (!followers.isEmpty()) {
                        throw ApiException.unprocessable(
                                "the cluster has read-only nodes, which do not come along to another"
                                        + " major version on the data plane " + cluster.plane + ": delete or promote "
                                        + String.join(", ", followers) + " first, and create them again afterwards");
                    }
                })
                .replaceWithVoid();
    }

    /**
     * Fails with 412 when there is nothing to go back to.
     *
     * @param discard whether what was written since may be lost
     * @param endTransactions whether to end transactions that have been open for long, rather than wait for them
     */
    public Uni<UUID> undo(String id, boolean discard, boolean endTransactions) {
        return queue(caller.team(), id, Change.UNDO_UPGRADE, true, cluster -> {
            OnlineMigrations.requireNone(cluster);
            if (cluster.previousVersion == null) {
                throw new ApiException(
                        412, "there is no upgrade of the cluster that could be undone, or the time for that is over");
            }
            String newer = cluster.version;
            cluster.version = cluster.previousVersion;
            cluster.status = Cluster.MIGRATING;
            return wishes.of(cluster)
                    .map(wish -> wish.withUpgrade(new ClusterSpec.Upgrade(newer, null, 0, discard, endTransactions)));
        });
    }

    public Uni<UUID> installUpdate(String id) {
        return queue(caller.team(), id, Change.INSTALL_UPDATE, true, wishes::of);
    }

    private Uni<UUID> queue(
            UUID team, String id, Change change, boolean alone, Function<Cluster, Uni<ClusterSpec>> wish) {
        return Panache.withTransaction(() -> changes.lock(team, id)
                        .invoke(cluster -> this.queue.require(change, cluster))
                        .invoke(ClusterChanges::requireOnline)
                        .chain(cluster -> queue(cluster, change, alone, wish)))
                .onFailure(Conflict.class)
                .transform(other -> ApiException.busy());
    }

    /** In the caller's transaction, which holds the cluster's row. */
    public Uni<UUID> queue(Cluster cluster, Change change, boolean alone, Function<Cluster, Uni<ClusterSpec>> wish) {
        return wish.apply(cluster)
                .chain(asked -> Panache.flush()
                        .chain(() ->
                                alone ? queue.change(change, cluster, asked) : queue.shared(change, cluster, asked)));
    }
}
