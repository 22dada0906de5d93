package dev.mooring.operation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.support.TestGround;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.vertx.core.runtime.context.VertxContextSafetyToggle;
import io.smallrye.common.vertx.VertxContext;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The life of operations, as their rows tell it. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class EngineTest {

    private static final Duration SOON = Duration.ofSeconds(20);
    private static final UUID TEAM = UUID.randomUUID();

    @Inject
    Operations operations;

    @Inject
    OperationStore store;

    @Inject
    TestPrograms program;

    @Inject
    TestAftermath.Teller teller;

    @Inject
    Worker worker;

    @Inject
    Pool pool;

    @Inject
    Vertx vertx;

    @Inject
    EngineSettings settings;

    private UUID queue(UUID subject, String story) {
        return queue(subject, story, true);
    }

    private Operation told(UUID subject, String story) {
        return ended(onContext(() -> Panache.withTransaction(() -> operations.queue(
                NewOperation.change(TEAM, teller, subject, null, new TestAftermath.Teller.Tale(story))))));
    }

    private UUID queue(UUID subject, String story, boolean mutating) {
        TestPrograms.Wish wish = new TestPrograms.Wish(story);
        NewOperation operation = mutating
                ? NewOperation.change(TEAM, program, subject, null, wish)
                : NewOperation.shared(TEAM, program, subject, null, wish);
        return onContext(() -> Panache.withTransaction(() -> operations.queue(operation)));
    }

    /** Reactive sessions live on a Vert.x context, as in a request. */
    private <T> T onContext(java.util.function.Supplier<Uni<T>> work) {
        CompletableFuture<T> result = new CompletableFuture<>();
        var context = VertxContext.getOrCreateDuplicatedContext(vertx);
        VertxContextSafetyToggle.setContextSafe(context, true);
        context.runOnContext(nothing -> work.get().subscribe().with(result::complete, result::completeExceptionally));
        try {
            return result.get(30, TimeUnit.SECONDS);
        } catch (java.util.concurrent.ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(e);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private Operation ended(UUID id) {
        Operation operation = operations.await(id, SOON).await().atMost(SOON.plusSeconds(5));
        assertThat(operation.state().ended()).as(operation.toString()).isTrue();
        return operation;
    }

    private static List<String> steps(Operation operation) {
        JsonArray journal = operation.journal();
        return journal.stream()
                .map(entry -> ((JsonObject) entry).getString("step"))
                .toList();
    }

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
        operations.cancel(id).await().atMost(SOON);
        worker.heartbeat().await().atMost(SOON);
        TestPrograms.blocked(subject).countDown();
        assertThat(ended(id).state()).isEqualTo(OperationState.CANCELLED);
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
    void aWorkerThatLostItsLeaseWritesNothing() throws Exception {
        UUID subject = UUID.randomUUID();
        UUID id = queue(subject, "block");
        assertThat(TestPrograms.entered(subject).await(20, TimeUnit.SECONDS)).isTrue();
        long fence = find(id).fence();
        // Another worker takes it over: the fence rises, the story goes on elsewhere.
        pool.preparedQuery(
                        "update operation set fence = fence + 1, lease_owner = $2, lease_until = now() + interval '1 hour'"
                                + " where id = $1")
                .execute(Tuple.of(id, UUID.randomUUID()))
                .await()
                .indefinitely();
        TestPrograms.blocked(subject).countDown();
        worker.heartbeat().await().atMost(SOON);
        Operation operation = find(id);
        assertThat(operation.fence()).isEqualTo(fence + 1);
        assertThat(operation.state()).isEqualTo(OperationState.RUNNING);
        assertThat(operation.step()).isEqualTo("FIRST");
        operations.cancel(id).await().atMost(SOON);
        pool.preparedQuery("update operation set lease_until = now() - interval '1 second' where id = $1")
                .execute(Tuple.of(id))
                .await()
                .indefinitely();
        worker.poll().await().atMost(SOON);
        assertThat(ended(id).state()).isEqualTo(OperationState.CANCELLED);
    }

    @Test
    void anOperationOfADeadWorkerIsTakenOverWhereItStood() {
        UUID id = UUID.randomUUID();
        pool.preparedQuery(
                        "insert into operation (id, team, kind, subject, mutating, step, wish, journal, state, lease_owner,"
                                + " lease_until, fence) values ($1, $2, 'test', $3, true, 'SECOND', '{\"story\":\"go\"}', '[]', 'running', $4,"
                                + " now() - interval '1 second', 7)")
                .execute(Tuple.of(id, TEAM, UUID.randomUUID(), UUID.randomUUID()))
                .await()
                .indefinitely();
        Operation operation = ended(id);
        assertThat(operation.state()).isEqualTo(OperationState.DONE);
        assertThat(operation.fence()).isEqualTo(8);
        assertThat(steps(operation)).as("it does not start over").isEmpty();
    }

    @Test
    void anOperationForAnotherNodeIsLeftAlone() {
        UUID subject = UUID.randomUUID();
        NewOperation operation =
                NewOperation.change(TEAM, program, subject, UUID.randomUUID(), new TestPrograms.Wish("go"));
        UUID id = onContext(() -> Panache.withTransaction(() -> operations.queue(operation)));
        UUID mine = queue(UUID.randomUUID(), "go");
        ended(mine);
        assertThat(find(id).state()).isEqualTo(OperationState.QUEUED);
        assertThat(TestPrograms.runs(subject)).isZero();
        pool.preparedQuery("delete from operation where id = $1")
                .execute(Tuple.of(id))
                .await()
                .indefinitely();
    }

    @Test
    void aStepPastItsDeadlineIsCalledOverdue() throws Exception {
        UUID subject = UUID.randomUUID();
        UUID id = queue(subject, "block");
        assertThat(TestPrograms.entered(subject).await(20, TimeUnit.SECONDS)).isTrue();
        pool.preparedQuery("update operation set deadline = now() - interval '1 second' where id = $1")
                .execute(Tuple.of(id))
                .await()
                .indefinitely();
        assertThat(store.markOverdue().await().atMost(SOON))
                .extracting(Operation::id)
                .contains(id);
        assertThat(find(id).overdue()).isTrue();
        TestPrograms.blocked(subject).countDown();
        assertThat(ended(id).overdue()).isFalse();
    }

    @Test
    void whatWaitsBehindLongOnesIsNotKeptFromOtherWorkers() {
        int slots = settings.slots();
        UUID team = UUID.randomUUID();
        // So many quick ones that the long ones behind them are claimed before their turn.
        insert(team, "go", 20 * slots, "-2 seconds");
        List<UUID> longOnes = insert(team, "block", 5 * slots, "-1 second");
        worker.wake();
        Awaitility.await().atMost(SOON).untilAsserted(() -> {
            assertThat(count(team, "state = 'done'")).isEqualTo(20 * slots);
            assertThat(count(team, "state = 'running'")).isEqualTo(slots);
        });
        assertThat(count(team, "state = 'queued' and started_at is null and deadline is null"))
                .as("as if they had never been claimed")
                .isEqualTo(4 * slots);
        longOnes.forEach(subject -> TestPrograms.blocked(subject).countDown());
        Awaitility.await()
                .atMost(SOON)
                .untilAsserted(() -> assertThat(count(team, "state = 'done'")).isEqualTo(25 * slots));
        assertThat(longOnes)
                .allSatisfy(subject -> assertThat(TestPrograms.runs(subject))
                        .as("each step once")
                        .isEqualTo(2));
    }

    private List<UUID> insert(UUID team, String story, int count, String due) {
        UUID[] subjects = Stream.generate(UUID::randomUUID).limit(count).toArray(UUID[]::new);
        pool.preparedQuery(
                        "insert into operation (id, team, kind, subject, mutating, step, wish, run_at)"
                                + " select gen_random_uuid(), $1, 'test', subject, true, 'FIRST',"
                                + " jsonb_build_object('story', $3::text), now() + $4::text::interval from unnest($2::uuid[]) subject")
                .execute(Tuple.of(team, subjects, story, due))
                .await()
                .indefinitely();
        return List.of(subjects);
    }

    private int count(UUID team, String condition) {
        return pool.preparedQuery("select count(*)::int from operation where team = $1 and " + condition)
                .execute(Tuple.of(team))
                .await()
                .indefinitely()
                .iterator()
                .next()
                .getInteger(0);
    }

    @Test
    void aWatcherSeesTheEnd() {
        UUID id = queue(UUID.randomUUID(), "wait");
        List<Operation> seen = operations.watch(id).collect().asList().await().atMost(SOON);
        assertThat(seen.getLast().state()).isEqualTo(OperationState.DONE);
    }

    private Operation find(UUID id) {
        return store.find(id).await().atMost(SOON);
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
        assertThat(steps(operation)).containsExactly("TELL", "TAKE_BACK");
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
