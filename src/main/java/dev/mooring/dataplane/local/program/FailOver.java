package dev.mooring.dataplane.local.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.ClusterFacts;
import dev.mooring.dataplane.local.archive.Archiver;
import dev.mooring.dataplane.local.archive.Archives;
import dev.mooring.dataplane.local.archive.Timelines;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.standby.StandbyKeeper;
import dev.mooring.dataplane.local.standby.takeover.Takeover;
import dev.mooring.dataplane.local.standby.takeover.Takeovers;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What follows after a primary was lost: another node had taken its place before anybody asked, also when nobody was there to be asked. This
 * tells how that went, and watches over the return of the lost one.
 */
@Singleton
public class FailOver extends ClusterProgram<FailOver.Steps, ClusterFacts> {

    public enum Steps implements Step {
        TELL("Writing down how another node became the primary"),
        FOLLOW("Making a standby node of the one that was lost"),
        ROLL_BACK("Ending");

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

    private final StandbyKeeper standbys;
    private final Archives archives;
    private final Archiver archiver;

    FailOver(LocalClusters clusters, StandbyKeeper standbys, Archives archives, Archiver archiver) {
        super(Change.FAIL_OVER, Steps.class, Steps.ROLL_BACK, ClusterFacts.NONE, clusters);
        this.standbys = standbys;
        this.archives = archives;
        this.archiver = archiver;
    }

    @Override
    protected boolean exclusive(Steps step) {
        return false;
    }

    @Override
    protected Next step(Steps step, Task<ClusterSpec, ClusterFacts> task) throws Exception {
        ClusterFolder folder = clusters.folder(task.wish().id());
        return switch (step) {
            case TELL -> tell(task, folder);
            case FOLLOW -> follow(task, folder);
            case ROLL_BACK -> Next.done(null);
        };
    }

    private Next tell(Task<ClusterSpec, ClusterFacts> task, ClusterFolder folder) throws IOException, SQLException {
        Optional<Takeover> takeover = takeover(task, folder);
        if (takeover.isEmpty()) {
            throw new OperationFailed("nothing is written down any more of how the cluster's nodes changed places");
        }
        if (!takeover.get().whole()) {
            beginTimeline(folder, Instant.parse(takeover.get().servesSince()));
        }
        task.keep(task.facts().withSwitched(receipt(takeover.get())));
        return Next.go(Steps.FOLLOW);
    }

    private void beginTimeline(ClusterFolder folder, Instant since) throws IOException, SQLException {
        try (Connection connection = clusters.open(folder.manifest().orElseThrow(), "postgres")) {
            Timelines.begin(
                    archives.of(folder.id()), archiver, folder.id(), since, PostgresServer.timeline(connection));
        }
    }

    private Next follow(Task<ClusterSpec, ClusterFacts> task, ClusterFolder folder) throws IOException {
        Optional<Takeover> takeover = takeover(task, folder);
        if (takeover.isPresent()) {
            Takeovers.told(folder, takeover.get());
        }
        return FollowerWait.look(standbys, folder, "The new primary serves, and the making of standby nodes goes on.")
                .orElseGet(() -> Next.done(task.facts().switched()));
    }

    private static Optional<Takeover> takeover(Task<ClusterSpec, ClusterFacts> task, ClusterFolder folder)
            throws IOException {
        return Takeovers.untold(folder).stream()
                .filter(one -> one.id(folder.id()).equals(task.id()))
                .findFirst();
    }

    private static Map<String, Object> receipt(Takeover takeover) {
        Map<String, Object> receipt = new LinkedHashMap<>();
        receipt.put("term", takeover.term());
        receipt.put("from", takeover.from());
        receipt.put("to", takeover.to());
        receipt.put("reason", takeover.reason());
        receipt.put("noticed_at", takeover.begunAt());
        receipt.put("serves_since", takeover.servesSince());
        receipt.put("pause_ms", takeover.millis());
        receipt.put("wal_complete", takeover.whole());
        if (!takeover.whole()) {
            receipt.put("slots_lost", takeover.slotsLost() == null ? List.of() : takeover.slotsLost());
        }
        return receipt;
    }
}
