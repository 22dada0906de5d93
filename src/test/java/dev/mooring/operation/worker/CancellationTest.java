package dev.mooring.operation.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.operation.NewOperation;
import dev.mooring.operation.Operation;
import dev.mooring.operation.OperationState;
import dev.mooring.operation.Programs;
import dev.mooring.support.TestGround;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.core.json.JsonObject;
import jakarta.inject.Inject;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What a wish to cancel does to an operation, wherever it stands. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class CancellationTest extends OperationScene {

    @Test
    void aWishToCancelEndsTheWaitForAnother() {
        UUID gate = UUID.randomUUID();
        queue(gate, "block");
        UUID waits = queueWaiting(
                UUID.randomUUID(),
                operations.unfinishedChange(gate).await().indefinitely().id());
        awaitParked(waits);
        operations.cancel(waits).await().indefinitely();
        assertThat(ended(waits).state()).isEqualTo(OperationState.CANCELLED);
        TestPrograms.blocked(gate).countDown();
    }

    @Test
    void aCancelWishOfAWaitingOperationIsObeyedAtOnce() {
        UUID id = queue(UUID.randomUUID(), "waitLong");
        Awaitility.await().atMost(SOON).until(() -> "a long time".equals(find(id).why()));
        operations.cancel(id).await().atMost(SOON);
        Operation operation = ended(id);
        assertThat(operation.state()).isEqualTo(OperationState.CANCELLED);
        assertThat(steps(operation)).containsExactly("FIRST", "ROLL_BACK");
    }

    @Test
    void aCancelWishReachesAStepThatRuns() throws Exception {
        UUID subject = UUID.randomUUID();
        UUID id = queue(subject, "block");
        assertThat(TestPrograms.entered(subject).await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(heedsCancel(find(id))).containsExactly(true);
        operations.cancel(id).await().atMost(SOON);
        heldLeases.heartbeat().await().atMost(SOON);
        TestPrograms.blocked(subject).countDown();
        Operation operation = ended(id);
        assertThat(operation.state()).isEqualTo(OperationState.CANCELLED);
        assertThat(heedsCancel(operation).getLast()).as("while it rolls back").isFalse();
    }

    private static List<Boolean> heedsCancel(Operation operation) {
        return operation.journal().stream()
                .map(entry -> ((JsonObject) entry).getBoolean("heeds_cancel"))
                .toList();
    }

    @Test
    void aCancelWishDuringAStepIsNotHeldUpByWhatTheStepWantsToWaitFor() throws Exception {
        UUID subject = UUID.randomUUID();
        UUID id = queue(subject, "blockAndWait");
        assertThat(TestPrograms.entered(subject).await(20, TimeUnit.SECONDS)).isTrue();
        operations.cancel(id).await().atMost(SOON);
        TestPrograms.blocked(subject).countDown();
        Operation operation = ended(id);
        assertThat(operation.state()).isEqualTo(OperationState.CANCELLED);
        assertThat(steps(operation)).containsExactly("FIRST", "ROLL_BACK");
    }

    @Test
    void whatNobodyHasBegunIsOverWhenItIsCancelled() {
        NewOperation elsewhere =
                NewOperation.shared(TEAM, program, UUID.randomUUID(), UUID.randomUUID(), new TestPrograms.Wish("go"));
        UUID id = onContext(() -> Panache.withTransaction(() -> operations.queue(elsewhere)));
        assertThat(operations.cancel(id).await().atMost(SOON).state()).isEqualTo(OperationState.CANCELLED);
        assertThat(find(id).error()).isEqualTo("cancelled on request");
        assertThat(find(id).finishedAt()).isNotNull();
        assertThat(operations.cancel(id).await().atMost(SOON)).isNull();
    }

    @Inject
    Programs programs;

    /** A client that hangs up leaves nothing queued behind it. */
    @Test
    void checksOfUpgradesThatNobodyHasBegunAreOverAtOnceToo() {
        assertThat(programs.withoutAftermath()).contains("check-upgrade");
    }
}
