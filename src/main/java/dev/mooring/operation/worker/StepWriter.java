package dev.mooring.operation.worker;

import dev.mooring.operation.OperationState;
import dev.mooring.operation.Outcome;
import dev.mooring.operation.OutcomeHandler;
import dev.mooring.operation.Program;
import dev.mooring.operation.Programs;
import dev.mooring.operation.Step;
import dev.mooring.operation.StorableText;
import dev.mooring.operation.store.LeaseLost;
import dev.mooring.operation.store.LeaseStore;
import dev.mooring.operation.store.OperationStore;
import dev.mooring.operation.store.Signals;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlConnection;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Writes each way out of a step, with what follows from it, as one. All that a program says or has noted goes through here
 * and becomes {@link StorableText} on the way: a row that cannot be written would keep its operation running for ever.
 */
@ApplicationScoped
public class StepWriter {

    public static final String CANCELLED = "cancelled on request";

    private static final Logger LOG = Logger.getLogger(StepWriter.class);

    private final OperationStore store;
    private final LeaseStore leases;
    private final Programs programs;
    private final EndingCommitter committer;
    private final Signals signals;

    StepWriter(OperationStore store, LeaseStore leases, Programs programs, EndingCommitter committer, Signals signals) {
        this.store = store;
        this.leases = leases;
        this.programs = programs;
        this.committer = committer;
        this.signals = signals;
    }

    /** @param error why the program rolls back; null while it does not */
    <F> void advance(
            Program<?, ?, F> program, RunningTask<?, F> task, Step step, @Nullable String error, boolean dropCancel) {
        OutcomeHandler aftermath = programs.aftermath(program.kind());
        String reason = StorableText.ofNullable(error);
        task.keep(programs.asStored(task.facts()));
        String facts = programs.write(task.facts());
        boolean heedsCancel = program.heedsCancel(step);
        if (aftermath == null) {
            leases.advance(leases.pool(), task.held(), step, heedsCancel, facts, reason, dropCancel)
                    .await()
                    .indefinitely();
        } else {
            Outcome outcome = new Outcome(
                    task.operation(), task.wish(), task.facts(), OperationState.RUNNING, step.name(), reason);
            leases.pool()
                    .withTransaction(tx -> aftermath
                            .write(tx, outcome)
                            .chain(() -> leases.advance(tx, task.held(), step, heedsCancel, facts, reason, dropCancel)))
                    .await()
                    .indefinitely();
            committed(aftermath, outcome);
        }
        task.enter(step, reason);
        signals.moved(task.id());
    }

    /** Stores what the step knows; the step goes on. */
    <F> void keep(RunningTask<?, F> task, String why) {
        task.keep(programs.asStored(task.facts()));
        if (leases.keep(task.held(), programs.write(task.facts()), StorableText.of(why))
                .await()
                .indefinitely()) {
            task.cancelWished();
        }
        signals.moved(task.id());
    }

    /**
     * Gives the operation back until another one has ended.
     *
     * @param cancellable whether a wish to cancel ends the wait
     */
    void park(Lease lease, RunningTask<?, ?> task, UUID other, String why, boolean cancellable) {
        lease.leave();
        leases.park(task.held(), other, StorableText.of(why), programs.write(task.facts()), cancellable)
                .chain(() -> store.wakeWaiting(List.of(other)))
                .await()
                .indefinitely();
        signals.moved(task.id());
    }

    /**
     * @param cancellable whether a wish to cancel that came during the step ends the wait
     * @return how long it waits
     */
    Duration requeue(
            Lease lease,
            RunningTask<?, ?> task,
            Duration delay,
            @Nullable String why,
            int attempt,
            boolean cancellable) {
        lease.leave();
        boolean cancelled = leases.requeue(
                        task.held(),
                        delay,
                        StorableText.ofNullable(why),
                        attempt,
                        programs.write(task.facts()),
                        cancellable)
                .await()
                .indefinitely();
        signals.moved(task.id());
        return cancelled ? Duration.ZERO : delay;
    }

    /**
     * @param trouble what went wrong while rolling back
     */
    <F> void end(
            Program<?, ?, F> program,
            RunningTask<?, F> task,
            @Nullable Object receipt,
            @Nullable String trouble,
            Lease lease,
            Runnable freeSlot) {
        lease.leave();
        String error = StorableText.ofNullable(error(task.failure(), trouble));
        OperationState state = error == null
                ? OperationState.DONE
                : CANCELLED.equals(error) ? OperationState.CANCELLED : OperationState.FAILED;
        task.keep(programs.asStored(task.facts()));
        LeaseStore.Ending ending =
                new LeaseStore.Ending(task.held(), state, programs.write(receipt), programs.write(task.facts()), error);
        OutcomeHandler aftermath = programs.aftermath(program.kind());
        if (aftermath == null) {
            committer.end(ending, freeSlot).await().indefinitely();
        } else {
            Outcome outcome = new Outcome(
                    task.operation(),
                    task.wish(),
                    task.facts(),
                    state,
                    task.operation().step(),
                    error);
            leases.pool()
                    .withTransaction(tx -> aftermath.write(tx, outcome).chain(() -> endOne(tx, ending)))
                    .await()
                    .indefinitely();
            committer.wakeWaiting(List.of(task.id()));
            committed(aftermath, outcome);
        }
        signals.moved(task.id());
    }

    private static @Nullable String error(@Nullable String failure, @Nullable String trouble) {
        return trouble == null ? failure : (failure == null ? "" : failure + "; ") + "cleaning up failed: " + trouble;
    }

    /** The row is written; what follows in this process cannot take that back. */
    private static void committed(OutcomeHandler aftermath, Outcome outcome) {
        try {
            aftermath.committed(outcome);
        } catch (RuntimeException e) {
            LOG.errorf(
                    e,
                    "%s has ended or moved on, but not all that follows from it is done",
                    outcome.operation().kind());
        }
    }

    private Uni<Void> endOne(SqlConnection tx, LeaseStore.Ending ending) {
        return leases.end(tx, List.of(ending))
                .invoke(ended -> {
                    if (ended.isEmpty()) {
                        throw new LeaseLost(ending.held().id());
                    }
                })
                .replaceWithVoid();
    }
}
