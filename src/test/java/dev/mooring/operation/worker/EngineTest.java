package dev.mooring.operation.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.operation.Conflict;
import dev.mooring.operation.NewOperation;
import dev.mooring.operation.Operation;
import dev.mooring.operation.OperationState;
import dev.mooring.support.TestGround;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The life of operations, as their rows tell it. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class EngineTest extends OperationScene {

    @Test
    void stepsFollowEachOtherAndTheReceiptStays() {
        Operation operation = ended(queue(UUID.randomUUID(), "go"));
        assertThat(operation.state()).isEqualTo(OperationState.DONE);
        assertThat(steps(operation)).containsExactly("FIRST", "SECOND");
        assertThat(operation.result().getInteger("looks")).isZero();
        assertThat(operation.startedAt()).isNotNull();
        assertThat(operation.finishedAt()).isAfterOrEqualTo(operation.startedAt());
    }

    @Test
    void againIsTheSameStepWithWhatItKnows() {
        UUID subject = UUID.randomUUID();
        Operation operation = ended(queue(subject, "again"));
        assertThat(operation.state()).isEqualTo(OperationState.DONE);
        assertThat(steps(operation)).containsExactly("FIRST", "SECOND");
        assertThat(operation.result().getInteger("looks")).isEqualTo(3);
        assertThat(operation.fence()).as("one claim").isEqualTo(1);
    }

    @Test
    void whatARolledBackTransactionQueuedIsNeverBegun() {
        UUID subject = UUID.randomUUID();
        NewOperation operation = NewOperation.change(TEAM, program, subject, null, new TestPrograms.Wish("go"));
        assertThatThrownBy(() -> onContext(() -> Panache.withTransaction(
                        () -> operations.queue(operation).invoke(id -> {
                            throw new IllegalStateException("rolled back");
                        }))))
                .hasMessage("rolled back");
        assertThat(ended(queue(UUID.randomUUID(), "go")).state()).isEqualTo(OperationState.DONE);
        assertThat(TestPrograms.runs(subject)).isZero();
        assertThat(store.find(operation.id()).await().indefinitely()).isNull();
    }

    @Test
    void aWaitLooksAgainAndKeepsTheFacts() {
        Operation operation = ended(queue(UUID.randomUUID(), "wait"));
        assertThat(operation.state()).isEqualTo(OperationState.DONE);
        assertThat(operation.result().getInteger("looks")).isEqualTo(3);
    }

    @Test
    void anExpectedFailureRollsBackAndSaysWhy() {
        Operation operation = ended(queue(UUID.randomUUID(), "fail"));
        assertThat(operation.state()).isEqualTo(OperationState.FAILED);
        assertThat(operation.error()).isEqualTo("the disk is full");
        assertThat(steps(operation)).containsExactly("FIRST", "ROLL_BACK");
        assertThat(operation.result().getBoolean("rolled_back")).isTrue();
    }

    @Test
    void anUnexpectedExceptionIsTriedAgain() {
        UUID subject = UUID.randomUUID();
        Operation operation = ended(queue(subject, "breakOnce"));
        assertThat(operation.state()).isEqualTo(OperationState.DONE);
        assertThat(TestPrograms.runs(subject)).isEqualTo(3);
    }

    @Test
    void anExceptionThatStaysFailsLikeAnyOther() {
        Operation operation = ended(queue(UUID.randomUUID(), "break"));
        assertThat(operation.state()).isEqualTo(OperationState.FAILED);
        assertThat(operation.error()).contains("gave up after 3 tries").contains("broken");
        assertThat(steps(operation)).containsExactly("FIRST", "ROLL_BACK");
    }

    @Test
    void oneChangeOfASubjectAtATime() throws Exception {
        UUID subject = UUID.randomUUID();
        UUID first = queue(subject, "block");
        assertThat(TestPrograms.entered(subject).await(20, TimeUnit.SECONDS)).isTrue();
        assertThatThrownBy(() -> queue(subject, "go")).isInstanceOf(Conflict.class);
        UUID beside = queue(subject, "go", false);
        assertThat(ended(beside).state()).isEqualTo(OperationState.DONE);
        TestPrograms.blocked(subject).countDown();
        assertThat(ended(first).state()).isEqualTo(OperationState.DONE);
        assertThat(ended(queue(subject, "go")).state()).isEqualTo(OperationState.DONE);
    }

    @Test
    void onlyAnOperationThatWaitsLooksAgain() {
        UUID failed = queue(UUID.randomUUID(), "fail");
        ended(failed);
        assertThat(operations.lookAgain(failed).await().atMost(SOON)).isNull();
        assertThat(steps(find(failed))).containsExactly("FIRST", "ROLL_BACK");
        UUID done = queue(UUID.randomUUID(), "go");
        ended(done);
        assertThat(operations.lookAgain(done).await().atMost(SOON)).isNull();
    }

    @Test
    void aWatcherSeesTheEnd() {
        UUID id = queue(UUID.randomUUID(), "wait");
        List<Operation> seen = operations.watch(id).collect().asList().await().atMost(SOON);
        assertThat(seen.getLast().state()).isEqualTo(OperationState.DONE);
    }

    @Test
    void whateverAProgramSaysItsOperationEnds() {
        String clean = "nul \uFFFD half \uFFFD other half \uFFFD end";
        for (String story : List.of("does", "fails", "breaks")) {
            UUID subject = UUID.randomUUID();
            Operation operation = told(subject, story);
            assertThat(operation.state())
                    .as(story)
                    .isEqualTo(story.equals("does") ? OperationState.DONE : OperationState.FAILED);
            assertThat(operation.facts().getString("said")).isEqualTo(clean);
            assertThat(operation.result().getMap().values()).containsExactly(clean);
            if (!story.equals("does")) {
                assertThat(operation.error()).contains(clean).hasSizeLessThan(70_000);
            }
            // Rows of features hold the same.
            assertThat(((TestAftermath.Teller.Told)
                                    TestAftermath.WRITTEN.get(subject).facts())
                            .said())
                    .isEqualTo(clean);
            assertThat(TestAftermath.WRITTEN.get(subject).error()).isEqualTo(operation.error());
        }
    }

    @Test
    void whatCannotBeWrittenDownFailsAndKeepsNothingRunning() {
        UUID subject = UUID.randomUUID();
        Operation operation = told(subject, "no end follows");
        assertThat(operation.state()).isEqualTo(OperationState.FAILED);
        assertThat(steps(operation)).containsExactly("TELL", "ROLL_BACK");
        assertThat(operation.error()).contains("gave up after 3 tries", "division by zero");
        assertThat(TestAftermath.WRITTEN.get(subject).state()).isEqualTo(OperationState.FAILED);
        // Its subject is free again, and so it is when nothing of it can be written but that it has failed.
        operation = told(subject, "nothing follows");
        assertThat(operation.state()).isEqualTo(OperationState.FAILED);
        assertThat(operation.error()).contains("division by zero").contains("cleaning up failed");
        assertThat(told(subject, "does").state()).isEqualTo(OperationState.DONE);
    }

    @Test
    void whoFailsWithoutAWordOrWithAnErrorOfTheMachineHasFailed() {
        assertThat(told(UUID.randomUUID(), "fails without a word").state()).isEqualTo(OperationState.FAILED);
        assertThat(told(UUID.randomUUID(), "breaks down").state()).isEqualTo(OperationState.FAILED);
    }
}
