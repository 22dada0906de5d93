package dev.mooring.dataplane.local.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.ClusterFacts;
import dev.mooring.dataplane.local.archive.Archiver;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.standby.StandbyKeeper;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import dev.mooring.process.postgres.Engine;
import jakarta.inject.Singleton;
import java.util.LinkedHashMap;
import java.util.Map;

/** Restarts a cluster with the newest minor version that this machine has of its major. The data stays as it is. */
@Singleton
public class InstallUpdate extends ClusterProgram<InstallUpdate.Steps, ClusterFacts> {

    public enum Steps implements Step {
        CHECK("Looking for a newer minor version"),
        RESTART("Restarting PostgreSQL with it"),
        ROLL_BACK("Starting the version before again");

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
            return this == CHECK;
        }
    }

    private final Archiver archiver;
    private final StandbyKeeper standbys;

    InstallUpdate(LocalClusters clusters, Archiver archiver, StandbyKeeper standbys) {
        super(Change.INSTALL_UPDATE, Steps.class, Steps.ROLL_BACK, ClusterFacts.NONE, clusters);
        this.archiver = archiver;
        this.standbys = standbys;
    }

    @Override
    protected Next step(Steps step, Task<ClusterSpec, ClusterFacts> task) throws Exception {
        ClusterFolder folder = clusters.folder(task.wish().id());
        ClusterFolder.Manifest manifest = folder.manifest()
                .orElseThrow(() -> new OperationFailed("the cluster does not run here any more; nothing was changed"));
        return switch (step) {
            case CHECK -> check(task, manifest);
            case RESTART -> restart(task, folder, manifest);
            case ROLL_BACK -> goBack(folder, manifest);
        };
    }

    private Next check(Task<ClusterSpec, ClusterFacts> task, ClusterFolder.Manifest manifest) throws Exception {
        Engine newest = clusters.engines().engine(manifest.major());
        if (newest.version().equals(manifest.version())) {
            task.keep(task.facts().withSemanticVersion(manifest.version()));
            return Next.done(Map.of("version", manifest.version(), "updated", false));
        }
        task.keep(task.facts().withSemanticVersion(newest.version()));
        return Next.go(Steps.RESTART);
    }

    private Next restart(Task<ClusterSpec, ClusterFacts> task, ClusterFolder folder, ClusterFolder.Manifest manifest)
            throws Exception {
        Engine engine = clusters.engines().engine(manifest.major(), task.facts().requiredSemanticVersion());
        PostgresServer before = PostgresServer.of(clusters, folder, manifest);
        PostgresServer after = new PostgresServer(clusters, folder, engine, before.port(), before.password());
        // First those that follow: one may always be newer than its primary.
        standbys.restart(folder, manifest.withVersion(engine.version()));
        Restart.Measured measured = Restart.of(before, after, archiver);
        folder.write(manifest.withVersion(engine.version()));
        clusters.supervisor().watch(folder.id(), after.postmaster());
        task.keep(task.facts().withRestart());
        Map<String, Object> receipt = new LinkedHashMap<>();
        receipt.put("from", manifest.version());
        receipt.put("version", engine.version());
        receipt.put("updated", true);
        receipt.putAll(measured.receipt());
        return Next.done(receipt);
    }

    private Next goBack(ClusterFolder folder, ClusterFolder.Manifest manifest) throws Exception {
        PostgresServer.of(clusters, folder, manifest).ensureRunning();
        return Next.done(null);
    }
}
