package dev.mooring.dataplane.local.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ChangeProgram;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.engine.postgres.PostgresEngine;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** What the programs on local clusters share: the wish, the facts, and that only one of them touches a cluster's files at a time. */
public abstract class ClusterProgram<S extends Enum<S> & Step, F> extends ChangeProgram<S, F> {

    /** Longer is waited without a slot. */
    private static final Duration PATIENCE = Duration.ofMillis(200);

    protected final LocalClusters clusters;

    protected ClusterProgram(Change change, Class<S> steps, S rollBack, F noFacts, LocalClusters clusters) {
        super(change, LocalClusters.PLANE, PostgresEngine.ENGINE, steps, rollBack, noFacts);
        this.clusters = clusters;
    }

    /** One step, with the cluster's lock held if {@link #exclusive} says so. */
    protected abstract Next step(S step, Task<ClusterSpec, F> task) throws Exception;

    /** Whether the cluster's server is started, stopped or changed in the step. */
    protected boolean exclusive(S step) {
        return true;
    }

    /**
     * What the server refuses it would refuse again; a broken connection is worth another try.
     *
     * @param what is refused, as in "PostgreSQL refuses the change"
     */
    protected static Exception refusedOrBroken(String what, SQLException e) {
        return broken(e) ? e : new OperationFailed("PostgreSQL refuses " + what + ": " + e.getMessage(), e);
    }

    /** Whether the connection or the server went, rather than that the server answered. */
    public static boolean broken(SQLException e) {
        String state = e.getSQLState() == null ? "08000" : e.getSQLState();
        return state.startsWith("08") || state.startsWith("57P") || state.startsWith("53");
    }

    @Override
    public final Next run(S step, Task<ClusterSpec, F> task) throws Exception {
        if (!exclusive(step)) {
            return step(step, task);
        }
        ReentrantLock lock = clusters.supervisor().lock(task.wish().id());
        if (!lock.tryLock(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
            return Next.waitFor(PATIENCE, "the cluster's server is being started or looked after");
        }
        ClusterFolder folder = clusters.folder(task.wish().id());
        try {
            clusters.beginChange(folder);
            return step(step, task);
        } finally {
            clusters.endChange(folder);
            lock.unlock();
        }
    }
}
