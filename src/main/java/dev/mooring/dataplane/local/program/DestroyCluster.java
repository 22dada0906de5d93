package dev.mooring.dataplane.local.program;

import dev.mooring.dataplane.ClusterFacts;
import dev.mooring.dataplane.ClusterWish;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.home.MooringHome;
import dev.mooring.operation.Next;
import dev.mooring.operation.Program;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;

/** The end of a cluster. Whatever else is under way for it is asked to end first. */
@ApplicationScoped
public class DestroyCluster implements Program<DestroyCluster.Steps, ClusterWish, ClusterFacts> {

    public enum Steps implements Step {
        WAIT_FOR_OTHERS("Waiting for other operations to end"),
        STOP("Stopping PostgreSQL"),
        REMOVE("Deleting the files"),
        GIVE_UP("Ending after a failure");

        private final String words;

        Steps(String words) {
            this.words = words;
        }

        @Override
        public String words() {
            return words;
        }

        @Override
        public boolean cancellable() {
            return false;
        }
    }

    private final LocalClusters clusters;

    DestroyCluster(LocalClusters clusters) {
        this.clusters = clusters;
    }

    @Override
    public String kind() {
        return "destroy-cluster";
    }

    @Override
    public Class<Steps> steps() {
        return Steps.class;
    }

    @Override
    public Class<ClusterWish> wishType() {
        return ClusterWish.class;
    }

    @Override
    public Class<ClusterFacts> factsType() {
        return ClusterFacts.class;
    }

    @Override
    public ClusterFacts noFacts() {
        return ClusterFacts.NONE;
    }

    @Override
    public Steps rollBack() {
        return Steps.GIVE_UP;
    }

    @Override
    public Next run(Steps step, Task<ClusterWish, ClusterFacts> task) throws Exception {
        return switch (step) {
            case WAIT_FOR_OTHERS -> waitForOthers(task);
            case STOP ->
                locked(task, () -> RemoveCluster.stop(clusters, task.wish().id()), Next.go(Steps.REMOVE));
            case REMOVE ->
                locked(
                        task,
                        () -> MooringHome.deleteTree(
                                clusters.folder(task.wish().id()).root()),
                        Next.done(null));
            case GIVE_UP -> Next.done(null);
        };
    }

    private Next waitForOthers(Task<ClusterWish, ClusterFacts> task) {
        task.cancelOthers();
        int others = task.unfinishedBefore();
        return others == 0
                ? Next.go(Steps.STOP)
                : Next.waitFor(Duration.ofMillis(100), others + " other operations of the cluster are ending");
    }

    private Next locked(Task<ClusterWish, ClusterFacts> task, Work work, Next next) throws Exception {
        ReentrantLock lock = clusters.supervisor().lock(task.wish().id());
        lock.lockInterruptibly();
        try {
            work.run();
            return next;
        } finally {
            lock.unlock();
        }
    }

    private interface Work {
        void run() throws Exception;
    }
}
