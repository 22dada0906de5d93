package dev.mooring.dataplane.local.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.ClusterFacts;
import dev.mooring.dataplane.local.archive.Archiver;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.postgres.DataTemplate;
import dev.mooring.dataplane.local.standby.StandbyKeeper;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import dev.mooring.process.postgres.Engine;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;

/** A new PostgreSQL cluster: the template's copy, started, with its users and databases. */
@Singleton
public class ProvisionCluster extends ClusterProgram<ProvisionCluster.Steps, ClusterFacts> {

    /** A copy of the template and the first WAL segments, with room to breathe. */
    private static final long SMALLEST_DISK = 256L << 20;

    public enum Steps implements Step {
        CHECK("Checking version, port and disk"),
        COPY("Copying the template"),
        START("Starting PostgreSQL"),
        SET_UP("Creating users and databases"),
        NODES("Copying the primary to standby nodes"),
        ROLL_BACK("Removing what was made");

        private final String words;

        Steps(String words) {
            this.words = words;
        }

        @Override
        public String words() {
            return words;
        }
    }

    private final Archiver archiver;
    private final StandbyKeeper standbys;

    ProvisionCluster(LocalClusters clusters, Archiver archiver, StandbyKeeper standbys) {
        super(Change.PROVISION, Steps.class, Steps.ROLL_BACK, ClusterFacts.NONE, clusters);
        this.archiver = archiver;
        this.standbys = standbys;
    }

    @Override
    protected Next step(Steps step, Task<ClusterSpec, ClusterFacts> task) throws Exception {
        return switch (step) {
            case CHECK -> check(task);
            case COPY -> copy(task);
            case START -> start(task);
            case SET_UP -> setUp(task);
            case NODES -> addNodes(task);
            case ROLL_BACK -> cleanUp(task);
        };
    }

    private Next check(Task<ClusterSpec, ClusterFacts> task) throws Exception {
        ClusterSpec wish = task.wish();
        if (!clusters.engines().offers(wish.version())) {
            throw new OperationFailed("no PostgreSQL " + wish.version() + " server on this machine; it has "
                    + String.join(", ", clusters.engines().majors()) + ". Nothing was created.");
        }
        checkPort(wish);
        long free = Files.getFileStore(clusters.folder(wish.id()).root().getParent())
                .getUsableSpace();
        if (free < SMALLEST_DISK) {
            throw new OperationFailed("only " + (free >> 20) + " MiB are free for clusters, a new one needs "
                    + (SMALLEST_DISK >> 20) + " MiB. Nothing was created; free some space and create it again.");
        }
        Engine engine = clusters.engines().engine(wish.version());
        clusters.template().prepare(engine);
        task.keep(task.facts().withSemanticVersion(engine.version()));
        return Next.go(Steps.COPY);
    }

    private void checkPort(ClusterSpec wish) {
        if (!clusters.portFree(wish.port())) {
            throw new OperationFailed("port " + wish.port() + " is taken by another program. Nothing was created;"
                    + " delete this cluster and create it again to get another port.");
        }
    }

    private Next copy(Task<ClusterSpec, ClusterFacts> task) throws Exception {
        ClusterSpec wish = task.wish();
        ClusterFolder folder = clusters.folder(wish.id());
        if (Files.notExists(folder.data())) {
            Engine engine = clusters.engines().engine(wish.version());
            DataTemplate.Ready template = clusters.template().prepare(engine);
            clusters.makeFolders(folder);
            copyTemplate(template, folder);
        }
        return Next.go(Steps.START);
    }

    private void copyTemplate(DataTemplate.Ready template, ClusterFolder folder) throws InterruptedException {
        try {
            clusters.copyTemplate(template, folder);
        } catch (IOException e) {
            throw new OperationFailed(
                    e.getMessage() + ". What was copied is removed; create the cluster again when the cause is gone.",
                    e);
        }
    }

    private Next start(Task<ClusterSpec, ClusterFacts> task) throws Exception {
        firstStart(task).start(() -> checkPort(task.wish()));
        return Next.go(Steps.SET_UP);
    }

    private Next setUp(Task<ClusterSpec, ClusterFacts> task) throws Exception {
        InitialStart start = firstStart(task);
        start.setUp(clusters.template().prepare(start.engine()).superuserPassword());
        archiver.begin(clusters.folder(task.wish().id()));
        return task.wish().nodes() > 1 ? Next.go(Steps.NODES) : done(task);
    }

    private Next addNodes(Task<ClusterSpec, ClusterFacts> task) throws IOException {
        ClusterFolder folder = clusters.folder(task.wish().id());
        FollowerWait.ask(standbys, folder, task.wish());
        return FollowerWait.look(
                        standbys, folder, "What was made is removed; create the cluster again when the cause is gone.")
                .orElseGet(() -> done(task));
    }

    private static Next done(Task<ClusterSpec, ClusterFacts> task) {
        return Next.done(Map.of(
                "version",
                task.facts().semanticVersion(),
                "port",
                task.wish().port(),
                "nodes",
                task.wish().nodes()));
    }

    private InitialStart firstStart(Task<ClusterSpec, ClusterFacts> task) throws IOException {
        return new InitialStart(
                clusters,
                task.wish(),
                clusters.engines().engine(task.wish().version(), task.facts().requiredSemanticVersion()));
    }

    private Next cleanUp(Task<ClusterSpec, ClusterFacts> task) throws Exception {
        standbys.forget(task.wish().id());
        ClusterFiles.remove(clusters, task.wish().id());
        return Next.done(null);
    }
}
