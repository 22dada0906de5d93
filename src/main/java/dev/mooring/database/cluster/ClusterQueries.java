package dev.mooring.database.cluster;

import dev.mooring.access.Caller;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowIterator;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.UUID;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** Reads clusters for the caller, past the object mapper: these are the hottest questions. */
@ApplicationScoped
public class ClusterQueries {

    private final Pool pool;
    private final Caller caller;

    ClusterQueries(Pool pool, Caller caller) {
        this.pool = pool;
        this.caller = caller;
    }

    /** Fails with 404. */
    public Uni<ClusterSnapshot> find(String id) {
        UUID uuid = ClusterId.parse(id);
        return pool.preparedQuery(ClusterSnapshot.SELECT + " and c.id = $1 and c.team = $2")
                .execute(Tuple.of(uuid, caller.team()))
                .map(rows -> {
                    if (rows.rowCount() == 0) {
                        throw ClusterId.notFound();
                    }
                    return ClusterSnapshot.of(rows.iterator().next());
                });
    }

    /** The id of the one of that name, which a team has once; null when there is none. Those of apps have no such names. */
    Uni<UUID> named(String name) {
        return pool.preparedQuery(
                        "select id from cluster where team = $1 and name = $2 and deleted_at is null and app is null")
                .execute(Tuple.of(caller.team(), name))
                .map(rows -> {
                    RowIterator<Row> found = rows.iterator();
                    return found.hasNext() ? found.next().getUUID(0) : null;
                });
    }

    /** What names a cluster, as an id: itself where it is one already, and where nothing has the name. */
    public Uni<String> resolve(String idOrName) {
        return ClusterId.isId(idOrName)
                ? Uni.createFrom().item(idOrName)
                : named(idOrName).map(id -> id == null ? idOrName : id.toString());
    }

    /**
     * Managed ones, oldest first.
     *
     * @param tag null for all
     */
    public Uni<List<ClusterSnapshot>> list(@Nullable String tag) {
        return pool.preparedQuery(ClusterSnapshot.SELECT
                        + " and c.team = $1 and c.app is null and c.replica_of is null and ($2::text is null or exists"
                        + " (select from tag_resource t where t.team = $1 and t.tag = $2"
                        + " and t.resource_type = 'database' and t.resource_id = c.id::text))"
                        + " order by c.created_at, c.id")
                .execute(Tuple.of(caller.team(), tag))
                .map(rows -> StreamSupport.stream(rows.spliterator(), false)
                        .map(ClusterSnapshot::of)
                        .toList());
    }

    /** The read-only nodes of a cluster, oldest first. */
    public Uni<List<ClusterSnapshot>> replicas(UUID cluster) {
        return pool.preparedQuery(
                        ClusterSnapshot.SELECT + " and c.team = $1 and c.replica_of = $2 order by c.created_at, c.id")
                .execute(Tuple.of(caller.team(), cluster))
                .map(rows -> StreamSupport.stream(rows.spliterator(), false)
                        .map(ClusterSnapshot::of)
                        .toList());
    }

    /** The mark of the caller's cluster: the same as long as nothing that a client sees has changed. Fails with 404. */
    public Uni<Long> mark(UUID id) {
        return pool.preparedQuery("select mark from cluster where id = $1 and team = $2 and deleted_at is null")
                .execute(Tuple.of(id, caller.team()))
                .map(rows -> {
                    if (rows.rowCount() == 0) {
                        throw ClusterId.notFound();
                    }
                    return rows.iterator().next().getLong(0);
                });
    }
}
