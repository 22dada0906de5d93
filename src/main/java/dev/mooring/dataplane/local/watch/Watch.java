package dev.mooring.dataplane.local.watch;

import dev.mooring.dataplane.local.archive.CommitWait;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.cluster.LocalSettings;
import dev.mooring.dataplane.local.cluster.Supervisor;
import dev.mooring.dataplane.local.pool.Pooler;
import dev.mooring.dataplane.local.standby.StandbyKeeper;
import dev.mooring.home.Authorities;
import dev.mooring.home.MooringHome;
import dev.mooring.home.SupervisionLock;
import dev.mooring.home.Vault;
import dev.mooring.process.postgres.Engines;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;

/** The watch's main program: {@code mooring watch}. */
public final class Watch {

    private static final Logger LOG = Logger.getLogger(Watch.class);
    private static final Duration GLANCE = Duration.ofMillis(50);
    /** Reading what every cluster should be takes longer than looking at a lock. */
    private static final int SELDOM = 40;

    private final MooringHome home;
    private final LocalSettings settings;
    private final String generation;

    private Watch(MooringHome home) {
        this.home = home;
        this.settings = WatchSettings.ofEnvironment();
        this.generation = WatchProcess.ownGeneration();
    }

    /** @return the exit code: 0 also when another one is at it already */
    public static int run() {
        MooringHome home = MooringHome.configured();
        try (SupervisionLock only = SupervisionLock.ofWatch(home).orElse(null)) {
            if (only != null) {
                WatchLog.toStandardOutput();
                new Watch(home).watch();
            }
            return 0;
        } catch (IOException e) {
            if (!Files.isDirectory(home.root())) {
                return 0;
            }
            System.err.println("mooring watch: " + e.getMessage());
            return 1;
        } catch (InterruptedException e) {
            return 0;
        }
    }

    private void watch() throws IOException, InterruptedException {
        for (int round = 0; ; round++) {
            if (round % SELDOM == 0 && !needed()) {
                return;
            }
            if (!SupervisionLock.isWanted(home)) {
                Optional<SupervisionLock> free = SupervisionLock.tryTake(home);
                if (free.isPresent()) {
                    try (SupervisionLock lock = free.get()) {
                        supervise();
                    }
                    // It may have ended because this watch is not wanted any more: beginning again would bring back
                    // what is stopped.
                    if (!needed()) {
                        return;
                    }
                }
            }
            Thread.sleep(GLANCE);
        }
    }

    /** Whether this is the watch of the Mooring that was there last, and something here follows. */
    private boolean needed() {
        return WatchProcess.isOf(home, generation) && WatchProcess.isWorthIt(home);
    }

    /** Until Mooring is back. What it was about to change itself it finds as it has left it. */
    private void supervise() throws IOException, InterruptedException {
        LOG.warnf("Mooring is away: this process keeps the databases of %s running", home.root());
        Supervisor supervisor = new Supervisor(new SimpleMeterRegistry(), Clock.systemUTC());
        Vault vault = Vault.open(home, System.getenv("MOORING_ENCRYPTION_KEY"));
        LocalClusters clusters = new LocalClusters(
                home, vault, new Authorities(home, vault, Clock.systemUTC()), settings, Engines.find(home), supervisor);
        Map<UUID, CommitWait> commits = new ConcurrentHashMap<>();
        StandbyKeeper standbys = new StandbyKeeper(
                clusters,
                (cluster, following, expected) -> commits.computeIfAbsent(
                                cluster, id -> new CommitWait(clusters.folder(id), clusters))
                        .nodes(following, expected),
                new SimpleMeterRegistry());
        clusters.folders().forEach(folder -> adopt(folder, clusters, standbys));
        supervisor.start();
        standbys.start();
        try {
            for (int round = 1; !SupervisionLock.isWanted(home); round++) {
                if (round % SELDOM == 0 && !needed()) {
                    break;
                }
                Thread.sleep(GLANCE);
            }
        } finally {
            supervisor.stop();
            supervisor.awaitIdle();
            standbys.end();
        }
        LOG.infof("Mooring is back");
    }

    private static void adopt(ClusterFolder folder, LocalClusters clusters, StandbyKeeper standbys) {
        if (LocalClusters.changing(folder)) {
            LOG.warnf("cluster %s was being changed: it is left to Mooring", folder.id());
            return;
        }
        try {
            standbys.finishTakeOver(folder);
            Optional<ClusterFolder.Manifest> manifest = folder.manifest();
            if (manifest.isPresent()) {
                if (manifest.get().follows() == null) {
                    clusters.supervisor().watch(folder.id(), clusters.postmaster(folder, manifest.get()));
                }
                standbys.adopt(folder, manifest.get());
                new Pooler(clusters, folder).adopt(false);
            }
        } catch (IOException | RuntimeException e) {
            LOG.errorf("cluster %s is left to Mooring: %s", folder.id(), e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
