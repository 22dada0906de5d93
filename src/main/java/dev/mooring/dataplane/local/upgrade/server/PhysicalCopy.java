package dev.mooring.dataplane.local.upgrade.server;

import dev.mooring.dataplane.local.archive.backup.BackupMode;
import dev.mooring.dataplane.local.archive.backup.CopyProgress;
import dev.mooring.dataplane.local.archive.backup.DataFiles;
import dev.mooring.dataplane.local.cluster.AccessRules;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.cluster.ServerParameters;
import dev.mooring.dataplane.local.postgres.ControlFile;
import dev.mooring.home.DurableFiles;
import dev.mooring.home.MooringHome;
import dev.mooring.operation.OperationFailed;
import dev.mooring.process.Handover;
import dev.mooring.process.postgres.Postmaster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A copy of the files of the server that serves, running as its standby. Unless it is told another way, it reads WAL where the other one writes it, on the same
 * disk under the same account, so no role and no password is needed for it. A segment that is still being written is read again
 * and again: what is not whole yet fails its checksum and counts as not there.
 */
public final class PhysicalCopy {

    private static final String SIGNAL = "standby.signal";
    private static final String PRIVATE = "rw-------";
    private static final String LOOK_AGAIN = "100ms";

    private static final String IN_USE = "55006";
    private static final Duration STOP_LIMIT = Duration.ofMinutes(2);
    private static final Duration PROMOTION_LIMIT = Duration.ofMinutes(1);

    private final LocalClusters clusters;
    private final PostgresServer source;
    private final PostgresServer copy;
    private final boolean kept;

    public PhysicalCopy(PostgresServer source, PostgresServer copy) {
        this(source, copy, true);
    }

    /** @param kept whether it has to be there after a loss of power */
    public PhysicalCopy(PostgresServer source, PostgresServer copy, boolean kept) {
        this.clusters = source.clusters();
        this.source = source;
        this.copy = copy;
        this.kept = kept;
    }

    /**
     * Whether it follows: made whole, not on a way of its own yet, and the WAL that it needs next is kept. The source must run.
     */
    public boolean follows() throws SQLException {
        if (!untouched()) {
            return false;
        }
        try (Connection connection = source.open("postgres")) {
            return slot(
                    connection,
                    "select slot_name from pg_catalog.pg_replication_slots where slot_name = ? and restart_lsn is not null");
        }
    }

    /** Whether it is on no way of its own yet. */
    private boolean untouched() {
        return Files.exists(copy.folder().data().resolve(SIGNAL));
    }

    /**
     * Replaces what an earlier try has left. WAL is kept for it from now on.
     *
     * @param settings for it alone
     * @throws CopyProgress.Stopped when the listener wants no more
     */
    public void make(Map<String, String> settings, CopyProgress progress)
            throws IOException, SQLException, InterruptedException {
        make(configuration(settings), AccessRules.superuserOnly(), progress);
    }

    /**
     * The same as any other server.
     *
     * @param configuration the content of its postgresql.conf
     * @param rules the content of its pg_hba.conf
     */
    public void make(String configuration, String rules, CopyProgress progress)
            throws IOException, SQLException, InterruptedException {
        remove();
        clusters.makeFolders(copy.folder());
        Path partial = copy.folder().partialData();
        DataDirectoryCopy.makeFolder(partial);
        try (Connection connection = source.open("postgres")) {
            slot(connection, "select pg_catalog.pg_create_physical_replication_slot(?, true)");
            BackupMode.start(connection, "mooring copy");
            DataDirectoryCopy.all(source.folder().data(), partial, progress);
            BackupMode.Stopped stopped = BackupMode.stop(connection);
            // As late as possible, and read whole.
            Files.write(
                    partial.resolve(DataFiles.CONTROL),
                    ControlFile.readWhole(source.folder().data()));
            MooringHome.write(partial.resolve("backup_label"), stopped.label(), PRIVATE);
        }
        MooringHome.write(partial.resolve("postgresql.conf"), configuration, PRIVATE);
        MooringHome.write(partial.resolve("pg_hba.conf"), rules, PRIVATE);
        MooringHome.write(partial.resolve(SIGNAL), "", PRIVATE);
        Handover.tree(partial, clusters.account());
        if (kept) {
            // Else what is only in memory now would be waited for by whoever syncs it later.
            DurableFiles.syncTree(partial);
        }
        DurableFiles.move(partial, copy.folder().data());
        copy.ensureRunning();
    }

    /** The source's own, because a standby must not have less of anything; and where the WAL is. */
    private String configuration(Map<String, String> settings) throws IOException {
        Map<String, String> own = new LinkedHashMap<>();
        own.put("listen_addresses", clusters.reach());
        own.put("port", Integer.toString(copy.port()));
        own.put("ssl", "off");
        own.put("logging_collector", "off");
        own.put("hot_standby", "on");
        own.put("autovacuum", "off");
        // Promoted, it would go on with subscriptions of the original.
        own.put("max_logical_replication_workers", "0");
        own.put("restore_command", "cp \"" + source.folder().data().resolve("pg_wal") + "/%f\" \"%p\" 2>/dev/null");
        own.put("wal_retrieve_retry_interval", LOOK_AGAIN);
        own.putAll(settings);
        return Files.readString(source.folder().data().resolve("postgresql.conf")) + ServerParameters.lines(own);
    }

