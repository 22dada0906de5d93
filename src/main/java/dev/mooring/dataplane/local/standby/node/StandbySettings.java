package dev.mooring.dataplane.local.standby.node;

import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.cluster.ServerParameters;
import dev.mooring.dataplane.local.pool.PoolPause;
import dev.mooring.dataplane.local.pool.Pooler;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.process.postgres.Postmaster;
import dev.mooring.time.Monotonic;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;

/** The settings and rules of one server that follows, put in force once they are at its primary. */
final class StandbySettings {

    private static final Logger LOG = Logger.getLogger(StandbySettings.class);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);
    private static final Duration WAL_LIMIT = Duration.ofSeconds(5);
    private static final Duration GLANCE = Duration.ofMillis(50);
    private static final String RECEIVING =
            "select pg_catalog.count(*) from pg_catalog.pg_stat_wal_receiver where status = 'streaming'";
    private static final String PENDING =
            "select pg_catalog.count(*) from pg_catalog.pg_settings where pending_restart";

    private final LocalClusters clusters;
    private final Standby follower;
    private final ClusterFolder folder;
    private final StandbyConfiguration configuration;
    private final AtomicReference<String> taken;

    /** @param taken with which settings it is as it should be; null for none */
    StandbySettings(
            LocalClusters clusters,
            Standby follower,
            StandbyConfiguration configuration,
            AtomicReference<String> taken) {
        this.clusters = clusters;
        this.follower = follower;
        this.folder = follower.place().folder();
        this.configuration = configuration;
        this.taken = taken;
    }

    void take() throws IOException, SQLException, InterruptedException {
        // Reading the files takes a process each, under the server's account.
        if (!fingerprint().equals(taken.get())) {
            settle();
        }
    }

    /** Which files there are, and when they were changed. The certificate is the cluster's, and read again at a reload. */
    private String fingerprint() throws IOException {
        StringBuilder times = new StringBuilder();
        times.append(follower.place().own() == null ? 0 : follower.place().own().revision())
                .append(' ');
        for (Path file : List.of(
                follower.main().data().resolve(StandbyConfiguration.SETTINGS),
                follower.main().data().resolve(StandbyConfiguration.RULES),
                folder.data().resolve(StandbyConfiguration.SETTINGS),
                folder.data().resolve(StandbyConfiguration.RULES),
                follower.main().certificate().file())) {
            times.append(Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS))
                    .append(' ');
        }
        return times.toString();
    }

    /**
     * The primary's settings and rules, once they are in force there. A setting that the primary has less of waits until the follower knows of
     * that from the WAL: it would not start before.
     *
     * @return whether it has what it should have
     */
    boolean settle() throws IOException, SQLException, InterruptedException {
        if (!takeAll()) {
            return false;
        }
        taken.set(fingerprint());
        return true;
    }

    private boolean takeAll() throws IOException, SQLException, InterruptedException {
        String settings = configuration.settings();
        String before = clusters.readData(folder, StandbyConfiguration.SETTINGS);
        clusters.writeData(folder, StandbyConfiguration.RULES, configuration.rules());
        Postmaster postmaster = follower.postmaster();
        postmaster.reload();
        if (settings.equals(before)) {
            return true;
        }
        long written;
        try (Connection primary = follower.primary().open("postgres")) {
            if (PostgresServer.number(primary, PENDING) > 0) {
                return false;
            }
            written = PostgresServer.number(primary, "select (pg_catalog.pg_current_wal_lsn() - '0/0')::bigint");
        }
        if (StandbyConfiguration.lessThan(settings, before) && postmaster.alive() && replayed() < written) {
            return false;
        }
        clusters.writeData(folder, StandbyConfiguration.SETTINGS, settings);
        postmaster.reload();
        restartIfWaitedFor(postmaster);
        return true;
    }

    /** Whether new sessions are let in by the rules of its revision: they come with that. */
    boolean areInForce() throws IOException, SQLException {
        try (Connection connection = follower.server().open("postgres")) {
            return PostgresServer.strings(
                            connection, "select pg_catalog.current_setting('" + ServerParameters.REVISION + "', true)")
                    .contains(Long.toString(follower.place().requiredOwn().revision()));
        }
    }

    private long replayed() throws IOException, SQLException {
        try (Connection connection = follower.server().open("postgres")) {
            return PostgresServer.number(
                    connection, "select coalesce(pg_catalog.pg_last_wal_replay_lsn() - '0/0', 0)::bigint");
        }
    }

    private void restartIfWaitedFor(Postmaster postmaster) throws IOException, SQLException, InterruptedException {
        if (!postmaster.alive()) {
            return;
        }
        // Each session begins with what its server has read by then.
        Thread.sleep(50);
        boolean waited;
        try (Connection connection = follower.server().open("postgres")) {
            waited = PostgresServer.number(connection, PENDING) > 0;
        }
        if (waited) {
            restart(postmaster);
        }
    }

    /** One of a cluster's at a time, until it gets the WAL again: commits may wait for one of them. */
    private void restart(Postmaster postmaster) throws IOException, InterruptedException {
        ReentrantLock turn = clusters.supervisor().lock(turn());
        turn.lockInterruptibly();
        try {
            try (PoolPause pools = new Pooler(clusters, folder).pause()) {
                postmaster.stop(Postmaster.Stop.FAST, STOP_LIMIT);
                postmaster.start();
            }
            awaitWal();
        } finally {
            turn.unlock();
        }
    }

    private UUID turn() {
        return UUID.nameUUIDFromBytes(
                ("restarts of nodes that follow " + follower.main().id()).getBytes(StandardCharsets.UTF_8));
    }

    /** No longer than the primary may take to come up itself: then it is for others to say what is not well. */
    private void awaitWal() throws InterruptedException {
        long until = Monotonic.nanos() + WAL_LIMIT.toNanos();
        while (Monotonic.nanos() - until < 0) {
            try (Connection connection = follower.server().open("postgres")) {
                if (PostgresServer.number(connection, RECEIVING) > 0) {
                    return;
                }
            } catch (IOException | SQLException starting) {
                LOG.tracef("%s: %s", folder.root(), starting.getMessage());
            }
            Thread.sleep(GLANCE.toMillis());
        }
    }
}
