package dev.mooring.dataplane.local.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.ClusterFacts;
import dev.mooring.dataplane.local.archive.Archiver;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.pool.PoolPause;
import dev.mooring.dataplane.local.pool.Pooler;
import dev.mooring.dataplane.local.standby.Follower;
import dev.mooring.dataplane.local.standby.StandbyKeeper;
import dev.mooring.dataplane.local.standby.takeover.Takeover;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.dataplane.local.upgrade.server.WriteProbe;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Lets a node that follows take the primary's place, which hands over everything and follows then. Address and credentials stay. */
@Singleton
public class SwitchOver extends ClusterProgram<SwitchOver.Steps, ClusterFacts> {

    /** More is waited for: who takes over replays it while nobody can write. */
    private static final long CLOSE = 16L << 20;

    public enum Steps implements Step {
        CHECK("Choosing the node that follows most closely"),
        SWITCH("Stopping the primary and starting the other node in its place"),
        FOLLOW("Waiting until the old primary follows"),
        ROLL_BACK("Starting the primary again");

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

    SwitchOver(LocalClusters clusters, Archiver archiver, StandbyKeeper standbys) {
        super(Change.SWITCH_OVER, Steps.class, Steps.ROLL_BACK, ClusterFacts.NONE, clusters);
        this.archiver = archiver;
        this.standbys = standbys;
    }

    @Override
    protected Next step(Steps step, Task<ClusterSpec, ClusterFacts> task) throws Exception {
        ClusterFolder folder = clusters.folder(task.wish().id());
        ClusterFolder.Manifest manifest = folder.manifest()
                .orElseThrow(() -> new OperationFailed("the cluster does not run here any more; nothing was changed"));
        return switch (step) {
            case CHECK -> check(task, folder, manifest);
            case SWITCH -> switchOver(task, folder, manifest);
            case FOLLOW ->
                FollowerWait.look(standbys, folder, "The new primary serves.")
                        .orElseGet(() -> Next.done(task.facts().switched()));
            case ROLL_BACK -> {
                standbys.finishTakeOver(folder);
                PostgresServer.of(clusters, folder, manifest).ensureRunning();
                yield Next.done(null);
            }
        };
    }

    private Next check(Task<ClusterSpec, ClusterFacts> task, ClusterFolder folder, ClusterFolder.Manifest manifest)
            throws IOException {
        Optional<Follower> found = closest(folder);
        if (found.isEmpty()) {
            return awaitFollower(task, folder);
        }
        Follower closest = found.get();
        long behind = Objects.requireNonNullElse(closest.lagBytes(), 0L);
        if (behind > CLOSE) {
            if (task.overdue()) {
                throw new OperationFailed("the closest standby node does not come closer to the primary than "
                        + (behind >> 20) + " MiB of WAL, which nobody could write while it is replayed; nothing was"
                        + " changed. Switch over when less is written");
            }
            return Next.waitFor(
                    Duration.ofMillis(500), "the closest node has " + (behind >> 20) + " MiB of WAL to replay");
        }
        task.keep(task.facts().withPrimaryBefore(manifest.node()));
        return Next.go(Steps.SWITCH);
    }

    private Optional<Follower> closest(ClusterFolder folder) throws IOException {
        return standbys.followers(folder).stream()
                .filter(one -> one.state() == Follower.State.FOLLOWING && one.lagBytes() != null)
                .min(Comparator.comparingLong(Follower::lagBytes));
    }

    /** After a restart of the primary its nodes need a moment until they follow again. */
    private Next awaitFollower(Task<ClusterSpec, ClusterFacts> task, ClusterFolder folder) throws IOException {
        List<Follower> followers = standbys.followers(folder);
        String why = followers.stream().map(Follower::words).collect(Collectors.joining("; "));
        if (followers.isEmpty() || task.overdue()) {
            throw new OperationFailed("no standby node follows the primary; nothing was changed. "
                    + (followers.isEmpty() ? "It has none" : why));
        }
        return Next.waitFor(Duration.ofMillis(200), why);
    }

    private Next switchOver(Task<ClusterSpec, ClusterFacts> task, ClusterFolder folder, ClusterFolder.Manifest manifest)
            throws IOException, InterruptedException, SQLException {
        standbys.finishTakeOver(folder);
        ClusterFolder.Manifest now = folder.manifest().orElse(manifest);
        if (!now.node().equals(task.facts().primaryBefore())) {
            // An earlier try of this step came so far, and what it measured went with it.
            task.keep(task.facts().withSwitched(receipt(task.facts().primaryBefore(), now.node(), null, null)));
            return Next.go(Steps.FOLLOW);
        }
        PostgresServer primary = PostgresServer.of(clusters, folder, now);
        primary.ensureRunning();
        Optional<Follower> closest = closest(folder);
        if (closest.isEmpty()) {
            return awaitFollower(task, folder);
        }
        int slot = closest.get().slot();
        ClusterFolder.Standby heir = now.standbys().stream()
                .filter(one -> one.slot() == slot)
                .findFirst()
                .orElseThrow();
        try (WriteProbe probe = new WriteProbe(primary)) {
            probe.awaitWrite(primary.postmaster());
            primary.checkpoint();
            PoolPause pools = new Pooler(clusters, folder).pause();
            long sessions;
            Takeover done;
            try (pools) {
                sessions = Restart.inTransaction(primary);
                archiver.hurry(folder.key());
                done = standbys.switchOver(folder, heir, "it was asked for");
            }
            probe.awaitWrite(primary.postmaster());
            Map<String, Object> receipt = receipt(done.from(), done.to(), probe.longestPauseMs(), sessions);
            receipt.putAll(pools.receipt());
            task.keep(task.facts().withSwitched(receipt));
        }
        return Next.go(Steps.FOLLOW);
    }

    private static Map<String, Object> receipt(
            @Nullable String from, String to, @Nullable Double pauseMs, @Nullable Long sessions) {
        Map<String, Object> receipt = new LinkedHashMap<>();
        receipt.put("from", from);
        receipt.put("to", to);
        receipt.put("write_pause_ms", pauseMs);
        receipt.put("sessions_ended_in_transaction", sessions);
        return receipt;
    }
}
