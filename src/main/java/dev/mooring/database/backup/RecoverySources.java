package dev.mooring.database.backup;

import dev.mooring.database.cluster.ClusterId;
import dev.mooring.web.ApiException;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.UUID;

/** Finds what can be recovered. */
@ApplicationScoped
public class RecoverySources {

    private final Pool pool;

    RecoverySources(Pool pool) {
        this.pool = pool;
    }

    /** By id, also one that has been deleted; fails with 404. */
    public Uni<RecoverySource> find(UUID team, UUID id) {
        return pool.preparedQuery(RecoverySource.SELECT + " where team = $1 and id = $2")
                .execute(Tuple.of(team, id))
                .map(rows -> first(rows, ClusterId.notFound()));
    }

    /**
     * By the id of any cluster, or by the name of a managed one: those of dev databases are not unique. An id goes before a name
     * that looks like it, a cluster that is there before those that were deleted, and of these the last. Fails with 422.
     */
    public Uni<RecoverySource> named(UUID team, String nameOrId) {
        return pool.preparedQuery(RecoverySource.SELECT
                        + " where team = $1 and (id::text = lower($2) or (name = $2 and app is null))"
                        + " order by id::text = lower($2) desc, deleted_at desc nulls first limit 1")
                .execute(Tuple.of(team, nameOrId))
                .map(rows -> first(
                        rows,
                        ApiException.unprocessable("backup_restore.database_name: there is no cluster named " + nameOrId
                                + ", nor the archive of one")));
    }

    private static RecoverySource first(RowSet<io.vertx.mutiny.sqlclient.Row> rows, ApiException missing) {
        if (rows.rowCount() == 0) {
            throw missing;
        }
        return RecoverySource.of(rows.iterator().next());
    }
}
