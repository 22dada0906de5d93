package dev.mooring.operation;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;

/** Runs the steps of one claimed operation until it waits, ends, or is lost, and writes each way out. */
@ApplicationScoped
class StepRunner {

    private static final Logger LOG = Logger.getLogger(StepRunner.class);
    static final String CANCELLED = "cancelled on request";

    private final OperationStore store;
    private final Programs programs;
    private final EndingCommitter committer;
    private final Signals signals;
    private final EngineSettings settings;

    StepRunner(
            OperationStore store,
            Programs programs,
            EndingCommitter committer,
            Signals signals,
            EngineSettings settings) {
        this.store = store;
        this.programs = programs;
        this.committer = committer;
        this.signals = signals;
        this.settings = settings;
    }

    void run(
            Operation operation,
            Lease lease,
            BooleanSupplier stopping,
            Runnable freeSlot,
            Consumer<Duration> wakeAfter) {
        MDC.put("operation", operation.id().toString());
        try {
            run(programs.find(operation.kind()), operation, lease, stopping, freeSlot, wakeAfter);
        } catch (LeaseLost e) {
            LOG.warnf("%s %s: %s", operation.kind(), operation.step(), e.getMessage());
        } catch (RuntimeException e) {
            if (!lease.lost()) {
                LOG.errorf(e, "%s: the way out of a step could not be written; it runs again", operation.kind());
            }
        } finally {
            MDC.remove("operation");
        }
    }

    private <S extends Enum<S> & Step, W, F> void run(
            Program<S, W, F> program,
            Operation operation,
            Lease lease,
            BooleanSupplier stopping,
            Runnable freeSlot,
            Consumer<Duration> wakeAfter) {
        F facts = operation.facts() == null ? program.noFacts() : programs.read(operation.facts(), program.factsType());
        Task<W, F> task = new Task<>(operation, store, programs.read(operation.wish(), program.wishType()), facts);
        lease.works(task);
        S step = Enum.valueOf(program.steps(), operation.step());
        int attempt = operation.attempt();
        while (true) {
            if (stopping.getAsBoolean()) {
                requeue(lease, task, Duration.ZERO, null, attempt, false);
                return;
            }
            task.enter(step, task.failure());
            if (task.cancelRequested() && step != program.rollBack() && step.cancellable()) {
                step = rollBack(program, task, CANCELLED, false);
                continue;
            }
            boolean cancellable = step != program.rollBack() && step.cancellable();
            Next next;
            try {
                next = program.run(step, task);
            } catch (OperationFailed e) {
                if (step == program.rollBack()) {
                    end(program, task, null, e.getMessage(), lease, freeSlot);
                    return;
                }
                LOG.warnf(e, "%s failed in %s", program.kind(), step);
                step = rollBack(program, task, e.getMessage(), true);
                attempt = 0;
                continue;
            } catch (LeaseLost e) {
                throw e;
            } catch (Exception e) {
                if (lease.lost()) {
                    throw new LeaseLost(operation.id());
                }
                attempt++;
                if (attempt < settings.maxAttempts()) {
                    Duration delay = backoff(attempt);
                    LOG.warnf(e, "%s: %s failed, trying again in %d ms", program.kind(), step, delay.toMillis());
                    wakeAfter.accept(
                            requeue(lease, task, delay, "trying again after: " + message(e), attempt, cancellable));
                    return;
                }
                String reason = "gave up after " + attempt + " tries of \"" + step.words() + "\": " + message(e);
                LOG.errorf(e, "%s: %s", program.kind(), reason);
                if (step == program.rollBack()) {
                    end(program, task, null, reason, lease, freeSlot);
                    return;
                }
                step = rollBack(program, task, reason, true);
                attempt = 0;
                continue;
            }
            switch (next) {
                case Next.Go go -> {
                    step = Enum.valueOf(program.steps(), go.step().name());
                    attempt = 0;
                    advance(program, task, step, task.failure(), false);
                }
                case Next.Wait wait -> {
                    wakeAfter.accept(requeue(lease, task, wait.duration(), wait.why(), 0, cancellable));
                    return;
                }
                case Next.Done done -> {
                    end(program, task, done.receipt(), null, lease, freeSlot);
                    return;
                }
            }
        }
    }

    private <S extends Enum<S> & Step, W, F> S rollBack(
            Program<S, W, F> program, Task<W, F> task, String reason, boolean dropCancel) {
        advance(program, task, program.rollBack(), reason, dropCancel);
        return program.rollBack();
    }

    private void advance(Program<?, ?, ?> program, Task<?, ?> task, Step step, String error, boolean dropCancel) {
        Aftermath aftermath = programs.aftermath(program.kind());
        String facts = programs.write(task.facts());
        if (aftermath == null) {
            store.advance(store.pool(), task.held(), step, facts, error, dropCancel)
                    .await()
                    .indefinitely();
        } else {
            Outcome outcome = new Outcome(
                    task.operation(), task.wish(), task.facts(), OperationState.RUNNING, step.name(), error);
            store.pool()
                    .withTransaction(tx -> aftermath
                            .write(tx, outcome)
                            .chain(() -> store.advance(tx, task.held(), step, facts, error, dropCancel)))
                    .await()
                    .indefinitely();
            aftermath.committed(outcome);
        }
        task.enter(step, error);
        signals.moved(task.id());
    }

    /**
     * @param cancellable whether a wish to cancel that came during the step ends the wait
     * @return how long it waits
     */
    private Duration requeue(
            Lease lease, Task<?, ?> task, Duration delay, String why, int attempt, boolean cancellable) {
        lease.leave();
        boolean cancelled = store.requeue(task.held(), delay, why, attempt, programs.write(task.facts()), cancellable)
                .await()
                .indefinitely();
        signals.moved(task.id());
        return cancelled ? Duration.ZERO : delay;
    }

    /**
     * @param trouble what went wrong while rolling back; null when nothing did
     */
    private void end(
            Program<?, ?, ?> program, Task<?, ?> task, Object receipt, String trouble, Lease lease, Runnable freeSlot) {
        lease.leave();
        String error = trouble == null
                ? task.failure()
                : (task.failure() == null ? "" : task.failure() + "; ") + "cleaning up failed: " + trouble;
        OperationState state = error == null
                ? OperationState.DONE
                : CANCELLED.equals(error) ? OperationState.CANCELLED : OperationState.FAILED;
        OperationStore.Ending ending = new OperationStore.Ending(
                task.held(), state, programs.write(receipt), programs.write(task.facts()), error);
        Aftermath aftermath = programs.aftermath(program.kind());
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
            store.pool()
                    .withTransaction(tx -> aftermath.write(tx, outcome).chain(() -> endOne(tx, ending)))
                    .await()
                    .indefinitely();
            aftermath.committed(outcome);
        }
        signals.moved(task.id());
    }

    private Uni<Void> endOne(io.vertx.mutiny.sqlclient.SqlConnection tx, OperationStore.Ending ending) {
        return store.end(tx, java.util.List.of(ending))
                .invoke(ended -> {
                    if (ended.isEmpty()) {
                        throw new LeaseLost(ending.held().id());
                    }
                })
                .replaceWithVoid();
    }

    private Duration backoff(int attempt) {
        long doubled = settings.backoff().toMillis() << Math.min(attempt - 1, 16);
        long capped = Math.min(doubled, settings.maxBackoff().toMillis());
        return Duration.ofMillis(capped / 2 + ThreadLocalRandom.current().nextLong(capped / 2 + 1));
    }

    private static String message(Exception e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }
}
