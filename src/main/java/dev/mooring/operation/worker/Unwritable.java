package dev.mooring.operation.worker;

import dev.mooring.operation.EngineSettings;
import dev.mooring.operation.Operation;
import dev.mooring.operation.OperationState;
import dev.mooring.operation.Outcome;
import dev.mooring.operation.OutcomeHandler;
import dev.mooring.operation.Program;
import dev.mooring.operation.Programs;
import dev.mooring.operation.Step;
import dev.mooring.operation.store.LeaseLost;
import dev.mooring.operation.store.LeaseStore;
import dev.mooring.operation.store.OperationStore;
import dev.mooring.operation.store.Signals;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jboss.logging.Logger;

/**
 * What becomes of an operation whose step ended in something that could not be written, or whose row could not be read: the
 * step runs again with growing pauses, then the operation rolls back, and if that cannot be written either it ends as failed.
 * Only what is known to be writable is written here. While the table cannot be reached at all nothing is: the lease runs out.
 */
@ApplicationScoped
class Unwritable {

    private static final Logger LOG = Logger.getLogger(Unwritable.class);
    private static final int LONGEST_REASON = 500;

    private final OperationStore store;
    private final LeaseStore leases;
    private final Programs programs;
    private final Signals signals;
    private final EngineSettings settings;

    Unwritable(OperationStore store, LeaseStore leases, Programs programs, Signals signals, EngineSettings settings) {
        this.store = store;
        this.leases = leases;
        this.programs = programs;
        this.signals = signals;
        this.settings = settings;
    }

    /** @param claimed as it was then */
    void settle(Operation claimed, Lease lease, Throwable cause, Consumer<Duration> wakeAfter) {
        lease.leave();
        Operation now = store.find(claimed.id()).await().indefinitely();
        if (now == null || now.state() != OperationState.RUNNING || now.fence() != claimed.fence()) {
            // It had been written, and only the answer was lost; or somebody else has it.
            return;
        }
        int attempt = now.attempt() + 1;
        String reason = reason(cause);
        if (attempt < settings.maxAttempts()) {
            Duration delay = StepRunner.pause(settings, attempt);
            LOG.errorf(
                    cause,
                    "%s: the way out of %s could not be written; it runs again in %d ms",
                    now.kind(),
                    now.step(),
                    delay.toMillis());
            leases.putBack(lease.held(), delay, "trying again after: " + reason)
                    .await()
                    .indefinitely();
            wakeAfter.accept(delay);
        } else {
            giveUp(
                    programs.of(now),
                    now,
                    lease,
                    "gave up after " + attempt + " tries of " + now.step() + ": " + reason);
            wakeAfter.accept(Duration.ZERO);
        }
        signals.moved(now.id());
    }

    private <S extends Enum<S> & Step, W, F> void giveUp(
            Program<S, W, F> program, Operation now, Lease lease, String reason) {
        boolean rollingBack = now.step().equals(program.rollBack().name());
        LOG.errorf("%s %s: %s", now.kind(), rollingBack ? "is ended as failed" : "rolls back", reason);
        Function<SqlClient, Uni<Void>> write = rollingBack
                ? client -> end(client, now, lease, reason)
                : client -> leases.advance(client, lease.held(), program.rollBack(), false, null, reason, true);
        try {
            withWhatFollows(program, now, rollingBack, reason, write);
        } catch (LeaseLost e) {
            throw e;
        } catch (RuntimeException e) {
            LOG.errorf(e, "%s: what follows from its failure cannot be written either; it goes on without", now.kind());
            write.apply(leases.pool()).await().indefinitely();
        }
        if (!rollingBack) {
            leases.requeue(lease.held(), Duration.ZERO, null, 0, null, false)
                    .await()
                    .indefinitely();
        }
    }

    private <S extends Enum<S> & Step, W, F> void withWhatFollows(
            Program<S, W, F> program,
            Operation now,
            boolean rollingBack,
            String reason,
            Function<SqlClient, Uni<Void>> write) {
        OutcomeHandler aftermath = programs.aftermath(now.kind());
        if (aftermath == null) {
            write.apply(leases.pool()).await().indefinitely();
            return;
        }
        F facts = now.facts() == null ? program.noFacts() : programs.read(now.facts(), program.factsType());
        Outcome outcome = new Outcome(
                now,
                programs.read(now.wish(), program.wishType()),
                facts,
                rollingBack ? OperationState.FAILED : OperationState.RUNNING,
                program.rollBack().name(),
                rollingBack ? error(now, reason) : reason);
        leases.pool()
                .withTransaction(tx -> aftermath.write(tx, outcome).chain(() -> write.apply(tx)))
                .await()
                .indefinitely();
    }

    private Uni<Void> end(SqlClient client, Operation now, Lease lease, String reason) {
        return leases.end(
                        client,
                        List.of(new LeaseStore.Ending(
                                lease.held(), OperationState.FAILED, null, null, error(now, reason))))
                .replaceWithVoid();
    }

    private static String error(Operation now, String reason) {
        return now.error() == null ? reason : now.error() + "; cleaning up failed: " + reason;
    }

    /** Plain enough for a database of any encoding. */
    private static String reason(Throwable cause) {
        String text = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        String plain = text.replaceAll("[^\\x20-\\x7e\\n]", "?");
        return "what the step found could not be written down ("
                + plain.substring(0, Math.min(plain.length(), LONGEST_REASON)) + ")";
    }
}
