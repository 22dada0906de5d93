package dev.mooring.dataplane.local.program;

import dev.mooring.dataplane.ClusterFacts;
import dev.mooring.dataplane.ClusterWish;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.home.MooringHome;
import dev.mooring.operation.Next;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import jakarta.inject.Singleton;
import java.time.Duration;

/** The end of a cluster. Whatever else is under way for it is asked to end first. */
@Singleton
public class DestroyCluster extends ClusterProgram<DestroyCluster.Steps> {

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

    DestroyCluster(LocalClusters clusters) {
        super("destroy-cluster", Steps.class, Steps.GIVE_UP, clusters);
    }

    @Override
    protected Next step(Steps step, Task<ClusterWish, ClusterFacts> task) throws Exception {
        return switch (step) {
            case WAIT_FOR_OTHERS -> waitForOthers(task);
            case STOP -> {
                RemoveCluster.stop(clusters, task.wish().id());
                yield Next.go(Steps.REMOVE);
            }
            case REMOVE -> {
                MooringHome.deleteTree(clusters.folder(task.wish().id()).root());
                yield Next.done(null);
            }
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
}
