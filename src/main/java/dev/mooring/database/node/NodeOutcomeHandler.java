package dev.mooring.database.node;

import dev.mooring.database.event.ClusterEvent;
import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.facts.ClusterFacts;
import dev.mooring.operation.Outcome;
import dev.mooring.operation.OutcomeHandler;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Set;

/** Another primary is worth an event, however the operation ends that tells of it. */
@ApplicationScoped
class NodeOutcomeHandler implements OutcomeHandler {

    @Override
    public Set<String> kinds() {
        return Set.of(Change.SWITCH_OVER.kind(), Change.FAIL_OVER.kind());
    }

    @Override
    public Uni<Void> write(SqlConnection tx, Outcome outcome) {
        ClusterFacts facts = (ClusterFacts) outcome.facts();
        if (!outcome.state().ended() || facts.switched() == null) {
            return Uni.createFrom().voidItem();
        }
        return tx.preparedQuery("insert into cluster_event (id, cluster, cluster_name, type)"
                        + " select $2, id, name, $3 from cluster where id = $1")
                .execute(Tuple.of(outcome.operation().subject(), ClusterEvent.newId(), ClusterEvent.PROMOTION))
                .replaceWithVoid();
    }
}
