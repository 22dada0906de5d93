package dev.mooring.dataplane.local.standby.node;

import dev.mooring.dataplane.local.archive.backup.CopyProgress;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.cluster.NodeDisk;
import dev.mooring.dataplane.local.pool.PoolPause;
import dev.mooring.dataplane.local.pool.Pooler;
import dev.mooring.dataplane.local.postgres.SystemIdentifier;
import dev.mooring.dataplane.local.upgrade.server.PhysicalCopy;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.dataplane.local.upgrade.server.TargetServer;
import dev.mooring.home.DurableFiles;
import dev.mooring.home.MooringHome;
import dev.mooring.process.postgres.Postmaster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;

/** One server that follows, as files and a process. */
public final class Standby {

    private static final Logger LOG = Logger.getLogger(Standby.class);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);
    private static final String VERSION = "PG_VERSION";
    private static final String TELL_TIMELINE = "umask 077; [ -e \"$1\" ] || echo '# begun by pg_upgrade' >\"$1\"";

    private final LocalClusters clusters;
    private final ClusterFolder main;
    private final ClusterFolder.Manifest manifest;
    private final FollowerPlace place;
    private final ClusterFolder folder;
    private final StandbyConfiguration configuration;
    private final StandbySettings settings;

    /**
     * @param main the primary's folder
     * @param manifest the primary's
     * @param taken with which settings it is as it should be; null for none
     */
    public Standby(
            LocalClusters clusters,
            ClusterFolder main,
            ClusterFolder.Manifest manifest,
            FollowerPlace place,
            AtomicReference<String> taken) {
        this.clusters = clusters;
        this.main = main;
        this.manifest = manifest;
        this.place = place;
        this.folder = place.folder();
        this.configuration = new StandbyConfiguration(clusters, main, manifest, place);
        this.settings = new StandbySettings(clusters, this, configuration, taken);
    }

    public FollowerPlace place() {
        return place;
    }

    public ClusterFolder main() {
        return main;
    }

    /** The process of this one. */
    Postmaster postmaster() throws IOException {
        return clusters.postmaster(folder, manifest);
    }

    public PostgresServer primary() throws IOException {
        return PostgresServer.of(clusters, main, manifest);
    }

    /** The process of the primary that lets clients in; empty while there is none. */
    public OptionalLong servingPrimary() {
        try {
            Postmaster postmaster = clusters.postmaster(main, manifest);
            return postmaster.ready() ? postmaster.pid() : OptionalLong.empty();
        } catch (IOException unknownVersion) {
            return OptionalLong.empty();
        }
    }

    /**
     * The processes of both.
     *
     * @param primary that lets clients in; empty while there is none
     * @param own empty while it does not run
     */
    public record Servers(OptionalLong primary, OptionalLong own) {}

    public Servers servers() {
        try {
            return new Servers(servingPrimary(), postmaster().pid());
        } catch (IOException unknownVersion) {
            return new Servers(servingPrimary(), OptionalLong.empty());
        }
    }

    public PostgresServer server() throws IOException {
        PostgresServer primary = primary();
        return new PostgresServer(clusters, folder, primary.engine(), place.port(), primary.password());
    }

    public boolean alive() {
        try {
            return postmaster().alive();
        } catch (IOException unknownVersion) {
            return false;
        }
    }

    /** That there is no room for the WAL that it gets, in words; empty while there is. */
    public Optional<String> full() {
        return new NodeDisk(folder.data()).full();
    }

    /** Whether its files are a follower's of the primary that serves; those of another version are not, after an upgrade. */
    public boolean whole() throws IOException {
        return FollowerFiles.areThere(folder)
                && version(folder).equals(version(main))
                && SystemIdentifier.read(folder.data()) == SystemIdentifier.read(main.data());
    }

    private static String version(ClusterFolder folder) throws IOException {
        return Files.readString(folder.data().resolve(VERSION)).strip();
    }

    /**
     * Has it watched, and gives it the settings and rules that are in force at the primary. Never while it takes the primary's place.
     *
     * @return false when somebody else is at it
     */
    public boolean attend() throws IOException, SQLException, InterruptedException {
        ReentrantLock lock = clusters.supervisor().lock(folder.key());
        if (!lock.tryLock()) {
            return false;
        }
        try {
            if (!FollowerFiles.areThere(folder) || SwapIntent.read(main).isPresent()) {
                return false;
            }
            clusters.supervisor().watchIfNew(folder.key(), postmaster());
            settings.take();
            endStrangers();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Replaces whatever there is of it by a copy of the primary, and starts it. */
    public void copy(CopyProgress progress) throws IOException, SQLException, InterruptedException {
        clusters.supervisor().forget(folder.key());
        stopBetweenTransactions();
        configuration.writePassword();
        tellTimeline();
        try {
            new PhysicalCopy(primary(), server()).make(configuration.settings(), configuration.rules(), progress);
            if (place.own() == null) {
                // Else the first to take the primary's place would, on a disk that has just got the copy.
                writeOut();
            }
        } finally {
            // A copy that was broken off, because there is no room for it, takes none until the next one begins.
            MooringHome.deleteTree(folder.partialData());
        }
    }

    /** What it has replayed is in its files. */
    private void writeOut() throws IOException, SQLException {
        try (Connection connection = server().open("postgres")) {
            PostgresServer.execute(connection, "checkpoint");
        }
    }

    /** Of an upgrade, one of the version before serves until now. Clients of its pools wait for the next one. */
    private void stopBetweenTransactions() throws IOException, InterruptedException {
        Postmaster postmaster = postmaster();
        if (postmaster.alive()) {
            try (PoolPause pools = new Pooler(clusters, folder).pause()) {
                postmaster.stop(Postmaster.Stop.FAST, STOP_LIMIT);
            }
        }
    }

    /**
     * A follower asks for the history of every timeline but the first. One that pg_upgrade has begun has none, and needs to say no more than
     * that it is there.
     */
    private void tellTimeline() throws IOException, SQLException, InterruptedException {
        long timeline;
        try (Connection connection = primary().open("postgres")) {
            timeline = PostgresServer.number(connection, "select timeline_id from pg_catalog.pg_control_checkpoint()");
        }
        if (timeline > 1) {
            Path history = main.data().resolve("pg_wal").resolve("%08X.history".formatted(timeline));
            clusters.account()
                    .run(null, "sh", "-c", TELL_TIMELINE, "sh", history.toString())
                    .orFail("writing the timeline's history");
        }
    }

    /** Whether the files here are those of a node whose place as the primary another one has taken. */
    public boolean holdsOldPrimary() {
        return Files.exists(FollowerFiles.left(folder)) && Files.notExists(folder.data());
    }

    /**
     * Makes a follower of a primary that was shut down for another one: it ended where that one has begun. Under the cluster's lock.
     *
     * @return false when there is none, or it cannot
     */
    public boolean rejoin() throws IOException, SQLException, InterruptedException {
        Path left = FollowerFiles.left(folder);
        if (!holdsOldPrimary() || !FollowerFiles.leftInPeace(folder)) {
            return false;
        }
        LOG.infof("cluster %s: %s follows the new primary", main.id(), place.name());
        configuration.writePassword();
        String settings = configuration.settings();
        String rules = configuration.rules();
        FollowerFiles.makeFollower(clusters, left);
        DurableFiles.move(left, folder.data());
        clusters.writeData(folder, StandbyConfiguration.SETTINGS, settings);
        clusters.writeData(folder, StandbyConfiguration.RULES, rules);
        new PhysicalCopy(primary(), server()).keepWal();
        server().ensureRunning();
        return true;
    }

    /** As {@link StandbySettings#settle}. */
    public boolean settle() throws IOException, SQLException, InterruptedException {
        return settings.settle();
    }

    /** As {@link StandbySettings#areInForce}. */
    public boolean hasTaken() throws IOException, SQLException {
        return settings.areInForce();
    }

    public void endStrangers() throws IOException, SQLException {
        if (postmaster().ready()) {
            try (Connection connection = server().open("postgres")) {
                StandbySessions.endStrangers(
                        connection, Files.readString(folder.data().resolve(StandbyConfiguration.RULES)));
            }
        }
    }

    /** Whether the primary has let go of WAL that it has not got. */
    public boolean cannotCatchUp() throws IOException, SQLException {
        try (Connection connection = primary().open("postgres")) {
            return PostgresServer.number(
                            connection,
                            "select pg_catalog.count(*) from pg_catalog.pg_replication_slots where slot_name = '"
                                    + place.connection() + "' and wal_status <> 'lost'")
                    == 0;
        }
    }

    /** Leaves nothing of the server. */
    public void remove() throws IOException, SQLException, InterruptedException {
        clusters.supervisor().forget(folder.key());
        if (clusters.postmaster(main, manifest).ready()) {
            new PhysicalCopy(primary(), server()).remove();
        } else {
            TargetServer.remove(clusters, server());
        }
        if (place.own() == null) {
            MooringHome.deleteTree(folder.root());
        }
    }
}
