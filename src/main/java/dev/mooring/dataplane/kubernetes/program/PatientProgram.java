package dev.mooring.dataplane.kubernetes.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ChangeProgram;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.Patient;
import dev.mooring.dataplane.kubernetes.client.Away;
import dev.mooring.dataplane.kubernetes.client.Fence;
import dev.mooring.dataplane.kubernetes.client.KubernetesSettings;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.dataplane.kubernetes.server.OperatorWord.Waiting;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What the programs of this plane share, whatever the engine: a step that waits holds nothing and looks again. An API server that is
 * away is waited for, whatever the step; what an operator or a quota refuses fails when it has not passed by itself. A worker that has
 * lost the operation writes nothing any more.
 */
public abstract class PatientProgram<S extends Enum<S> & Step, F extends Patient<F>> extends ChangeProgram<S, F> {

    private static final Duration AWAY = Duration.ofSeconds(5);
    protected static final Duration LOOK = Duration.ofSeconds(1);

    private final KubernetesSettings settings;
    private final Clock clock;

    protected PatientProgram(
            Change change,
            String engine,
            Class<S> steps,
            S rollBack,
            F noFacts,
            KubernetesSettings settings,
            Clock clock) {
        super(change, Names.PLANE, engine, steps, rollBack, noFacts);
        this.settings = settings;
        this.clock = clock;
    }

    protected abstract Next step(S step, Task<ClusterSpec, F> task) throws Exception;

    @Override
    public final Next run(S step, Task<ClusterSpec, F> task) throws Exception {
        boolean back = step == rollBack();
        try {
            return new Fence(task::requireHeld, back ? task.id().toString() : null).around(() -> step(step, task));
        } catch (Away e) {
            return e.refused()
                    ? wait(Waiting.refused(e.getMessage()), task)
                    : Next.waitFor(e.pause().compareTo(AWAY) > 0 ? e.pause() : AWAY, e.getMessage());
        }
    }

    /** Looks again later, or goes on. */
    protected Next after(Optional<Waiting> waiting, Task<ClusterSpec, F> task, S next) {
        return waiting.map(left -> wait(left, task)).orElseGet(() -> {
            task.keep(task.facts().refused(null));
            return Next.go(next);
        });
    }

    protected Next wait(Waiting waiting, Task<ClusterSpec, F> task) {
        if (!waiting.refused()) {
            task.keep(task.facts().refused(null));
            return Next.waitFor(LOOK, waiting.why());
        }
        Instant now = clock.instant();
        String known = task.facts().refusedSince();
        Instant since = known == null ? now : Instant.parse(known);
        Duration patience = settings.patience();
        if (!since.plus(patience).isAfter(now)) {
            // What it goes back with may be refused for as long.
            task.keep(task.facts().refused(null));
            throw new OperationFailed(
                    waiting.why() + ". It has been so for " + patience.toSeconds() + " s. " + afterFailure());
        }
        task.keep(task.facts().refused(since.toString()));
        return Next.waitFor(LOOK, waiting.why());
    }

    /** How things stand after a failure. */
    protected abstract String afterFailure();

    protected Instant now() {
        return clock.instant();
    }
}
