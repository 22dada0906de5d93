package dev.mooring.dataplane.kubernetes.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ChangeProgram;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.Patient;
import dev.mooring.dataplane.kubernetes.client.Away;
import dev.mooring.dataplane.kubernetes.client.KubernetesSettings;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.dataplane.kubernetes.server.OperatorWord.Waiting;
import dev.mooring.engine.postgres.PostgresEngine;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What the programs of this plane share: objects are applied whole, and a step that waits holds nothing and looks again. An API server
 * that is away is waited for, whatever the step; what the operator refuses fails when it has not passed by itself.
 */
public abstract class KubernetesProgram<S extends Enum<S> & Step, F extends Patient<F>> extends ChangeProgram<S, F> {

    private static final Duration AWAY = Duration.ofSeconds(5);
    protected static final Duration LOOK = Duration.ofSeconds(1);

    protected final Projection projection;
    private final Duration patience;
    private final Clock clock;

    protected KubernetesProgram(
            Change change,
            Class<S> steps,
            S rollBack,
            F noFacts,
            Projection projection,
            KubernetesSettings settings,
            Clock clock) {
        super(change, Names.PLANE, PostgresEngine.ENGINE, steps, rollBack, noFacts);
        this.projection = projection;
        this.patience = settings == null ? null : settings.patience();
        this.clock = clock;
    }

    protected abstract Next step(S step, Task<ClusterSpec, F> task) throws Exception;

    @Override
    public final Next run(S step, Task<ClusterSpec, F> task) throws Exception {
        try {
            return step(step, task);
        } catch (Away e) {
            return Next.waitFor(AWAY, e.getMessage());
        }
    }

    /** Looks again later, or goes on. */
    protected Next after(Optional<Waiting> waiting, Task<ClusterSpec, F> task, S next) {
        return waiting.map(left -> wait(left, task)).orElseGet(() -> {
            task.keep(task.facts().refused(null));
            return Next.go(next);
        });
    }

    /** What was asked for is remembered when it is in force. */
    @Override
    public boolean inForce(Task<ClusterSpec, F> task) {
        return projection
                .remembered(task.wish().id())
                .filter(spec -> spec.revision() >= task.wish().revision())
                .isPresent();
    }

    protected Next wait(Waiting waiting, Task<ClusterSpec, F> task) {
        if (!waiting.refused()) {
            task.keep(task.facts().refused(null));
            return Next.waitFor(LOOK, waiting.why());
        }
        Instant now = clock.instant();
        String known = task.facts().refusedSince();
        Instant since = known == null ? now : Instant.parse(known);
        if (!since.plus(patience).isAfter(now)) {
            throw new OperationFailed(
                    waiting.why() + ". It has been so for " + patience.toSeconds() + " s. " + afterFailure());
        }
        task.keep(task.facts().refused(since.toString()));
        return Next.waitFor(LOOK, waiting.why());
    }

    /** How things stand after a failure. */
    protected abstract String afterFailure();

    protected Members members(ClusterSpec spec) {
        return new Members(projection, spec);
    }

    protected Followers followers(ClusterSpec spec) {
        return new Followers(projection, spec);
    }

    protected Poolers poolers(ClusterSpec spec) {
        return new Poolers(projection, spec);
    }

    /** What is left of who and what is gone from the spec. */
    protected Optional<Waiting> dropped(ClusterSpec spec) {
        Optional<Waiting> pools = poolers(spec).drop();
        if (pools.isPresent()) {
            return pools;
        }
        try {
            return members(spec).drop();
        } catch (SQLException e) {
            return Optional.of(unanswered(e));
        }
    }

    /** Whether the servers themselves have what the spec says; from then on a refused change goes back to it. */
    protected Optional<Waiting> settled(ClusterSpec spec) {
        Optional<Waiting> missing = projection.missing(spec);
        if (missing.isEmpty()) {
            projection.publishAuthority(spec.id());
            projection.remember(spec);
        }
        return missing;
    }

    protected Instant now() {
        return clock.instant();
    }

    /** Of what cannot be asked yet. */
    public static SQLException noAuthority() {
        return new SQLException("CloudNativePG has not made the cluster's CA yet", "08000");
    }

    public static Waiting unanswered(SQLException e) {
        String state = e.getSQLState() == null ? "08000" : e.getSQLState();
        return state.startsWith("08") || state.startsWith("57P")
                ? Waiting.on("a server does not answer Mooring: " + e.getMessage())
                : Waiting.refused("PostgreSQL refuses: " + e.getMessage());
    }
}
