package dev.mooring.dataplane.kubernetes.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.Patient;
import dev.mooring.dataplane.kubernetes.client.KubernetesSettings;
import dev.mooring.dataplane.kubernetes.server.OperatorWord.Waiting;
import dev.mooring.engine.postgres.PostgresEngine;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import java.sql.SQLException;
import java.time.Clock;
import java.util.Optional;

/**
 * What the programs on PostgreSQL share: objects are applied whole, and a change is done when the servers themselves have it.
 */
public abstract class KubernetesProgram<S extends Enum<S> & Step, F extends Patient<F>> extends PatientProgram<S, F> {

    protected final Projection projection;

    protected KubernetesProgram(
            Change change,
            Class<S> steps,
            S rollBack,
            F noFacts,
            Projection projection,
            KubernetesSettings settings,
            Clock clock) {
        super(change, PostgresEngine.ENGINE, steps, rollBack, noFacts, settings, clock);
        this.projection = projection;
    }

    /** What was asked for is remembered when it is in force. */
    @Override
    public boolean inForce(Task<ClusterSpec, F> task) {
        return projection
                .remembered(task.wish().id())
                .filter(spec -> spec.revision() >= task.wish().revision())
                .isPresent();
    }

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
