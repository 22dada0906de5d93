package dev.mooring.database.node;

import dev.mooring.database.event.ClusterEvent;
import dev.mooring.database.event.ClusterEvents;
import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.facts.ClusterFacts;
import dev.mooring.operation.Outcome;
import dev.mooring.operation.OutcomeHandler;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlConnection;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

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
        return ClusterEvents.write(tx, outcome.operation().subject(), ClusterEvent.PROMOTION, words(facts.switched()));
    }

    private static String words(Map<String, Object> receipt) {
        String words = receipt.get("to") + " has taken the place of " + receipt.get("from");
        if (receipt.get("reason") != null) {
            words += ": " + receipt.get("reason");
        }
        return receipt.get("slots_lost") instanceof List<?> lost && !lost.isEmpty()
                ? words + "; lost replication slots: "
                        + lost.stream().map(String::valueOf).collect(Collectors.joining(", "))
                : words;
    }
}
