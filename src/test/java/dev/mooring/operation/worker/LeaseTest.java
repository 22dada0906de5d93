package dev.mooring.operation.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.operation.NewOperation;
import dev.mooring.operation.Operation;
import dev.mooring.operation.OperationState;
import dev.mooring.support.TestGround;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.mutiny.sqlclient.Tuple;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Who may work on an operation: leases, slots, and workers that die. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class LeaseTest extends OperationScene {

    @Test
    void moreThanThereAreSlotsWaitForOthersThatNeedOne() {
        int many = 3 * settings.slots();
        UUID gate = UUID.randomUUID();
        UUID last = queue(gate, "block");
        assertThat(TestPrograms.entered(gate)).isNotNull();
        List<UUID> subjects = Stream.generate(UUID::randomUUID).limit(many).toList();
        List<UUID> waiting = new java.util.ArrayList<>();
        for (UUID subject : subjects) {
            // Each waits for the one before it, and the first for one that is held up.
            waiting.add(queueWaiting(subject, waiting.isEmpty() ? last : waiting.getLast()));
        }
        waiting.forEach(this::awaitParked);
        assertThat(ended(queue(UUID.randomUUID(), "go")).state()).isEqualTo(OperationState.DONE);
        TestPrograms.blocked(gate).countDown();
        assertThat(ended(last).state()).isEqualTo(OperationState.DONE);
        for (UUID id : waiting) {
            assertThat(ended(id).state()).isEqualTo(OperationState.DONE);
        }
        assertThat(subjects)
                .allSatisfy(subject -> assertThat(TestPrograms.runs(subject))
                        .as("looked, was woken, went on: nobody polls")
                        .isLessThanOrEqualTo(4));
    }

    @Test
    void whatWaitsIsFoundAfterItsProcessWasKilled() {
        UUID gate = UUID.randomUUID();
        UUID other = queue(gate, "block");
        UUID waits = queueWaiting(UUID.randomUUID(), other);
        awaitParked(waits);
        // As a worker leaves it that is killed right after it has written the end.
        pool.preparedQuery(
                        "update operation set state = 'done', finished_at = now(), lease_owner = null, lease_until = null"
                                + " where id = $1")
                .execute(Tuple.of(other))
                .await()
                .indefinitely();
        assertThat(ended(waits).state()).isEqualTo(OperationState.DONE);
        TestPrograms.blocked(gate).countDown();
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
        heldLeases.heartbeat().await().atMost(SOON);
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
}
