package dev.mooring.operation.store;

import dev.mooring.operation.Operation;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What has moved in the operation table, whoever has moved it. */
@ApplicationScoped
public class MoveStore {

    /**
     * Transactions are numbered as they begin and end in any order: what had not ended when this was asked has a number from the
     * mark on, so who asks again from there misses nothing, and may be told twice. Served by operation_due and
     * operation_finished.
     */
    private static final String SINCE =
            "select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as mark, o.moved, o."
                    + Operation.COLUMNS.replace(", ", ", o.")
                    + " from (select) as always left join operation o on o.moved >= $1"
                    + " and (o.finished_at is null or o.finished_at > now() - $2::interval) order by o.moved, o.created_at";

    private final Pool pool;

    MoveStore(Pool pool) {
        this.pool = pool;
    }

    /** @param number grows with each move of the operation */
    public record Moved(long number, Operation operation) {}

    /**
     * @param from the mark that it was asked for with
     * @param mark where to go on from
     */
    public record Batch(long from, long mark, List<Moved> moved) {}

    /**
     * @param mark of the batch before; 0 for everything
     * @param lately how far back something that has ended counts
     */
    public Uni<Batch> since(long mark, Duration lately) {
        return pool.preparedQuery(SINCE)
                .execute(Tuple.of(mark, Sql.seconds(lately)))
                .map(rows -> {
                    List<Moved> moved = new ArrayList<>();
                    long next = 0;
                    for (Row row : rows) {
                        next = row.getLong("mark");
                        if (row.getUUID("id") != null) {
                            moved.add(new Moved(row.getLong("moved"), Operation.of(row)));
                        }
                    }
                    return new Batch(mark, next, moved);
                });
    }
}
