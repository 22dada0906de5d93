package dev.mooring.database.replica;

import dev.mooring.database.backup.BackupSchedule;
import dev.mooring.database.event.ClusterEvent;
import dev.mooring.database.event.ClusterEvents;
import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.facts.PromotionFacts;
import dev.mooring.operation.OperationState;
import dev.mooring.operation.Outcome;
import dev.mooring.operation.OutcomeHandler;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What becomes of the rows of a read-only node that was to be promoted. */
@ApplicationScoped
class ReplicaOutcomeHandler implements OutcomeHandler {

    private static final String PROMOTED =
            "update cluster set status = 'online', failure = null, failed_at = null, change_failure = null, promoted_from = null,"
                    + " version = $2, semantic_version = $3, backup_wanted = true where id = $1";

    /** It follows as before; what happened to its primary's version meanwhile has happened to it. */
    private static final List<String> FOLLOWS_AGAIN = List.of(
            "delete from cluster_user where cluster = $1",
            "delete from cluster_database where cluster = $1",
            "update cluster set status = 'online', replica_of = promoted_from, promoted_from = null, config = '{}',"
                    + " change_failure = $2, failed_at = now(), superuser_secret = p.superuser_secret, version = p.version,"
                    + " semantic_version = p.semantic_version, synchronous_archive = false"
                    + " from (select superuser_secret, version, semantic_version, id from cluster) p"
                    + " where cluster.id = $1 and p.id = cluster.promoted_from");

    private final BackupSchedule schedule;

    ReplicaOutcomeHandler(BackupSchedule schedule) {
        this.schedule = schedule;
    }

    @Override
    public Set<String> kinds() {
        return Set.of(Change.PROMOTE.kind());
    }

    @Override
    public Uni<Void> write(SqlConnection tx, Outcome outcome) {
        if (!outcome.state().ended()) {
            return Uni.createFrom().voidItem();
        }
        UUID node = outcome.operation().subject();
        // The primary first, like everybody who changes one of its nodes.
        return tx.preparedQuery(
                        "select from cluster where id = (select promoted_from from cluster where id = $1) for update")
                .execute(Tuple.of(node))
                .chain(() -> tx.preparedQuery("select from cluster where id = $1 for update")
                        .execute(Tuple.of(node)))
                .chain(() -> outcome.state() == OperationState.DONE
                        ? promoted(tx, node, (PromotionFacts) outcome.facts())
                        : followsAgain(tx, node, outcome.error()));
    }

    private static Uni<Void> promoted(SqlConnection tx, UUID node, PromotionFacts facts) {
        return tx.preparedQuery(PROMOTED)
                .execute(Tuple.of(node, facts.version(), facts.semanticVersion()))
                .chain(() -> event(tx, node, ClusterEvent.PROMOTION));
    }

    private static Uni<Void> followsAgain(SqlConnection tx, UUID node, @Nullable String error) {
        Uni<Void> chain = Uni.createFrom().voidItem();
        for (String statement : FOLLOWS_AGAIN) {
            chain = chain.chain(() -> tx.preparedQuery(statement)
                    .execute(statement.contains("$2") ? Tuple.of(node, error) : Tuple.of(node))
                    .replaceWithVoid());
        }
        return chain.chain(() -> event(tx, node, ClusterEvent.REPLICA_PROMOTE_FAILED));
    }

    private static Uni<Void> event(SqlConnection tx, UUID node, String type) {
        return ClusterEvents.write(tx, node, type, null);
    }

    @Override
    public void committed(Outcome outcome) {
        if (outcome.state() == OperationState.DONE) {
            schedule.soon();
        }
    }
}
