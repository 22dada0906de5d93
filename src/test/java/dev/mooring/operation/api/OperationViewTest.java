package dev.mooring.operation.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.operation.Operation;
import dev.mooring.operation.OperationState;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What is told of an operation. */
class OperationViewTest {

    private static boolean cancellable(OperationState state, JsonObject... steps) {
        JsonArray journal = new JsonArray();
        for (JsonObject step : steps) {
            journal.add(step.put("step", "A").put("words", "Going on").put("started_at", "2026-11-27T09:00:00Z"));
        }
        OffsetDateTime time = OffsetDateTime.parse("2026-11-27T09:00:00Z");
        return OperationView.of(new Operation(
                        UUID.randomUUID(),
                        UUID.randomUUID(),
                        "upgrade-cluster",
                        "local",
                        "pg",
                        UUID.randomUUID(),
                        true,
                        null,
                        state,
                        "A",
                        new JsonObject(),
                        null,
                        journal,
                        null,
                        null,
                        null,
                        null,
                        0,
                        false,
                        false,
                        1,
                        time,
                        time,
                        state.ended() ? time : null))
                .cancellable();
    }

    @Test
    void cancellingHasAnEffectUntilThePointOfNoReturn() {
        JsonObject before = new JsonObject().put("heeds_cancel", true);
        JsonObject behind = new JsonObject().put("heeds_cancel", false);
        assertThat(cancellable(OperationState.QUEUED, before)).isTrue();
        assertThat(cancellable(OperationState.RUNNING, before)).isTrue();
        assertThat(cancellable(OperationState.RUNNING, before, behind)).isFalse();
        assertThat(cancellable(OperationState.QUEUED, before, behind)).isFalse();
        assertThat(cancellable(OperationState.DONE, before)).isFalse();
    }

    @Test
    void aStepThatAnEarlierVersionBeganSaysNothingOfIt() {
        assertThat(cancellable(OperationState.RUNNING, new JsonObject())).isTrue();
        assertThat(cancellable(OperationState.QUEUED)).isTrue();
    }
}
