package dev.mooring.dataplane.local.standby.takeover;

import dev.mooring.dataplane.local.archive.WaitedFor;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.cluster.Stages;
import dev.mooring.dataplane.local.standby.node.FollowerFiles;
import dev.mooring.dataplane.local.standby.node.FollowerPlace;
import dev.mooring.dataplane.local.standby.node.StandbyConfiguration;
import dev.mooring.dataplane.local.standby.node.SwapIntent;
import dev.mooring.home.DurableFiles;
import dev.mooring.process.postgres.Postmaster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;

/**
 * Puts a server that follows in the place of the primary, which keeps its address: two data directories change places, and the one that
 * comes begins where the other one ended.
 *
 * <p>All WAL of the primary is brought along, and so are its replication slots. So the new primary recovers exactly what the old one would
 * have recovered by itself, on the same timeline: nothing that was committed is lost, whether it had been sent or not; the archive and the
 * other followers go on where they are, and slots keep what they keep. Only where the primary's WAL is lost too does the new one begin a
 * timeline of its own.
 *
 * <p>Done with the cluster's lock held. What is to be done is written down first, and the names of folders say how far it came: one that was
 * cut short is finished by whoever finds it.
 */
public final class RoleSwap {

    private static final Logger LOG = Logger.getLogger(RoleSwap.class);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(60);
    private static final Duration QUICK_STOP = Duration.ofSeconds(1);
    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final int NO_WAL = 3;

    /**
     * What is the server's own goes along as the account that owns it. Arguments: the primary's data directory, the follower's, and the line
     * that says for whom commits wait there, if they do. What is gone from the first has been brought over by an earlier try.
     */
    private static final String BRING = """
            set -e
            from=$1 to=$2 wait=$3
            rm -f "$to/standby.signal" "$to/postmaster.pid"
            [ -f "$from/postgresql.conf" ] && cp -p "$from/postgresql.conf" "$from/pg_hba.conf" "$to/"
            [ -f "$to/postgresql.conf" ] && sed -i '/^%s/,$d' "$to/postgresql.conf"
            [ -f "$from/postgresql.auto.conf" ] && cp -p "$from/postgresql.auto.conf" "$to/"
            [ -f "$to/postgresql.auto.conf" ] || : >"$to/postgresql.auto.conf"
            sed -i '/^synchronous_standby_names/d' "$to/postgresql.auto.conf"
            if [ -n "$wait" ]; then printf '%%s\n' "$wait" >>"$to/postgresql.auto.conf"; fi
            if [ ! -d "$from/pg_wal" ]; then
              for slot in "$from"/pg_replslot/*/; do
                slot=${slot%%/}
                if [ -d "$slot" ] && [ ! -d "$to/pg_replslot/${slot##*/}" ]; then echo "${slot##*/}"; fi
              done
              exit %d
            fi
            for file in "$from"/pg_wal/0*; do
              [ -f "$file" ] && mv -f "$file" "$to/pg_wal/"
            done
            for folder in pg_replslot pg_logical/snapshots pg_logical/mappings; do
              if [ -d "$from/$folder" ]; then
                rm -rf "$to/$folder"
                mv "$from/$folder" "$to/$folder"
              fi
            done
            # From one disk to another the files are written anew; names are kept below.
            if [ -L "$from/pg_wal" ] || [ -L "$to/pg_wal" ]; then sync; fi
            exit 0
            """.formatted(StandbyConfiguration.MARK, NO_WAL);

    private final LocalClusters clusters;
    private final ClusterFolder main;
    private final Stages stages = new Stages();

    public RoleSwap(LocalClusters clusters, ClusterFolder main) {
        this.clusters = clusters;
        this.main = main;
    }

    /**
     * @throws IOException when the new primary does not start: then the old one's data are back in their place
     */
    public Takeover run(ClusterFolder.Standby follower, boolean planned, String reason)
            throws IOException, InterruptedException {
        ClusterFolder.Manifest manifest = main.manifest().orElseThrow();
        SwapIntent intent = new SwapIntent(
                follower.slot(),
                manifest.node(),
                follower.name(),
                planned,
                false,
                reason,
                Instant.now().toString(),
                false,
                List.of());
        intent.write(main);
        return finish(intent);
    }

    /** Also for one that was cut short anywhere. */
    public Takeover finish(SwapIntent intent) throws IOException, InterruptedException {
        ClusterFolder follower = main.standby(intent.slot());
        // Nobody starts it or changes its files meanwhile.
        ReentrantLock lock = clusters.supervisor().lock(follower.key());
        lock.lockInterruptibly();
        try {
            clusters.supervisor().forget(follower.key());
            return finish(intent, follower);
        } finally {
            lock.unlock();
        }
    }

    private Takeover finish(SwapIntent begun, ClusterFolder follower) throws IOException, InterruptedException {
        if (begun.back()) {
            throw putBack(begun, follower, "it was cut short");
        }
        SwapIntent intent = begun;
        if (!primaryIs(intent.to())) {
            intent = swap(begun, follower);
            rename(intent.slot(), intent.to(), intent.from(), intent.planned() ? 0 : 1);
        }
        ClusterFolder.Manifest manifest = main.manifest().orElseThrow();
        Postmaster primary = clusters.postmaster(main, manifest);
        stages.ended("moved");
        primary.start();
        stages.ended("started");
        if (!primary.awaitReady(START_LIMIT)) {
            String failure = primary.startFailure();
            SwapIntent back = intent.withBack(true);
            back.write(main);
            throw putBack(back, follower, failure);
        }
        stages.ended("recovered");
        LOG.infof("cluster %s: %s in the primary's place; ms: %s", main.id(), intent.to(), stages);
        clusters.supervisor().watch(main.key(), primary);
        Takeover done = new Takeover(
                manifest.term(),
                intent.from(),
                intent.to(),
                intent.planned(),
                intent.reason(),
                intent.begunAt(),
                Instant.now().toString(),
                !intent.walLost(),
                intent.slotsLost());
        if (!intent.planned()) {
            Takeovers.write(main, done);
        }
        SwapIntent.delete(main);
        return done;
    }

