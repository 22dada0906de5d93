package dev.mooring.app.binding;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.operation.OperationState;
import dev.mooring.operation.Outcome;
import dev.mooring.operation.OutcomeHandler;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Set;
import java.util.UUID;

/** Specs of apps say which version their databases have: they follow an upgrade. */
@ApplicationScoped
class SpecVersions implements OutcomeHandler {

    /** Of the dev database's app, and of those that have the cluster by its name. */
    private static final String APPS =
            "select a.id, a.spec, c.name, case when c.app = a.id then c.component end as component"
                    + " from cluster c join app a on a.team = c.team and a.deleted_at is null"
                    + " and (c.app = a.id or (c.app is null and strpos(a.spec, c.name) > 0)) where c.id = $1 for update of a";

    @Override
    public Set<String> kinds() {
        return Set.of(Change.UPGRADE.kind(), Change.UNDO_UPGRADE.kind());
    }

    @Override
    public Uni<Void> write(SqlConnection tx, Outcome outcome) {
        if (outcome.state() != OperationState.DONE) {
            return Uni.createFrom().voidItem();
        }
        String version = ((ClusterSpec) outcome.wish()).version();
        return tx.preparedQuery(APPS)
                .execute(Tuple.of(outcome.operation().subject()))
                .chain(rows -> {
                    Uni<Void> all = Uni.createFrom().voidItem();
                    for (Row row : rows) {
                        String spec = follow(row, version);
                        if (!spec.equals(row.getString("spec"))) {
                            UUID app = row.getUUID("id");
                            all = all.chain(
                                    () -> tx.preparedQuery("update app set spec = $2, updated_at = now() where id = $1")
                                            .execute(Tuple.of(app, spec))
                                            .replaceWithVoid());
                        }
                    }
                    return all;
                });
    }

    private static String follow(Row row, String version) {
        String component = row.getString("component");
        return SpecDatabases.edit(
                row.getUUID("id"),
                row.getString("spec"),
                // Who never named a version did not mean any.
                database -> database.hasNonNull("version")
                        && (component != null
                                ? SpecDatabases.named(database, component) && !SpecDatabases.managed(database)
                                : row.getString("name")
                                        .equals(database.path("cluster_name").asText())),
                database -> database.put("version", version));
    }
}
