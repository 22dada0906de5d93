package dev.mooring.database.backup;

import dev.mooring.database.event.ClusterEvent;
import dev.mooring.database.event.ClusterEvents;
import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.facts.BackupFacts;
import dev.mooring.operation.OperationState;
import dev.mooring.operation.Outcome;
import dev.mooring.operation.OutcomeHandler;
import io.smallrye.mutiny.Uni;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.OffsetDateTime;
import java.util.Set;
import java.util.UUID;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** What becomes of a cluster's rows when a backup or a drill ends. */
@ApplicationScoped
class BackupOutcomeHandler implements OutcomeHandler {

    private static final Logger LOG = Logger.getLogger(BackupOutcomeHandler.class);

    @Override
    public Set<String> kinds() {
        return Set.of(Change.BACK_UP.kind(), Change.DRILL.kind());
    }

    @Override
    public Uni<Void> write(SqlConnection tx, Outcome outcome) {
        if (!outcome.state().ended()) {
            return Uni.createFrom().voidItem();
        }
        UUID cluster = outcome.operation().subject();
        return tx.preparedQuery("select from cluster where id = $1 for update")
                .execute(Tuple.of(cluster))
                .chain(rows -> {
                    if (rows.rowCount() == 0) {
                        return Uni.createFrom().voidItem();
                    }
                    boolean done = outcome.state() == OperationState.DONE;
                    if (outcome.operation().kind().equals(Change.BACK_UP.kind())) {
                        return done
                                ? backedUp(tx, cluster, (BackupFacts) outcome.facts())
                                : failed(tx, cluster, outcome, "backup");
                    }
                    return done ? drilled(tx, cluster, outcome) : failed(tx, cluster, outcome, "drill");
                });
    }

    /** The first backup of a version that had none when it began to serve. */
    private static final String RECOVERABLE_AGAIN =
            "update cluster set former_versions = (select jsonb_agg(case when former -> 'again' = 'null'"
                    + " then former || jsonb_build_object('again', $2::text) else former end order by position)"
                    + " from jsonb_array_elements(former_versions) with ordinality as f (former, position))"
                    + " where id = $1 and former_versions @> '[{\"again\": null}]'";

    private static Uni<Void> backedUp(SqlConnection tx, UUID cluster, BackupFacts facts) {
        UUID[] kept = facts.kept().toArray(UUID[]::new);
        return tx.preparedQuery("insert into cluster_backup (id, cluster, created_at, size_bytes, stored_bytes)"
                        + " values ($1, $2, $3, $4, $5) on conflict (id) do nothing")
                .execute(Tuple.of(facts.id(), cluster, time(facts.createdAt()), facts.size(), facts.storedSize()))
                .chain(() -> tx.preparedQuery("delete from cluster_backup where cluster = $1 and id <> all($2)")
                        .execute(Tuple.of(cluster, kept)))
                .chain(() -> tx.preparedQuery("update cluster set recoverable_from = $2, backup_operation = null,"
                                + " backup_failure = null where id = $1")
                        .execute(Tuple.of(cluster, time(facts.recoverableFrom()))))
                .chain(() -> tx.preparedQuery(RECOVERABLE_AGAIN).execute(Tuple.of(cluster, facts.createdAt())))
                .chain(() -> event(tx, cluster, ClusterEvent.BACKUP));
    }

    private static Uni<Void> drilled(SqlConnection tx, UUID cluster, Outcome outcome) {
        JsonObject proof = new JsonObject()
                .put("operation", outcome.operation().id().toString())
                .put("seconds", seconds(outcome));
        return tx.preparedQuery("update cluster set drill_operation = null, drill_failure = null, drilled_at = now(),"
                        + " drill_proof = $2 where id = $1")
                .execute(Tuple.of(cluster, proof))
                .chain(() -> event(tx, cluster, ClusterEvent.DRILL));
    }

    private static double seconds(Outcome outcome) {
        OffsetDateTime started = outcome.operation().startedAt();
        return started == null
                ? 0
                : java.time.Duration.between(started.toInstant(), java.time.Instant.now())
                                .toMillis()
                        / 1000.0;
    }

    private static Uni<Void> failed(SqlConnection tx, UUID cluster, Outcome outcome, String what) {
        boolean cancelled = outcome.state() == OperationState.CANCELLED;
        if (!cancelled) {
            LOG.warnf(
                    "the %s of cluster %s failed: %s. Look at /mooring/v1/operations/%s",
                    what, cluster, outcome.error(), outcome.operation().id());
        }
        String statement = what.equals("backup")
                ? "update cluster set backup_operation = null, backup_failure = $2 where id = $1"
                : "update cluster set drill_operation = null, drilled_at = now(), drill_failure = $2 where id = $1";
        return tx.preparedQuery(statement)
                .execute(Tuple.of(cluster, cancelled ? null : outcome.error()))
                .replaceWithVoid();
    }

    private static Uni<Void> event(SqlConnection tx, UUID cluster, String type) {
        return ClusterEvents.write(tx, cluster, type, null);
    }

    private static @Nullable OffsetDateTime time(@Nullable String text) {
        return text == null ? null : OffsetDateTime.parse(text);
    }
}
