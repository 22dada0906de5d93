package dev.mooring.database.cluster.change;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.operation.Operation;
import dev.mooring.operation.OperationState;
import dev.mooring.web.ApiException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a change of a cluster is answered with, by where its operation stands when the time for an answer is over. */
class ChangeAnswerTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "QUEUED    | {}                   | 412 | not in force yet after 30 s (waits for a disk)",
                "RUNNING   | {}                   | 412 | not in force yet after 30 s",
                "CANCELLED | {}                   | 412 | nothing was changed",
                "FAILED    | {}                   | 422 | refused",
                "FAILED    | {\"in_the_way\":true} | 412 | refused"
            })
    void successIsOnlySaidOfWhatIsInForce(OperationState state, String facts, int status, String message) {
        assertThatThrownBy(() -> ClusterChanges.answer(operation(state, facts), "done"))
                .hasMessageContaining(message)
                .asInstanceOf(InstanceOfAssertFactories.type(ApiException.class))
                .extracting(ApiException::status)
                .isEqualTo(status);
        assertThat(ClusterChanges.answer(operation(OperationState.DONE, "{}"), "done"))
                .isEqualTo("done");
    }

    private static Operation operation(OperationState state, String facts) {
        return new Operation(
                UUID.randomUUID(),
                UUID.randomUUID(),
                "apply-settings",
                "local",
                "pg",
                UUID.randomUUID(),
                true,
                null,
                state,
                "APPLY",
                new JsonObject(),
                new JsonObject(facts),
                new JsonArray(),
                null,
                null,
                state == OperationState.FAILED ? "refused" : null,
                state == OperationState.QUEUED ? "waits for a disk" : null,
                0,
                false,
                false,
                1,
                OffsetDateTime.now(),
                null,
                null);
    }
}
