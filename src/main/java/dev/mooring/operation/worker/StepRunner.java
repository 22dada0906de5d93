package dev.mooring.operation.worker;

import dev.mooring.operation.EngineSettings;
import dev.mooring.operation.Next;
import dev.mooring.operation.Operation;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Program;
import dev.mooring.operation.Programs;
import dev.mooring.operation.Step;
import dev.mooring.operation.store.LeaseLost;
import dev.mooring.operation.store.LeaseStore;
import dev.mooring.operation.store.OperationStore;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;

/** Runs the steps of one claimed operation until it waits, ends, or is lost. */
@ApplicationScoped
class StepRunner {

    private static final Logger LOG = Logger.getLogger(StepRunner.class);

    private final OperationStore store;
    private final LeaseStore leases;
    private final Programs programs;
    private final StepWriter writer;
    private final Unwritable unwritable;
    private final EngineSettings settings;

    StepRunner(
            OperationStore store,
            LeaseStore leases,
            Programs programs,
            StepWriter writer,
            Unwritable unwritable,
            EngineSettings settings) {
        this.store = store;
        this.leases = leases;
        this.programs = programs;
        this.writer = writer;
        this.unwritable = unwritable;
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
            run(programs.of(operation), operation, lease, stopping, freeSlot, wakeAfter);
        } catch (LeaseLost e) {
            LOG.warnf("%s %s: %s", operation.kind(), operation.step(), e.getMessage());
        } catch (RuntimeException | Error e) {
            if (!lease.lost()) {
                settle(operation, lease, e, wakeAfter);
            }
        } finally {
            MDC.remove("operation");
        }
    }

    private void settle(Operation operation, Lease lease, Throwable cause, Consumer<Duration> wakeAfter) {
        try {
            unwritable.settle(operation, lease, cause, wakeAfter);
        } catch (LeaseLost e) {
            LOG.warnf("%s %s: %s", operation.kind(), operation.step(), e.getMessage());
        } catch (RuntimeException e) {
            e.addSuppressed(cause);
            LOG.errorf(e, "%s: nothing can be written; it runs again when its lease is over", operation.kind());
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
        RunningTask<W, F> task =
                new RunningTask<>(operation, store, leases, programs.read(operation.wish(), program.wishType()), facts);
        lease.works(task);
        S step = Enum.valueOf(program.steps(), operation.step());
        int attempt = operation.attempt();
        while (true) {
            if (stopping.getAsBoolean()) {
                writer.requeue(lease, task, Duration.ZERO, null, attempt, false);
                return;
            }
            task.enter(step, task.failure());
            boolean cancellable = step != program.rollBack() && step.cancellable();
            boolean cancelled;
            Next next;
            try {
                cancelled = cancellable && task.cancelRequested() && !program.inForce(task);
                next = cancelled ? Next.go(program.rollBack()) : program.run(step, task);
            } catch (OperationFailed e) {
                if (step == program.rollBack()) {
                    writer.end(program, task, null, message(e), lease, freeSlot);
                    return;
                }
                LOG.warnf(e, "%s failed in %s", program.kind(), step);
                step = rollBack(program, task, message(e), true);
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
                    Duration delay = pause(settings, attempt);
                    LOG.warnf(e, "%s: %s failed, trying again in %d ms", program.kind(), step, delay.toMillis());
                    wakeAfter.accept(writer.requeue(
                            lease, task, delay, "trying again after: " + message(e), attempt, cancellable));
                    return;
                }
                String reason = "gave up after " + attempt + " tries of \"" + step.words() + "\": " + message(e);
                LOG.errorf(e, "%s: %s", program.kind(), reason);
                if (step == program.rollBack()) {
                    writer.end(program, task, null, reason, lease, freeSlot);
                    return;
                }
                step = rollBack(program, task, reason, true);
                attempt = 0;
                continue;
            }
            if (cancelled) {
                step = rollBack(program, task, StepWriter.CANCELLED, false);
                continue;
            }
            switch (next) {
                case Next.Go go -> {
                    step = Enum.valueOf(program.steps(), go.step().name());
                    attempt = 0;
                    writer.advance(program, task, step, task.failure(), false);
                }
                case Next.Again again -> {
                    attempt = 0;
                    writer.keep(task, again.why());
                }
                case Next.WaitForOperation wait -> {
                    writer.park(lease, task, wait.operation(), wait.why(), cancellable);
                    return;
                }
                case Next.Wait wait -> {
                    wakeAfter.accept(writer.requeue(lease, task, wait.duration(), wait.why(), 0, cancellable));
                    return;
                }
                case Next.Done done -> {
                    writer.end(program, task, done.receipt(), null, lease, freeSlot);
                    return;
                }
            }
        }
    }

    private <S extends Enum<S> & Step, W, F> S rollBack(
            Program<S, W, F> program, RunningTask<W, F> task, String reason, boolean dropCancel) {
        writer.advance(program, task, program.rollBack(), reason, dropCancel);
        return program.rollBack();
    }

    /** Before the next try after so many in a row, spread so that not everything comes back at once. */
    static Duration pause(EngineSettings settings, int attempt) {
        long doubled = settings.backoff().toMillis() << Math.min(attempt - 1, 16);
        long capped = Math.min(doubled, settings.maxBackoff().toMillis());
        return Duration.ofMillis(capped / 2 + ThreadLocalRandom.current().nextLong(capped / 2 + 1));
    }

    /** Never null: whoever has failed without a word has failed all the same. */
    private static String message(Exception e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }
}
