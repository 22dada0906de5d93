package dev.mooring.dataplane.local.archive;

import dev.mooring.dataplane.local.member.ServiceRole;
import dev.mooring.dataplane.local.postgres.ServerRoles;
import dev.mooring.process.postgres.session.RoleConnection;
import dev.mooring.process.postgres.session.SuperuserConnection;
import dev.mooring.time.Monotonic;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;

/**
 * Streams a server's WAL into its archive, from where the archive ends. A replication slot keeps what is not stored yet. What
 * came is stored as soon as nothing more is waiting, but not more often than the flush interval unless commits wait for it.
 */
final class WalReceiver {

    static final String SLOT = "mooring_archive";
    private static final int STATUS_SECONDS = 10;

    private final WalArchive archive;
    private final Duration flushEvery;
    private final Listener listener;
    private volatile @Nullable Connection connection;

    /** Where a server is and how its superuser gets in. */
    record Server(String host, int port, String password) {}

    /** Told what comes of it. */
    interface Listener {
        /** All WAL before the position is stored. */
        void stored(int timeline, long position);

        /** What the server has told of its WAL, all of which is not stored yet. */
        void received(long position);

        /** WAL is missing in the archive for good: nothing before a new base backup can be recovered beyond it. */
        void gap(long from, long to);

        /** Whether an earlier run could not store what it had. */
        boolean behind();

        /** Whether commits wait until they are stored. */
        boolean awaited();

        boolean wanted();
    }

    WalReceiver(WalArchive archive, Duration flushEvery, Listener listener) {
        this.archive = archive;
        this.flushEvery = flushEvery;
        this.listener = listener;
    }

    /** @param login who fetches */
    private record Start(int timeline, long position, WalArchive.Coverage coverage, Login login) {}

    private record Login(String role, String password) {}

    /** Runs until it is not wanted any more, or something fails: then it may be started again. */
    void run(Server server) throws SQLException, IOException, InterruptedException {
        Start start = start(server);
        WalWriter writer = WalWriter.resume(archive, start.coverage(), start.timeline(), start.position());
        listener.stored(start.timeline(), start.position());
        try (Connection opened = RoleConnection.openReplication(
                        server.host(),
                        server.port(),
                        start.login().role(),
                        start.login().password(),
                        WaitedFor.ARCHIVE);
                PGReplicationStream stream = opened.unwrap(PGConnection.class)
                        .getReplicationAPI()
                        .replicationStream()
                        .physical()
                        .withSlotName(SLOT)
                        .withStartPosition(LogSequenceNumber.valueOf(start.position()))
                        .withStatusInterval(STATUS_SECONDS, TimeUnit.SECONDS)
                        .start()) {
            connection = opened;
            report(stream, start.position());
            try {
                receive(stream, writer, start.timeline());
            } finally {
                // What has come before the server went away is all there may ever be.
                writer.flush();
                listener.stored(start.timeline(), writer.stored());
            }
        }
    }

    /** Ends a run that waits for more WAL. */
    void hangUp() {
        Connection open = connection;
        if (open != null) {
            try {
                open.abort(Runnable::run);
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private void receive(PGReplicationStream stream, WalWriter writer, int timeline)
            throws SQLException, IOException, InterruptedException {
        long lastFlush = Monotonic.nanos() - flushEvery.toNanos();
        long reported = writer.stored();
        while (listener.wanted()) {
            ByteBuffer bytes = writer.pending() ? stream.readPending() : stream.read();
            if (bytes != null) {
                writer.append(stream.getLastReceiveLSN().asLong() - bytes.remaining(), bytes);
            }
            listener.received(stream.getLastReceiveLSN().asLong());
            long sinceFlush = Monotonic.nanos() - lastFlush;
            boolean due = sinceFlush >= flushEvery.toNanos() || (bytes == null && listener.awaited());
            if (writer.pending() && due) {
                writer.flush();
            } else if (bytes == null && writer.pending()) {
                TimeUnit.NANOSECONDS.sleep(Math.min(flushEvery.toNanos() - sinceFlush, 5_000_000));
            }
            // Appending stores by itself at the end of a segment and when there is much.
            if (writer.stored() > reported) {
                reported = writer.stored();
                lastFlush = Monotonic.nanos();
                listener.stored(timeline, reported);
                report(stream, reported);
            }
        }
    }

    /** The slot moves on, and a server that is stopping sees that nothing is left to send. */
    private static void report(PGReplicationStream stream, long position) throws SQLException {
        LogSequenceNumber stored = LogSequenceNumber.valueOf(position);
        stream.setFlushedLSN(stored);
        stream.setAppliedLSN(stored);
        stream.forceUpdateStatus();
    }

    private Start start(Server server) throws SQLException, IOException {
        try (Connection connection =
                        SuperuserConnection.open(server.host(), server.port(), "postgres", server.password());
                Statement statement = connection.createStatement()) {
            int timeline = (int) number(
                    statement, "select ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int");
            if (listener.behind()) {
                // So that there is something to store, which shows whether that is possible again.
                statement.execute("select pg_logical_emit_message(true, 'mooring', 'archiving again')");
            }
            Login login = login(connection, server);
            long kept = slotPosition(statement);
            WalArchive.Coverage coverage = archive.coverage();
            long end = coverage.end(timeline);
            long segmentStart = Segment.at(timeline, kept).start();
            if (end >= segmentStart && end > 0) {
                return new Start(timeline, end, coverage, login);
            }
            if (end > 0) {
                listener.gap(end, segmentStart);
            }
            return new Start(timeline, segmentStart, coverage, login);
        }
    }

    /**
     * A role that can do nothing else, with a password until the next start. Where replication means loading libraries no role has
     * it that somebody could grant to himself.
     */
    private static Login login(Connection superuser, Server server) throws SQLException {
        return ServerRoles.replicationIsSafe(superuser)
                ? new Login(ServiceRole.ARCHIVE.roleName(), ServiceRole.ARCHIVE.renew(superuser))
                : new Login(SuperuserConnection.USER, server.password());
    }

    /** Makes the slot when there is none, or none that still keeps anything. */
    private static long slotPosition(Statement statement) throws SQLException {
        long kept = number(
                statement,
                "select coalesce(max(restart_lsn - '0/0'), 0)::bigint from pg_replication_slots where slot_name = '"
                        + SLOT + "' and wal_status <> 'lost'");
        if (kept > 0) {
            return kept;
        }
        statement.execute("select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = '"
                + SLOT + "'");
        return number(
                statement,
                "select (lsn - '0/0')::bigint from pg_create_physical_replication_slot('" + SLOT + "', true)");
    }

    private static long number(Statement statement, String query) throws SQLException {
        try (ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getLong(1);
        }
    }
}
