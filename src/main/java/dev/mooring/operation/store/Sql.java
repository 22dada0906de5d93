package dev.mooring.operation.store;

import dev.mooring.operation.Operation;
import io.smallrye.mutiny.Uni;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.RowSet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the statements on the operation table have in common. */
final class Sql {

    private Sql() {}

    static @Nullable Object json(@Nullable String text) {
        return text == null ? null : new JsonObject(text);
    }

    static Uni<List<Operation>> rows(Uni<RowSet<io.vertx.mutiny.sqlclient.Row>> query) {
        return query.map(rows -> {
            List<Operation> operations = new ArrayList<>(rows.rowCount());
            rows.forEach(row -> operations.add(Operation.of(row)));
            return operations;
        });
    }

    static Uni<Operation> first(Uni<RowSet<io.vertx.mutiny.sqlclient.Row>> query) {
        return rows(query).map(list -> list.isEmpty() ? null : list.getFirst());
    }

    /** As PostgreSQL's interval: the driver's own type wants fields that a Duration does not have. */
    static io.vertx.pgclient.data.Interval seconds(Duration duration) {
        return io.vertx.pgclient.data.Interval.of(duration);
    }
}
