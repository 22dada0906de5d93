package dev.mooring.dataplane.local.standby;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.dataplane.local.archive.WaitedFor;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.postgres.ControlFile;
import dev.mooring.home.DurableFiles;
import dev.mooring.home.MooringHome;
import dev.mooring.process.postgres.Postmaster;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
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
final class RoleSwap {

    private static final Logger LOG = Logger.getLogger(RoleSwap.class);
    private static final ObjectMapper JSON = new ObjectMapper();
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

    private static final String FOLLOW = """
            set -e
            umask 077
            cd "$1"
            mkdir -p pg_replslot pg_logical/snapshots pg_logical/mappings
            rm -f postgresql.auto.conf
            : > standby.signal
            """;

    /**
     * What is to be done, as a file beside the data directories.
     *
     * @param slot of the follower
     * @param from the name of the node that was the primary
     * @param to the name of the one that becomes it
     * @param planned whether the primary was shut down for it
     * @param back whether the follower did not start there, and the old primary takes its place again
     * @param reason in words
     * @param begunAt RFC 3339
     * @param walLost whether the primary's WAL is known to be lost
     * @param slotsLost those of its slots that are lost with it
     */
    @RecordBuilder
    @RegisterForReflection
    record Intent(
            int slot,
            String from,
            String to,
            boolean planned,
            boolean back,
            String reason,
            String begunAt,
            boolean walLost,
            List<String> slotsLost)
            implements RoleSwapIntentBuilder.With {}

    private final LocalClusters clusters;
    private final ClusterFolder main;
    private final Stages stages = new Stages();

    RoleSwap(LocalClusters clusters, ClusterFolder main) {
        this.clusters = clusters;
        this.main = main;
    }

    private static Path file(ClusterFolder main) {
        return main.root().resolve("take-over.json");
    }

    static boolean isBegun(ClusterFolder main) {
        return Files.exists(file(main));
    }

    /** Of one that was begun and has not ended. */
    static Optional<Intent> begun(ClusterFolder main) throws IOException {
        try {
            return Optional.of(JSON.readValue(Files.readAllBytes(file(main)), Intent.class));
        } catch (NoSuchFileException none) {
            return Optional.empty();
        }
    }

    /** Where the data of a server wait that was the primary. */
    static Path left(ClusterFolder follower) {
        return follower.root().resolve("data.left");
    }

    /** Whether there is a server that follows, or followed, and has not been anything else since. */
    static boolean canBe(ClusterFolder follower) {
        return Files.exists(follower.data().resolve(StandbyConfiguration.SIGNAL));
    }

    /** Whether the one that was the primary was shut down, rather than lost: it ended where the new one has begun. */
    static boolean leftInPeace(ClusterFolder follower) throws InterruptedException {
        Path left = left(follower);
        try {
            return ControlFile.isThere(left) && ControlFile.wasShutDown(left);
        } catch (IOException broken) {
            LOG.infof("what was the primary in %s is of no use any more: %s", left, broken.getMessage());
            return false;
        }
    }

    /** Out of one that was shut down: its WAL and slots have gone along, and the new primary has what it needs to begin. */
    static void makeFollower(LocalClusters clusters, Path left) throws IOException, InterruptedException {
        clusters.account()
                .run(null, "sh", "-c", FOLLOW, "sh", left.toString())
                .orFail("making a follower of the old primary");
    }

    /**
     * @throws IOException when the new primary does not start: then the old one's data are back in their place
     */
    Takeover run(ClusterFolder.Standby follower, boolean planned, String reason)
            throws IOException, InterruptedException {
        ClusterFolder.Manifest manifest = main.manifest().orElseThrow();
        Intent intent = new Intent(
                follower.slot(),
                manifest.node(),
                follower.name(),
                planned,
                false,
                reason,
                Instant.now().toString(),
                false,
                List.of());
        write(intent);
        return finish(intent);
    }

    private void write(Intent intent) throws IOException {
        MooringHome.write(file(main), JSON.writeValueAsString(intent), "rw-------");
    }

    /** Also for one that was cut short anywhere. */
    Takeover finish(Intent intent) throws IOException, InterruptedException {
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

    private Takeover finish(Intent begun, ClusterFolder follower) throws IOException, InterruptedException {
        if (begun.back()) {
            throw putBack(begun, follower, "it was cut short");
        }
        Intent intent = begun;
        if (!primaryIs(intent.to())) {
            intent = swap(begun, follower);
            rename(intent.slot(), intent.to(), intent.from(), intent.planned() ? 0 : 1);
        }
        ClusterFolder.Manifest manifest = main.manifest().orElseThrow();
        Postmaster primary = clusters.postmaster(main, manifest);
        stages.ended("moved");
        primary.start();
        stages.ended("started");
        if (!awaitReady(primary)) {
            String failure = primary.startFailure();
            Intent back = intent.withBack(true);
            write(back);
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
        DurableFiles.delete(file(main));
        return done;
    }

    /** The old primary serves again, with whatever the other one may have added to its WAL. */
    private IOException putBack(Intent intent, ClusterFolder follower, String failure)
            throws IOException, InterruptedException {
        Path left = left(follower);
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
        DurableFiles.delete(file(main));
        return new IOException("the node " + intent.to() + " did not start in the place of " + intent.from()
                + ", which is " + (old.alive() ? "back in it: " : "to be started again: ") + failure);
    }

    private boolean primaryIs(String node) throws IOException {
        return main.manifest().orElseThrow().node().equals(node);
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
    private Intent swap(Intent begun, ClusterFolder follower) throws IOException, InterruptedException {
        Intent intent = begun;
        ClusterFolder.Manifest manifest = main.manifest().orElseThrow();
        Path left = left(follower);
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
                write(intent);
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

    private static boolean awaitReady(Postmaster primary) throws InterruptedException {
        Instant end = Instant.now().plus(START_LIMIT);
        while (!primary.ready()) {
            if (!primary.alive() || Instant.now().isAfter(end)) {
                return false;
            }
            Thread.sleep(2);
        }
        return true;
    }
}
