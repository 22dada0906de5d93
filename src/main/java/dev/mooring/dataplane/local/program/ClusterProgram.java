package dev.mooring.dataplane.local.program;

import dev.mooring.dataplane.ClusterWish;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.operation.Next;
import dev.mooring.operation.Program;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import java.util.concurrent.locks.ReentrantLock;

/** What the programs on local clusters share: the wish, the facts, and that only one of them touches a cluster's files at a time. */
abstract class ClusterProgram<S extends Enum<S> & Step, F> implements Program<S, ClusterWish, F> {

    private final String kind;
    private final Class<S> steps;
    private final S rollBack;
    private final F noFacts;
    protected final LocalClusters clusters;

    protected ClusterProgram(String kind, Class<S> steps, S rollBack, F noFacts, LocalClusters clusters) {
        this.kind = kind;
        this.steps = steps;
        this.rollBack = rollBack;
        this.noFacts = noFacts;
        this.clusters = clusters;
    }

    /** One step, with the cluster's lock held. */
    protected abstract Next step(S step, Task<ClusterWish, F> task) throws Exception;

    @Override
    public final Next run(S step, Task<ClusterWish, F> task) throws Exception {
        ReentrantLock lock = clusters.supervisor().lock(task.wish().id());
        lock.lockInterruptibly();
        try {
            return step(step, task);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public final String kind() {
        return kind;
    }

    @Override
    public final Class<S> steps() {
        return steps;
    }

    @Override
    public final S rollBack() {
        return rollBack;
    }

    @Override
    public final Class<ClusterWish> wishType() {
        return ClusterWish.class;
    }

    @Override
    @SuppressWarnings("unchecked")
    public final Class<F> factsType() {
        return (Class<F>) noFacts.getClass();
    }

    @Override
    public final F noFacts() {
        return noFacts;
    }
}