    /** Bytes of WAL that the source has written and the copy has not replayed. */
    public long behind() throws SQLException {
        long written;
        try (Connection connection = source.open("postgres")) {
            written = PostgresServer.number(connection, "select pg_current_wal_lsn() - '0/0'");
        }
        return Math.max(0, written - replayed());
    }

    private long replayed() throws SQLException {
        try (Connection connection = copy.open("postgres")) {
            return PostgresServer.number(connection, "select coalesce(pg_last_wal_replay_lsn() - '0/0', 0)");
        }
    }

    /** Waits until everything that is committed at the source now is here. */
    public void catchUp(Duration atMost) throws SQLException, InterruptedException {
        long through;
        try (Connection connection = source.open("postgres")) {
            // A commit that is waited for writes out those that nobody waited for.
            PostgresServer.execute(connection, "select pg_logical_emit_message(true, 'mooring', '')");
            through = PostgresServer.number(connection, "select pg_current_wal_lsn() - '0/0'");
        }
        Instant end = Instant.now().plus(atMost);
        while (replayed() < through) {
            if (Instant.now().isAfter(end)) {
                throw new OperationFailed("the copy has not replayed the last of the cluster's WAL within "
                        + atMost.toSeconds() + " s. The cluster serves as before.");
            }
            Thread.sleep(5);
        }
    }

    /** From here on it is a server of its own. */
    public void promote() throws SQLException, InterruptedException {
        try (Connection connection = copy.open("postgres")) {
            if (PostgresServer.number(connection, "select pg_is_in_recovery()::int") == 1) {
                PostgresServer.execute(connection, "select pg_promote(false)");
            }
        }
        awaitPromotion();
    }

    /**
     * The same, with nothing of what is in the WAL from the position on.
     *
     * @param position not replayed yet: {@link #stop} it before that is written
     * @throws CopyProgress.Stopped when it has parted at another position, in an earlier life: it is of no use
     */
    public void promoteAt(String position)
            throws SQLException, InterruptedException, IOException, CopyProgress.Stopped {
        if (!untouched()) {
            throw new CopyProgress.Stopped();
        }
        clusters.writeData(
                copy.folder(),
                "postgresql.conf",
                clusters.readData(copy.folder(), "postgresql.conf")
                        + ServerParameters.lines(Map.of(
                                "recovery_target_lsn", position,
                                "recovery_target_inclusive", "off",
                                "recovery_target_action", "promote")));
        copy.ensureRunning();
        awaitPromotion();
    }

    private void awaitPromotion() throws SQLException, InterruptedException {
        Instant end = Instant.now().plus(PROMOTION_LIMIT);
        try (Connection connection = copy.open("postgres")) {
            while (PostgresServer.number(connection, "select pg_is_in_recovery()::int") == 1) {
                if (Instant.now().isAfter(end)) {
                    throw new OperationFailed("the copy was not promoted within " + PROMOTION_LIMIT.toSeconds() + " s: "
                            + copy.postmaster().startFailure());
                }
                Thread.sleep(5);
            }
        }
    }

    /** Shut down cleanly. */
    public void stop() throws IOException, InterruptedException {
        copy.postmaster().stop(Postmaster.Stop.FAST, STOP_LIMIT);
        copy.postmaster().fence();
    }

    /** The source keeps WAL for it from now on, unless it does already. */
    public void keepWal() throws SQLException {
        try (Connection connection = source.open("postgres")) {
            slot(
                    connection,
                    "select pg_catalog.pg_create_physical_replication_slot(wanted, true) from (values (?::text)) as slot (wanted)"
                            + " where wanted not in (select slot_name::text from pg_catalog.pg_replication_slots)");
        }
    }

    /** The source keeps no WAL for it any more. */
    public void release() throws SQLException, InterruptedException {
        Instant end = Instant.now().plus(STOP_LIMIT);
        while (true) {
            try (Connection connection = source.open("postgres")) {
                release(connection);
                return;
            } catch (SQLException e) {
                // The server's process for one that streamed ends a little later than that.
                if (!IN_USE.equals(e.getSQLState()) || Instant.now().isAfter(end)) {
                    throw e;
                }
                Thread.sleep(20);
            }
        }
    }

    private void release(Connection connection) throws SQLException {
        slot(
                connection,
                "select pg_catalog.pg_drop_replication_slot(slot_name) from pg_catalog.pg_replication_slots where slot_name = ?");
    }

    /** @return whether there is one */
    private boolean slot(Connection connection, String query) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            statement.setString(
                    1,
                    "mooring_" + copy.folder().root().getFileName().toString().replace('-', '_'));
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next();
            }
        }
    }

    /**
     * Contents of unlogged tables do not survive a promotion. While both servers are down their files are brought over as they are.
     *
     * @param files relative to the data directory, without the numbers of further segments and names of further forks
     */
    public void bringUnlogged(List<String> files) throws IOException {
        DataDirectoryCopy.relations(source.folder().data(), copy.folder().data(), files);
    }

    /** Leaves nothing of it. */
    public void remove() throws IOException, InterruptedException, SQLException {
        removeFiles();
        release();
    }

    /** The room that it takes, whether or not the source runs. */
    public void removeFiles() throws IOException, InterruptedException {
        TargetServer.remove(clusters, copy);
    }

    public ClusterFolder folder() {
        return copy.folder();
    }
}
