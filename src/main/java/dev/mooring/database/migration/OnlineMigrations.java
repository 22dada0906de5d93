package dev.mooring.database.migration;

import dev.mooring.access.Caller;
import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.ClusterId;
import dev.mooring.database.cluster.change.ClusterChanges;
import dev.mooring.database.cluster.change.ClusterQueue;
import dev.mooring.database.cluster.change.ClusterSpecs;
import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.home.Vault;
import dev.mooring.operation.OperationState;
import dev.mooring.operation.queue.Operations;
import dev.mooring.web.ApiException;
import dev.mooring.web.Formats;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Databases that come into a cluster from a server elsewhere, one migration at a time. */
@ApplicationScoped
public class OnlineMigrations {

    /** Who cannot be reached or holds nothing that fits is found out within that. */
    private static final Duration REFUSED_BY = Duration.ofSeconds(5);

    private static final Duration STOPPED_BY = Duration.ofSeconds(30);

    private final ClusterChanges changes;
    private final Operations operations;
    private final ClusterQueue queue;
    private final ClusterSpecs wishes;
    private final Vault vault;
    private final Caller caller;
    private final Pool pool;

    OnlineMigrations(
            ClusterChanges changes,
            Operations operations,
            ClusterQueue queue,
            ClusterSpecs wishes,
            Vault vault,
            Caller caller,
            Pool pool) {
        this.changes = changes;
        this.operations = operations;
        this.queue = queue;
        this.wishes = wishes;
        this.vault = vault;
        this.caller = caller;
        this.pool = pool;
    }

    /** What it may not meet: the schema would change under the other's hands. Fails with 412. */
    public static void requireNone(Cluster cluster) {
        if (cluster.migration != null) {
            throw new ApiException(
                    412,
                    "databases are being brought in from another server: stop the online migration " + cluster.migration
                            + " first");
        }
    }

    /**
     * @param password in the clear
     * @return the migration; fails with 404, 412 while something else is under way, or 422 when the source cannot be used
     */
    Uni<OnlineMigrationView> start(String id, ClusterSpec.Source source, String password) {
        Executor there = there();
        return Panache.withTransaction(() -> changes.lock(id)
                        .invoke(ClusterChanges::requireOnline)
                        .invoke(OnlineMigrations::requireNone)
                        .chain(cluster -> operations
                                .unfinishedChange(cluster.id)
                                .onItem()
                                .ifNotNull()
                                .failWith(ApiException::busy)
                                .chain(() -> queue(cluster, source, password))))
                .chain(operation -> operations.await(operation, REFUSED_BY).emitOn(there))
                .chain(operation -> {
                    if (operation.state() == OperationState.FAILED) {
                        throw ApiException.unprocessable(operation.error());
                    }
                    return latest(id);
                });
    }

    private Uni<UUID> queue(Cluster cluster, ClusterSpec.Source source, String password) {
        ClusterSpec.Source sealed = new ClusterSpec.Source(
                source.host(),
                source.port(),
                source.database(),
                source.user(),
                vault.seal(password),
                source.tls(),
                source.ignored());
        return wishes.of(cluster)
                .map(wish -> wish.withSource(sealed))
                .chain(wish -> queue.shared(Change.MIGRATE, cluster, wish))
                .invoke(operation -> cluster.migration = operation)
                .call(operation -> Panache.getSession()
                        .chain(session -> session.createNativeQuery(
                                        "insert into online_migration (id, cluster, status) values (:id, :cluster, 'running')")
                                .setParameter("id", operation)
                                .setParameter("cluster", cluster.id)
                                .executeUpdate()));
    }

    /** The newest of the caller's cluster; fails with 404. */
    Uni<OnlineMigrationView> latest(String cluster) {
        return pool.preparedQuery(
                        "select m.id, m.status, m.created_at, o.error, o.facts from online_migration m"
                                + " join cluster c on c.id = m.cluster left join operation o on o.id = m.id"
                                + " where c.id = $1 and c.team = $2 and c.deleted_at is null order by m.created_at desc limit 1")
                .execute(Tuple.of(ClusterId.parse(cluster), caller.team()))
                .map(OnlineMigrations::one);
    }

    private static OnlineMigrationView one(RowSet<Row> rows) {
        if (rows.rowCount() == 0) {
            throw ApiException.notFound("online migration not found");
        }
        Row row = rows.iterator().next();
        return new OnlineMigrationView(
                row.getUUID("id"),
                row.getString("status"),
                Formats.time(row.getOffsetDateTime("created_at")),
                row.getString("error"),
                list(row, "left_out"),
                list(row, "loose"),
                list(row, "differences"));
    }

    /** Of the operation's facts. */
    private static @Nullable List<String> list(Row row, String name) {
        JsonObject facts = row.getJsonObject("facts");
        JsonArray entries = facts == null ? null : facts.getJsonArray(name);
        return entries == null || entries.isEmpty()
                ? null
                : entries.stream().map(String.class::cast).toList();
    }

    /** What has come completely stays, else nothing does. Answers when it has ended; fails with 404. */
    Uni<Void> stop(String cluster, String migration) {
        Executor there = there();
        return latest(cluster).chain(latest -> {
            if (!latest.id().toString().equals(migration)) {
                throw ApiException.notFound("online migration not found");
            }
            return operations
                    .cancel(latest.id())
                    .chain(() -> operations.await(latest.id(), STOPPED_BY).emitOn(there))
                    .invoke(operation -> {
                        if (!operation.state().ended()) {
                            throw new ApiException(
                                    412,
                                    "the migration has not ended yet; it goes on by itself, do not use the cluster before"
                                            + " it is done");
                        }
                    })
                    .replaceWithVoid();
        });
    }

    /** Operations end on other threads; sessions live on the context of the request. */
    private static Executor there() {
        Context request = Vertx.currentContext();
        return command -> request.runOnContext(nothing -> command.run());
    }
}
