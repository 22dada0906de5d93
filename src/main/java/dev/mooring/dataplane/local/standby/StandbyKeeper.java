package dev.mooring.dataplane.local.standby;

import dev.mooring.dataplane.DataPlane.FailoverListener;
import dev.mooring.dataplane.local.archive.Archiver;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.cluster.NodeDisk;
import dev.mooring.dataplane.local.cluster.Supervisor;
import dev.mooring.dataplane.local.standby.node.FollowerFiles;
import dev.mooring.dataplane.local.standby.node.SwapIntent;
import dev.mooring.dataplane.local.standby.takeover.RoleSwap;
import dev.mooring.dataplane.local.standby.takeover.Takeover;
import dev.mooring.dataplane.local.standby.takeover.Takeovers;
import dev.mooring.operation.OperationFailed;
import dev.mooring.process.postgres.Postmaster;
import dev.mooring.time.Monotonic;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Gives every cluster the followers that its manifest names, brings back those that were lost, and lets one of them take the primary's
 * place when that is lost.
 */
@ApplicationScoped
public class StandbyKeeper implements Supervisor.Succession {

    private static final Logger LOG = Logger.getLogger(StandbyKeeper.class);
    private static final Duration EVERY = Duration.ofMillis(250);
    /** Where all follow there is little to see to. */
    static final int SELDOM = 8;

    static final Duration STOP_LIMIT = Duration.ofSeconds(30);
    private static final Duration FOLLOW_LIMIT = Duration.ofSeconds(30);
    private static final Duration GLANCE = Duration.ofMillis(100);
    private static final int GUARD = 20;

    private final LocalClusters clusters;
    private final Commits commits;
    private final Counter failovers;
    private final Map<UUID, Followers> kept = new ConcurrentHashMap<>();
    private final ReadOnlyNodes readOnly;
    private final List<FailoverListener> listeners = new CopyOnWriteArrayList<>();
    private volatile Runnable guard = () -> {};
    private volatile @Nullable Thread thread;

    @Inject
    StandbyKeeper(LocalClusters clusters, Archiver archiver, MeterRegistry registry) {
        this(clusters, archiver::synchronousNodes, registry);
    }

    /** @param commits told for which nodes a cluster's commits wait */
    public StandbyKeeper(LocalClusters clusters, Commits commits, MeterRegistry registry) {
        this.clusters = clusters;
        this.commits = commits;
        this.readOnly = new ReadOnlyNodes(clusters);
        this.failovers = Counter.builder("mooring.clusters.failovers")
                .description("Primaries that were lost and whose place another node has taken")
                .register(registry);
    }

    /** Those that follow and are never the primary. */
    public ReadOnlyNodes readOnly() {
        return readOnly;
    }

    public void start() {
        clusters.supervisor().onLoss(this);
        clusters.supervisor().onRestart((cluster, node) -> new StraySlots(clusters).look(cluster));
        thread = Thread.ofVirtual().name("standbys").start(this::loop);
    }

    public void stop() {
        Thread begun = thread;
        if (begun != null) {
            begun.interrupt();
        }
        kept.values().forEach(Followers::stop);
        readOnly.all().forEach(ReadOnlyNode::stop);
    }

    /** The same, and nobody is at anything any more when this returns. */
    public void end() throws InterruptedException {
        stop();
        for (Followers followers : kept.values()) {
            followers.end();
        }
        for (ReadOnlyNode node : readOnly.all()) {
            node.end();
        }
    }

    /** Told from time to time while anything follows. */
    public void whileNeeded(Runnable guard) {
        this.guard = guard;
    }

    public void onFailover(FailoverListener listener) {
        listeners.add(listener);
        kept.keySet().forEach(this::tellUntold);
    }

    /**
     * From now on the cluster has the followers of its manifest, and no others. Without the cluster's lock: what has to be finished first
     * takes it.
     */
    public void look(ClusterFolder folder) {
        kept.computeIfAbsent(folder.id(), id -> new Followers(clusters, commits, folder))
                .wake();
    }

    /** The same for a cluster of an earlier life, which may have begun to make followers or to remove them. */
    public void adopt(ClusterFolder folder, ClusterFolder.Manifest manifest) {
        if (manifest.follows() != null && !manifest.follows().leaving()) {
            readOnly.look(folder);
        } else {
            new StraySlots(clusters).look(folder.id());
        }
        if (!manifest.standbys().isEmpty() || Followers.anything(folder)) {
            look(folder);
        }
    }

    /** The cluster goes away, or its files are changed as a whole: nobody touches them any more when this returns. */
    public void forget(UUID cluster) throws InterruptedException {
        Followers followers = kept.remove(cluster);
        if (followers != null) {
            followers.end();
        }
        readOnly.forget(cluster);
    }

    /** What there is of the cluster's followers, in the order of their folders. */
    public List<Follower> followers(ClusterFolder folder) throws IOException {
        Followers followers = kept.get(folder.id());
        Optional<ClusterFolder.Manifest> manifest = folder.manifest();
        return followers == null || manifest.isEmpty() ? List.of() : followers.seen(manifest.get());
    }

    /** An operation that was cut short is finished before anything else happens to the cluster. */
    public void finishTakeOver(ClusterFolder folder) throws IOException, InterruptedException {
        Optional<SwapIntent> begun = SwapIntent.read(folder);
        if (begun.isPresent()) {
            LOG.warnf(
                    "cluster %s: %s goes on to take the primary's place",
                    folder.id(), begun.get().to());
            try {
                new RoleSwap(clusters, folder).finish(begun.get());
            } finally {
                placesChanged(folder, begun.get().slot());
            }
        }
    }

