package dev.mooring.database.cluster.change;

import dev.mooring.access.Caller;
import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.ClusterId;
import dev.mooring.database.cluster.FirewallRule;
import dev.mooring.dataplane.Change;
import dev.mooring.operation.Conflict;
import dev.mooring.operation.Operation;
import dev.mooring.operation.queue.Operations;
import dev.mooring.web.ApiException;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The one way to change a cluster that runs: the rows and the operation that makes them real are written together, and the
 * answer waits until they are. After a failure what the change had written is taken back, so rows and reality agree.
 */
@ApplicationScoped
public class ClusterChanges {

    /** The operation goes on by itself after that, and nobody has been promised anything. */
    private static final Duration ANSWER_BY = Duration.ofSeconds(30);

    private static final int PRECONDITION_FAILED = 412;

    private static final String REMEMBER =
            "insert into cluster_change (cluster, revision, config, service_cnames, rules, synchronous_archive, name, app,"
                    + " component, size, storage_size_mib, num_nodes, retention_hours, pools)"
                    + " select id, :revision, config, service_cnames, :rules, synchronous_archive, name, app, component,"
                    + " size, storage_size_mib, num_nodes, retention_hours, pools from cluster where id = :cluster"
                    + " on conflict (cluster) do update set revision = excluded.revision, config = excluded.config,"
                    + " service_cnames = excluded.service_cnames, rules = excluded.rules,"
                    + " synchronous_archive = excluded.synchronous_archive, name = excluded.name, app = excluded.app,"
                    + " component = excluded.component, size = excluded.size,"
                    + " storage_size_mib = excluded.storage_size_mib, num_nodes = excluded.num_nodes,"
                    + " retention_hours = excluded.retention_hours, pools = excluded.pools";

    private final Operations operations;
    private final ClusterQueue queue;
    private final ClusterSpecs wishes;
    private final Caller caller;
    private final Clock clock;

    ClusterChanges(Operations operations, ClusterQueue queue, ClusterSpecs wishes, Caller caller, Clock clock) {
        this.operations = operations;
        this.queue = queue;
        this.wishes = wishes;
        this.caller = caller;
        this.clock = clock;
    }

    /** The team's cluster, locked until the transaction ends; fails with 404. */
    public Uni<Cluster> lock(UUID team, String id) {
        return Cluster.<Cluster>find("id = ?1 and team = ?2 and deletedAt is null", ClusterId.parse(id), team)
                .withLock(LockModeType.PESSIMISTIC_WRITE)
                .firstResult()
                .onItem()
                .ifNull()
                .failWith(ClusterId::notFound);
    }

    /** The caller's cluster as it is; fails with 404. */
    public Uni<Cluster> find(String id) {
        return find(caller.team(), id);
    }

    /** The team's cluster as it is; fails with 404. */
    public Uni<Cluster> find(UUID team, String id) {
        return Cluster.<Cluster>find("id = ?1 and team = ?2 and deletedAt is null", ClusterId.parse(id), team)
                .firstResult()
                .onItem()
                .ifNull()
                .failWith(ClusterId::notFound);
    }

    public Uni<Cluster> lock(String id) {
        return lock(caller.team(), id);
    }

    private Uni<Cluster> lockOnline(UUID team, String id) {
        return lock(team, id).invoke(ClusterChanges::requireOnline);
    }

    public static void requireOnline(Cluster cluster) {
        if (cluster.status.equals(Cluster.ONLINE)) {
            return;
        }
        if (cluster.failure != null) {
            throw new ApiException(
                    412, "the cluster is not usable: " + cluster.failure + " It can be deleted at any time.");
        }
        throw ApiException.busy();
    }

    /**
     * Changes the caller's cluster and waits until the change is real.
     *
     * @param edit writes the rows; the cluster's revision has been raised for it already
     * @return what the edit returned; fails with 404, 412 while something else is under way, sessions of users are in the way
     *     or it is not in force in time, or 422 when it was refused
     */
    public <T> Uni<T> change(String id, Function<Cluster, Uni<T>> edit) {
        return change(caller.team(), id, edit);
    }

    /** The same, with an answer that tells of the operation too. */
    public <T, R> Uni<R> change(String id, Function<Cluster, Uni<T>> edit, BiFunction<Operation, T, R> told) {
        return change(caller.team(), id, edit, told);
    }

    /** The same for whoever has no caller. On a Vert.x context. */
    public <T> Uni<T> change(UUID team, String id, Function<Cluster, Uni<T>> edit) {
        return change(team, id, edit, (operation, result) -> result);
    }

    private <T, R> Uni<R> change(
            UUID team, String id, Function<Cluster, Uni<T>> edit, BiFunction<Operation, T, R> told) {
        // Operations end on other threads; sessions live on the context of the request.
        Context request = Vertx.currentContext();
        Executor there = command -> request.runOnContext(nothing -> command.run());
        return attempt(team, id, edit, told, clock.instant().plus(ANSWER_BY), there);
    }

