package dev.mooring.dataplane.local.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.ClusterFacts;
import dev.mooring.dataplane.local.archive.Archiver;
import dev.mooring.dataplane.local.archive.Archives;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.standby.StandbyKeeper;
import dev.mooring.home.MooringHome;
import dev.mooring.operation.Next;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The end of a cluster. Whatever else is under way for it is asked to end first. */
@Singleton
public class DestroyCluster extends ClusterProgram<DestroyCluster.Steps, ClusterFacts> {

    public enum Steps implements Step {
        WAIT_FOR_OTHERS("Waiting for other operations to end"),
        STOP("Stopping PostgreSQL"),
        REMOVE("Deleting the files"),
        ROLL_BACK("Ending after a failure");

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

    private static final Logger LOG = Logger.getLogger(DestroyCluster.class);
    private static final Duration CATCH_UP_LIMIT = Duration.ofSeconds(3);

    private final Archives archives;
    private final Archiver archiver;
    private final StandbyKeeper standbys;

    DestroyCluster(LocalClusters clusters, Archives archives, Archiver archiver, StandbyKeeper standbys) {
        super(Change.DESTROY, Steps.class, Steps.ROLL_BACK, ClusterFacts.NONE, clusters);
        this.archives = archives;
        this.archiver = archiver;
        this.standbys = standbys;
    }

    @Override
    protected Next step(Steps step, Task<ClusterSpec, ClusterFacts> task) throws Exception {
        return switch (step) {
            case WAIT_FOR_OTHERS -> waitForOthers(task);
            case STOP -> {
                standbys.forget(task.wish().id());
                endArchive(task.wish().id());
                UUID followed = followed(task.wish());
                ClusterFiles.stop(clusters, task.wish().id());
                if (followed != null) {
                    standbys.readOnly().release(clusters.folder(task.wish().id()), followed);
                }
                yield Next.go(Steps.REMOVE);
            }
            case REMOVE -> {
                archives.of(task.wish().id()).end();
                MooringHome.deleteTree(clusters.folder(task.wish().id()).root());
                yield Next.done(null);
            }
            case ROLL_BACK -> Next.done(null);
        };
    }

    /** Null for a cluster of its own. */
    private @Nullable UUID followed(ClusterSpec wish) {
        return manifest(wish.id())
                .map(ClusterFolder.Manifest::follows)
                .map(ClusterFolder.Follows::cluster)
                .orElse(wish.follows());
    }

    /** The last of what was committed can be recovered too, unless the cluster cannot say any more what that is. */
    private void endArchive(UUID cluster) throws Exception {
        Optional<ClusterFolder.Manifest> manifest = manifest(cluster);
        if (manifest.isPresent() && !manifest.get().unarchived()) {
            try {
                archiver.catchUp(cluster, manifest.get(), CATCH_UP_LIMIT);
            } catch (SQLException e) {
                LOG.infof("cluster %s is deleted while its server is down: %s", cluster, e.getMessage());
            }
        }
        archiver.end(cluster);
    }

    /** One that is damaged is no reason to keep the cluster. */
    private Optional<ClusterFolder.Manifest> manifest(UUID cluster) {
        try {
            return clusters.folder(cluster).manifest();
        } catch (IOException e) {
            LOG.warnf("cluster %s is deleted without a last look at its server: %s", cluster, e.getMessage());
            return Optional.empty();
        }
    }

    private Next waitForOthers(Task<ClusterSpec, ClusterFacts> task) {
        task.cancelOthers();
        List<UUID> others = task.unfinishedBefore();
        return others.isEmpty()
                ? Next.go(Steps.STOP)
                : Next.waitFor(others.getFirst(), others.size() + " other operations of the cluster are ending");
    }
}