    /** What was seen of the node in that folder was seen of another one. */
    private void placesChanged(ClusterFolder folder, int slot) {
        Followers followers = kept.get(folder.id());
        if (followers != null) {
            followers.placesChanged(slot);
        }
    }

    @Override
    public boolean possible(UUID cluster, boolean lastResort) {
        Followers followers = kept.get(cluster);
        return followers != null
                && (followers.anyMayTakeOver() || followers.anyBegun() || lastResort && followers.anyLeft());
    }

    @Override
    public boolean succeed(UUID cluster, String loss) throws IOException, InterruptedException {
        ClusterFolder folder = clusters.folder(cluster);
        finishTakeOver(folder);
        ClusterFolder.Manifest manifest = folder.manifest().orElseThrow();
        if (clusters.postmaster(folder, manifest).alive()
                && !clusters.postmaster(folder, manifest).halted()) {
            return true;
        }
        Followers followers = kept.get(cluster);
        Optional<ClusterFolder.Standby> heir = followers == null ? Optional.empty() : followers.heir(manifest);
        if (followers == null || heir.isEmpty()) {
            return false;
        }
        String reason = new NodeDisk(folder.data())
                .full()
                .map(full -> loss + "; " + full)
                .orElse(loss);
        LOG.warnf(
                "cluster %s: its primary %s is lost (%s), %s takes its place",
                cluster, manifest.node(), reason, heir.get().name());
        Takeover done = takePlace(folder, heir.get(), false, reason);
        failovers.increment();
        LOG.warnf("cluster %s: %s serves after %d ms", cluster, done.to(), done.millis());
        followers.wake();
        tellUntold(cluster);
        return true;
    }

    /** Planned: with the cluster's lock held. */
    public Takeover switchOver(ClusterFolder folder, ClusterFolder.Standby heir, String reason)
            throws IOException, InterruptedException {
        Takeover done = takePlace(folder, heir, true, reason);
        look(folder);
        return done;
    }

    private Takeover takePlace(ClusterFolder folder, ClusterFolder.Standby heir, boolean planned, String reason)
            throws IOException, InterruptedException {
        try {
            return new RoleSwap(clusters, folder).run(heir, planned, reason);
        } finally {
            placesChanged(folder, heir.slot());
        }
    }

    /**
     * Every follower of the cluster once more, one after the other: one that followed does so again before the next is stopped, so
     * that commits have somebody to wait for and the primary somebody to take its place. With the cluster's lock held.
     *
     * @param manifest with the version that they are to run
     * @throws OperationFailed when one does not follow any more; the primary was not touched
     */
    public void restart(ClusterFolder folder, ClusterFolder.Manifest manifest)
            throws IOException, InterruptedException {
        for (ClusterFolder.Standby standby : manifest.standbys()) {
            boolean followed = state(folder, standby) == Follower.State.FOLLOWING;
            ClusterFolder side = folder.standby(standby.slot());
            ReentrantLock lock = clusters.supervisor().lock(side.key());
            lock.lockInterruptibly();
            try {
                if (FollowerFiles.areThere(side)) {
                    Postmaster postmaster = clusters.postmaster(side, manifest);
                    clusters.supervisor().watch(side.key(), postmaster);
                    postmaster.stop(Postmaster.Stop.FAST, STOP_LIMIT);
                    postmaster.fence();
                    postmaster.start();
                }
            } finally {
                lock.unlock();
            }
            if (followed) {
                awaitFollowing(folder, standby);
            }
        }
        readOnly.restart(folder, manifest);
    }

    private void awaitFollowing(ClusterFolder folder, ClusterFolder.Standby standby)
            throws IOException, InterruptedException {
        long until = Monotonic.nanos() + FOLLOW_LIMIT.toNanos();
        while (state(folder, standby) != Follower.State.FOLLOWING) {
            if (Monotonic.nanos() - until > 0) {
                throw new OperationFailed("the standby node in slot " + standby.slot()
                        + " does not follow after its restart; the primary was not touched. "
                        + seen(folder, standby).map(Follower::words).orElse(""));
            }
            Thread.sleep(GLANCE.toMillis());
        }
    }

    private Follower.@Nullable State state(ClusterFolder folder, ClusterFolder.Standby standby) throws IOException {
        return seen(folder, standby).map(Follower::state).orElse(null);
    }

    private Optional<Follower> seen(ClusterFolder folder, ClusterFolder.Standby standby) throws IOException {
        return followers(folder).stream()
                .filter(one -> one.slot() == standby.slot())
                .findFirst();
    }

    private void tellUntold(UUID cluster) {
        try {
            for (Takeover takeover : Takeovers.untold(clusters.folder(cluster))) {
                listeners.forEach(listener -> listener.failedOver(cluster, takeover.id(cluster)));
            }
        } catch (IOException e) {
            LOG.warnf("cluster %s: how its nodes changed places cannot be read: %s", cluster, e.getMessage());
        }
    }

    private void loop() {
        long round = 0;
        while (!Thread.currentThread().isInterrupted()) {
            long now = round++;
            if (now % GUARD == 0 && !(kept.isEmpty() && readOnly.all().isEmpty())) {
                guard.run();
            }
            kept.values().stream()
                    .filter(followers -> !followers.settled() || now % SELDOM == 0)
                    .forEach(Followers::look);
            readOnly.all().stream()
                    .filter(node -> !node.settled() || now % SELDOM == 0)
                    .forEach(ReadOnlyNode::look);
            try {
                Thread.sleep(EVERY);
            } catch (InterruptedException e) {
                return;
            }
        }
    }
}