    /**
     * Asks for a change and does not wait for it, for an operation that must not wait in its slot. On a Vert.x context.
     *
     * @return the operation; see {@link #answer} for how it ends. Fails with 412 while something else is under way
     */
    public Uni<UUID> ask(UUID team, String id, Function<Cluster, Uni<Void>> edit) {
        return Panache.withTransaction(() ->
                        lockOnline(team, id).chain(cluster -> begin(cluster, Change.APPLY, () -> edit.apply(cluster))))
                .map(Queued::operation)
                .onFailure(Conflict.class)
                .transform(conflict -> ApiException.busy());
    }

    /** Whether what was asked for is in force; false before it has ended. Fails like {@link #answer}. */
    public Uni<Boolean> inForce(UUID operation) {
        // One that is not there any more has ended long ago.
        return operations
                .find(operation)
                .map(found -> found == null || found.state().ended() && answer(found, true));
    }

    /** The change that is being made; null when none is. */
    public Uni<UUID> changing(UUID cluster) {
        return operations
                .unfinishedChange(cluster)
                .map(found -> found != null && found.kind().equals(Change.APPLY.kind()) ? found.id() : null);
    }

    private <T, R> Uni<R> attempt(
            UUID team,
            String id,
            Function<Cluster, Uni<T>> edit,
            BiFunction<Operation, T, R> told,
            Instant by,
            Executor there) {
        return Panache.withTransaction(() ->
                        lockOnline(team, id).chain(cluster -> begin(cluster, Change.APPLY, () -> edit.apply(cluster))))
                .chain(queued -> operations
                        .await(queued.operation(), ANSWER_BY)
                        .emitOn(there)
                        .map(ended -> told.apply(ended, answer(ended, queued.result()))))
                .onFailure(Conflict.class)
                .recoverWithUni(() -> afterOther(ClusterId.parse(id), by)
                        .emitOn(there)
                        .chain(() -> attempt(team, id, edit, told, by, there)));
    }

    /**
     * In the caller's transaction, which holds the cluster's row: writes a change and queues the program that makes it real.
     *
     * @param edit writes the rows; the cluster's revision has been raised for it already
     * @return what the edit returned, and the operation; fails with a {@link Conflict} while something else is under way
     */
    public <T> Uni<Queued<T>> begin(Cluster cluster, Change change, Supplier<Uni<T>> edit) {
        cluster.revision++;
        cluster.appNetworks = wishes.appNetworks();
        return remember(cluster)
                .chain(() -> edit.get())
                .chain(result -> Panache.flush()
                        .chain(() -> wishes.of(cluster))
                        .chain(wish -> queue.change(change, cluster, wish))
                        .map(operation -> new Queued<>(result, operation)));
    }

    public record Queued<T>(T result, UUID operation) {}

    /** Success is only said of what is in force. */
    static <T> T answer(Operation operation, T result) {
        return switch (operation.state()) {
            case DONE -> result;
            case FAILED ->
                throw operation.facts() != null
                                && Boolean.TRUE.equals(operation.facts().getBoolean("in_the_way"))
                        ? new ApiException(PRECONDITION_FAILED, operation.error())
                        : ApiException.unprocessable(operation.error());
            case CANCELLED ->
                throw new ApiException(PRECONDITION_FAILED, "the change was cancelled; nothing was changed");
            case QUEUED, RUNNING ->
                throw new ApiException(
                        PRECONDITION_FAILED,
                        "the change is not in force yet after " + ANSWER_BY.toSeconds() + " s"
                                + (operation.why() == null ? "" : " (" + operation.why() + ")")
                                + "; it goes on by itself, and /mooring/v1/operations/" + operation.id()
                                + " says how it ends");
        };
    }

    /** A change of the same kind takes milliseconds: it is waited for. Everything else makes the cluster busy. */
    private Uni<Void> afterOther(UUID cluster, Instant by) {
        return operations.unfinishedChange(cluster).chain(other -> {
            if (other == null) {
                return Uni.createFrom().voidItem();
            }
            if (!other.kind().equals(Change.APPLY.kind()) || clock.instant().isAfter(by)) {
                throw ApiException.busy();
            }
            return operations.await(other.id(), ANSWER_BY).replaceWithVoid();
        });
    }

    /** Keeps what the data plane's refusal would have to bring back. */
    private Uni<Void> remember(Cluster cluster) {
        return FirewallRule.<FirewallRule>list("cluster = ?1 order by position", cluster.id)
                .map(this::rulesJson)
                .chain(rules -> Panache.getSession()
                        .chain(session -> session.createNativeQuery(REMEMBER)
                                .setParameter("cluster", cluster.id)
                                .setParameter("revision", cluster.revision)
                                .setParameter("rules", rules)
                                .executeUpdate()))
                .replaceWithVoid();
    }

    private String rulesJson(List<FirewallRule> rules) {
        return wishes.json(rules.stream()
                .map(rule -> new StoredRule(
                        rule.id, rule.position, rule.type, rule.value, rule.description, rule.createdAt.toString()))
                .toList());
    }

    /** Columns of firewall_rule under their own names: PostgreSQL reads it back. */
    @RegisterForReflection
    private record StoredRule(UUID id, int position, String type, String value, String description, String createdAt) {}
}
