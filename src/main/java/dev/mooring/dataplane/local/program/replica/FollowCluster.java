package dev.mooring.dataplane.local.program.replica;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.ClusterFacts;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.program.ClusterFiles;
import dev.mooring.dataplane.local.program.ClusterProgram;
import dev.mooring.dataplane.local.standby.Follower;
import dev.mooring.dataplane.local.standby.ReadOnlySpec;
import dev.mooring.dataplane.local.standby.StandbyKeeper;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;

/** A read-only node: a copy of a primary that goes on following it, at an address of its own. */
@Singleton
public class FollowCluster extends ClusterProgram<FollowCluster.Steps, ClusterFacts> {

    public enum Steps implements Step {
        CHECK("Checking the port and the cluster to follow"),
        COPY("Copying the primary"),
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

    private static final Duration GLANCE = Duration.ofMillis(200);
    /** What fails so often in a row will not get better by itself. */
    private static final int MOST_FAILURES = 3;

    private final StandbyKeeper standbys;

    FollowCluster(LocalClusters clusters, StandbyKeeper standbys) {
        super(Change.FOLLOW, Steps.class, Steps.ROLL_BACK, ClusterFacts.NONE, clusters);
        this.standbys = standbys;
    }

    @Override
    protected Next step(Steps step, Task<ClusterSpec, ClusterFacts> task) throws Exception {
        ClusterFolder folder = clusters.folder(task.wish().id());
        return switch (step) {
            case CHECK -> check(task);
            case COPY -> copy(task, folder);
            case ROLL_BACK -> {
                UUID id = task.wish().id();
                standbys.forget(id);
                ClusterFiles.remove(clusters, id);
                standbys.readOnly().release(folder, task.wish().requiredFollows());
                yield Next.done(null);
            }
        };
    }

    private Next check(Task<ClusterSpec, ClusterFacts> task) throws IOException {
        ClusterSpec wish = task.wish();
        ClusterFolder.Manifest manifest = new ReadOnlySpec(clusters, standbys).manifest(wish);
        if (!clusters.portFree(wish.port())) {
            throw new OperationFailed("port " + wish.port() + " is taken by another program. Nothing was created;"
                    + " delete this read-only node and create it again to get another port.");
        }
        task.keep(task.facts().withSemanticVersion(manifest.version()));
        return Next.go(Steps.COPY);
    }

    private Next copy(Task<ClusterSpec, ClusterFacts> task, ClusterFolder folder)
            throws IOException, InterruptedException {
        ClusterSpec wish = task.wish();
        if (folder.manifest().isEmpty()) {
            clusters.makeFolders(folder);
            clusters.writeCertificate(folder, wish);
            folder.write(new ReadOnlySpec(clusters, standbys).manifest(wish));
        }
        standbys.readOnly().look(folder);
        Follower seen = standbys.readOnly().seen(wish.id());
        if (seen.failures() >= MOST_FAILURES) {
            throw new OperationFailed("the read-only node cannot be made: " + seen.why()
                    + ". What was made is removed; create it again when the cause is gone.");
        }
        if (seen.state() != Follower.State.FOLLOWING) {
            return Next.waitFor(GLANCE, seen.why() == null ? seen.state().name().toLowerCase(Locale.ROOT) : seen.why());
        }
        task.keep(
                task.facts().withSemanticVersion(folder.manifest().orElseThrow().version()));
        Map<String, Object> receipt = new LinkedHashMap<>();
        receipt.put("version", task.facts().semanticVersion());
        receipt.put("port", wish.port());
        receipt.put("follows", wish.follows());
        return Next.done(receipt);
    }
}
