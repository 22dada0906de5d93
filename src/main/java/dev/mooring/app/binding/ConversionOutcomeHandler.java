package dev.mooring.app.binding;

import dev.mooring.dataplane.Change;
import dev.mooring.operation.OperationState;
import dev.mooring.operation.Outcome;
import dev.mooring.operation.OutcomeHandler;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * A dev database that could not be converted still is one: its app's spec says so again. Else the next deployment would look for
 * a cluster that does not exist, and would not know the dev database any more.
 */
@ApplicationScoped
class ConversionOutcomeHandler implements OutcomeHandler {

    private static final String APP =
            "select a.id, a.spec, coalesce(c.component, c.former_component) as component from cluster c"
                    + " join app a on a.id = coalesce(c.app, c.former_app) where c.id = $1 for update of a";

    @Override
    public Set<String> kinds() {
        return Set.of(Change.CONVERT.kind());
    }

    @Override
    public Uni<Void> write(SqlConnection tx, Outcome outcome) {
        if (!outcome.state().ended() || outcome.state() == OperationState.DONE) {
            return Uni.createFrom().voidItem();
        }
        return tx.preparedQuery(APP)
                .execute(Tuple.of(outcome.operation().subject()))
                .chain(rows -> rows.rowCount() == 0
                        ? Uni.createFrom().voidItem()
                        : putBack(tx, rows.iterator().next()));
    }

    private static Uni<Void> putBack(SqlConnection tx, Row row) {
        UUID app = row.getUUID("id");
        String spec = SpecDatabases.edit(
                app,
                row.getString("spec"),
                database ->
                        SpecDatabases.named(database, row.getString("component")) && SpecDatabases.managed(database),
                database -> database.without(List.of("production", "cluster_name", "db_name", "db_user")));
        return tx.preparedQuery("update app set spec = $2, updated_at = now() where id = $1")
                .execute(Tuple.of(app, spec))
                .replaceWithVoid();
    }
}
