package dev.mooring.database.migration;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.facts.MigrationFacts;
import dev.mooring.operation.OperationState;
import dev.mooring.operation.Outcome;
import dev.mooring.operation.OutcomeHandler;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Set;
import java.util.UUID;

/** What becomes of the rows while databases come in from elsewhere. */
@ApplicationScoped
class MigrationOutcomeHandler implements OutcomeHandler {

    private static final Set<String> SYNCING = Set.of("SYNC", "FINISH");

    @Override
    public Set<String> kinds() {
        return Set.of(Change.MIGRATE.kind());
    }

    @Override
    public Uni<Void> write(SqlConnection tx, Outcome outcome) {
        UUID cluster = outcome.operation().subject();
        return tx.preparedQuery("select from cluster where id = $1 for update")
                .execute(Tuple.of(cluster))
                .chain(rows -> rows.rowCount() == 0 ? Uni.createFrom().voidItem() : write(tx, cluster, outcome));
    }

    private static Uni<Void> write(SqlConnection tx, UUID cluster, Outcome outcome) {
        String status = status(outcome);
        MigrationFacts facts = (MigrationFacts) outcome.facts();
        Uni<Void> written = tx.preparedQuery("update online_migration set status = $2 where id = $1")
                .execute(Tuple.of(outcome.operation().id(), status))
                .replaceWithVoid();
        if (facts.complete() || facts.tables() > 0) {
            written = written.chain(() -> tx.preparedQuery(
                            "insert into cluster_database (cluster, name, position, state, revision)"
                                    + " select $1, name, 1000 + position, 'active', 1 from unnest($2::text[])"
                                    + " with ordinality as d (name, position) on conflict do nothing")
                    .execute(Tuple.of(cluster, facts.databases().toArray(String[]::new)))
                    .replaceWithVoid());
        }
        UUID unfinished = outcome.state().ended() ? null : outcome.operation().id();
        return written.chain(() -> tx.preparedQuery("update cluster set migration = $2 where id = $1")
                .execute(Tuple.of(cluster, unfinished))
                .replaceWithVoid());
    }

    private static String status(Outcome outcome) {
        if (!outcome.state().ended()) {
            return SYNCING.contains(outcome.step()) ? "syncing" : "running";
        }
        return outcome.state() == OperationState.DONE
                ? "done"
                : outcome.state() == OperationState.CANCELLED ? "canceled" : "error";
    }
}