    /** The old primary serves again, with whatever the other one may have added to its WAL. */
    private IOException putBack(SwapIntent intent, ClusterFolder follower, String failure)
            throws IOException, InterruptedException {
        Path left = FollowerFiles.left(follower);
        ClusterFolder.Manifest manifest = main.manifest().orElseThrow();
        if (Files.exists(left)) {
            if (Files.exists(main.data())) {
                clusters.postmaster(main, manifest).fence();
                bring(main.data(), left, new CommitsAfter(clusters, main).before());
                DurableFiles.move(main.data(), follower.data());
            }
            DurableFiles.move(left, main.data());
        }
        if (!primaryIs(intent.from())) {
            rename(intent.slot(), intent.from(), intent.to(), intent.planned() ? 0 : -1);
        }
        Postmaster old = clusters.postmaster(main, main.manifest().orElseThrow());
        old.start();
        clusters.supervisor().watch(main.key(), old);
        SwapIntent.delete(main);
        return new IOException("the node " + intent.to() + " did not start in the place of " + intent.from()
                + ", which is " + (old.alive() ? "back in it: " : "to be started again: ") + failure);
    }

    private boolean primaryIs(String node) throws IOException {
        return node.equals(main.manifest().orElseThrow().node());
    }

    /** @param failovers that this is more than there were */
    private void rename(int slot, String primary, String follower, int failovers) throws IOException {
        ClusterFolder.Manifest manifest = main.manifest().orElseThrow();
        List<ClusterFolder.Standby> standbys = manifest.standbys().stream()
                .map(one -> one.slot() == slot ? one.withName(follower) : one)
                .toList();
        main.write(manifest.with(now -> now.node(primary)
                .term(manifest.term() + 1)
                .failovers(manifest.failovers() + failovers)
                .standbys(standbys)));
    }

    /** @return the same, and what is lost */
    private SwapIntent swap(SwapIntent begun, ClusterFolder follower) throws IOException, InterruptedException {
        SwapIntent intent = begun;
        ClusterFolder.Manifest manifest = main.manifest().orElseThrow();
        Path left = FollowerFiles.left(follower);
        if (Files.notExists(left)) {
            Postmaster old = clusters.postmaster(main, manifest);
            if (intent.planned()) {
                old.stop(Postmaster.Stop.FAST, STOP_LIMIT);
            }
            // Two writers there are never: nothing of the old one is left before anything of the new one begins.
            old.fence();
            stages.ended("fenced");
            // After any other end it would first sync every file that it has.
            Postmaster coming = clusters.postmaster(follower, manifest);
            stopQuickly(coming);
            coming.fence();
            stages.ended("stopped the follower");
            Optional<List<String>> slotsLost =
                    bring(main.data(), follower.data(), new CommitsAfter(clusters, main).of(manifest, intent.slot()));
            if (slotsLost.isPresent()) {
                LOG.errorf(
                        "cluster %s: the WAL of its primary is lost; %s begins a timeline of its own, and what had not been"
                                + " sent to it is gone. Replication slots that are lost: %s",
                        main.id(), intent.to(), slotsLost.get());
                // Before the files are where nobody can tell any more.
                intent = intent.with(now -> now.walLost(true).slotsLost(slotsLost.get()));
                intent.write(main);
                beginTimeline(follower);
            }
            stages.ended("brought the WAL");
            if (Files.exists(main.data())) {
                DurableFiles.move(main.data(), left);
            } else {
                // The primary's folder itself is gone: there is nothing that waits.
                Files.createDirectory(left);
            }
        }
        if (Files.notExists(main.data())) {
            DurableFiles.move(follower.data(), main.data());
        }
        return intent;
    }

    private static void stopQuickly(Postmaster follower) throws InterruptedException {
        try {
            follower.stop(Postmaster.Stop.FAST, QUICK_STOP);
        } catch (IOException slow) {
            LOG.infof("a follower does not stop by itself within %d s", QUICK_STOP.toSeconds());
        }
    }

    /** @return empty when all WAL of the primary came along, else its slots that are lost with it: those that the follower has not got */
    private Optional<List<String>> bring(Path from, Path to, WaitedFor commits)
            throws IOException, InterruptedException {
        var brought =
                clusters.account().run(null, "sh", "-c", BRING, "sh", from.toString(), to.toString(), commits.line());
        if (brought.exit() == NO_WAL) {
            return Optional.of(brought.output()
                    .lines()
                    .filter(slot -> !slot.startsWith(FollowerPlace.CONNECTION))
                    .sorted()
                    .toList());
        }
        brought.orFail("bringing the primary's WAL");
        return Optional.empty();
    }

    private void beginTimeline(ClusterFolder follower) throws IOException, InterruptedException {
        clusters.writeData(follower, "recovery.signal", "");
        clusters.writeData(
                follower,
                StandbyConfiguration.SETTINGS,
                clusters.readData(follower, StandbyConfiguration.SETTINGS) + "restore_command = 'false'\n");
    }
}
