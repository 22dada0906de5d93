package dev.mooring.dataplane.local.upgrade;

import dev.mooring.dataplane.local.archive.backup.CopyProgress;
import dev.mooring.dataplane.local.postgres.Conninfo;
import dev.mooring.dataplane.local.upgrade.server.OpenTransactions;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.dataplane.local.upgrade.server.WorkerLog;
import dev.mooring.operation.OperationFailed;
import dev.mooring.process.postgres.session.SessionSettings;
import dev.mooring.process.postgres.session.SuperuserConnection;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Carries what is committed in one server, from a position in its WAL on, to a copy of it of another version, by logical replication of
 * all databases. Nothing that works in the first fails because of it: changes of rows that cannot be found elsewhere are not published
 * ({@link Carried} tells of them).
 */
public final class Replication {

    private static final int MOST_FAILURES = 3;
    /** For parallel builds of indexes, and extensions. */
    private static final int OTHER_WORKERS = 10;

    private static final Duration MOMENT = Duration.ofSeconds(5);
    private static final Duration TRANSACTION_LIMIT = Duration.ofMinutes(5);
    private static final Duration LOOK = Duration.ofSeconds(1);
    /** Less than a server waits before it ends one of two that wait for each other: that must not be the user's. */
    private static final Duration NO_DEADLOCK = Duration.ofMillis(500);

    private static final String LOCK_NOT_AVAILABLE = "55P03";

    private final PostgresServer from;
    private final PostgresServer to;
    private final String name;
    private final List<String> databases;

    /**
     * @param name of subscriptions and slots, and the beginning of publications' names; needs no quotes in SQL
     */
    public Replication(PostgresServer from, PostgresServer to, String name, List<String> databases) {
        this.from = from;
        this.to = to;
        this.name = name;
        this.databases = databases;
    }

    /** The same with other sessions. */
    public Replication between(PostgresServer otherFrom, PostgresServer otherTo) {
        return new Replication(otherFrom, otherTo, name, databases);
    }

    /**
     * Settings that the receiving server needs, in which nobody but Mooring is: what it has is heard of at once.
     *
     * @param like has the same tables
     */
    public static Map<String, String> settings(int databases, PostgresServer like)
            throws SQLException, InterruptedException {
        return Map.of(
                "max_logical_replication_workers",
                Integer.toString(databases + 2),
                "max_worker_processes",
                Integer.toString(databases + OTHER_WORKERS),
                "wal_writer_delay",
                "10ms",
                "wal_retrieve_retry_interval",
                "500ms",
                "autovacuum",
                "off",
                // A subscription locks all tables when it is made.
                PostgresServer.LOCKS,
                like.locksForAll());
    }

    /** Says that what there is now is to be carried, in a server in which nobody is; before {@link #open}. */
    public void publishThese() throws SQLException, InterruptedException {
        from.inEach(databases, (connection, database) -> new Publications(name).makeOfThese(connection));
    }

    /**
     * Says what is to be carried, in a server that serves; before {@link #open}. Waits for transactions that have defined something, without holding what they may want next.
     *
     * @param waiting is told for whom; answers whether to go on
     * @throws OperationFailed when a transaction stays open for too long
     * @throws CopyProgress.Stopped when the listener wants no more
     */
    public void publish(Predicate<String> waiting) throws SQLException, InterruptedException, CopyProgress.Stopped {
        Instant end = Instant.now().plus(TRANSACTION_LIMIT);
        for (String database : databases) {
            try (Connection connection = from.open(database)) {
                PostgresServer.execute(connection, "set lock_timeout = " + NO_DEADLOCK.toMillis());
                new Publications(name).<CopyProgress.Stopped>make(connection, sql -> {
                    while (!executed(connection, sql)) {
                        String open = OpenTransactions.defining(connection);
                        if (Instant.now().isAfter(end)) {
                            throw openForTooLong(open);
                        }
                        if (!waiting.test(open)) {
                            throw new CopyProgress.Stopped();
                        }
                    }
                });
            }
        }
    }

    /** @return false when somebody has a lock that it needs */
    private static boolean executed(Connection connection, String sql) throws SQLException {
        try {
            PostgresServer.execute(connection, sql);
            return true;
        } catch (SQLException e) {
            if (LOCK_NOT_AVAILABLE.equals(e.getSQLState())) {
                return false;
            }
            throw e;
        }
    }

    private static OperationFailed openForTooLong(String open) {
        return new OperationFailed(
                "a transaction was open for more than " + TRANSACTION_LIMIT.toMinutes() + " minutes: " + open);
    }

    /**
     * What is written from now on is kept until it is fetched. Waits for the transactions that are open.
     *
     * @param waiting is told for whom; answers whether to go on
     * @return a position in the WAL: whatever is committed behind it can be fetched
     * @throws OperationFailed when a transaction stays open for too long
     * @throws CopyProgress.Stopped when the listener wants no more
     */
    public String open(Predicate<String> waiting) throws SQLException, InterruptedException, CopyProgress.Stopped {
        for (String database : databases) {
            try (Connection connection = from.open(database)) {
                PostgresServer.execute(connection, "set lock_timeout = " + TRANSACTION_LIMIT.toMillis());
                FutureTask<Void> making = new FutureTask<>(() -> {
                    PostgresServer.execute(
                            connection,
                            "select pg_create_logical_replication_slot('" + slot(database) + "', 'pgoutput')");
                    return null;
                });
                Thread thread = Thread.ofVirtual().start(making);
                while (!thread.join(LOOK)) {
                    if (!waiting.test(openTransactions())) {
                        connection.abort(Runnable::run);
                        thread.join();
                        throw new CopyProgress.Stopped();
                    }
                }
                making.get();
            } catch (ExecutionException e) {
                if (e.getCause() instanceof SQLException refused) {
                    if (LOCK_NOT_AVAILABLE.equals(refused.getSQLState())) {
                        throw openForTooLong(openTransactions());
                    }
                    throw refused;
                }
                throw new IllegalStateException(e.getCause());
            }
        }
        try (Connection connection = from.open("postgres")) {
            String position = PostgresServer.strings(connection, "select pg_current_wal_insert_lsn()")
                    .getFirst();
            // Recovery to a position ends at the first record that is not before it.
            PostgresServer.execute(connection, EMIT);
            return position;
        }
    }

    /** A commit that leaves nothing but a record in the WAL, and writes out those that nobody waited for. */
    private static final String EMIT = "select pg_logical_emit_message(true, 'mooring', '')";

    private String openTransactions() throws SQLException {
        try (Connection connection = from.open("postgres")) {
            return OpenTransactions.writing(connection);
        }
    }

    /**
     * The other server, which has everything before the position, fetches what is behind it.
     *
     * @param position of {@link #open}; null when nothing was written between this server's parting and that
     */
    public void subscribe(@Nullable String position) throws SQLException, InterruptedException, IOException {
        Path passwords = ReplicationEnd.passwordFile(to, name);
        to.clusters().writeFile(passwords, "*:*:*:" + SuperuserConnection.USER + ":" + from.password() + "\n");
        List<String> there = from.everyDatabase();
        to.inEach(databases, (connection, database) -> {
            // What was dropped meanwhile is told by whoever looks next.
            if (!there.contains(database)) {
                return;
            }
            if (!ReplicationEnd.subscribed(connection, name)) {
                PostgresServer.execute(
                        connection,
                        "create subscription " + name + " connection '"
                                + conninfo(database, passwords).replace("'", "''")
                                + "' publication " + publications(database)
                                + " with (copy_data = false, create_slot = false, enabled = false, streaming = off, slot_name = '"
                                + slot(database) + "')");
            }
            if (position != null) {
                // Also again: what has been fetched is remembered by the slot, which never goes back.
                PostgresServer.execute(
                        connection,
                        "select pg_replication_origin_advance('pg_' || oid, '" + position + "') from pg_subscription"
                                + " where subname = '" + name
                                + "' and not subenabled and subdbid = (select oid from pg_database"
                                + " where datname = current_database())");
            }
            PostgresServer.execute(connection, "alter subscription " + name + " enable");
        });
    }

    private String publications(String database) throws SQLException {
        try (Connection connection = from.open(database)) {
            return String.join(", ", new Publications(name).names(connection));
        }
    }

    /** As the superuser: any other role's password could be set by users who may create roles, up to 15. */
    private String conninfo(String database, Path passwords) {
        return "host=" + from.clusters().reach() + " port=" + from.port() + " user=" + SuperuserConnection.USER
                + " passfile=" + PostgresServer.quoted(passwords.toString()) + " " + Conninfo.of(Conninfo.bound())
                + " dbname="
                + PostgresServer.quoted(database)
                // Where the receiving server hands them on: not one of 15 to 18 from before 2026.
                + " options="
                + PostgresServer.quoted(
                        SessionSettings.options(Integer.parseInt(from.engine().major()), true));
    }

    /** Slots belong to the whole server, so each database needs a name of its own. */
    private String slot(String database) {
        return name + "_" + databases.indexOf(database);
    }

    /** Fetches nothing until {@link #resume}, which goes on right there. */
    public void hold() throws SQLException, InterruptedException {
        switchTo("disable");
    }

    public void resume() throws SQLException, InterruptedException {
        switchTo("enable");
    }

    private void switchTo(String state) throws SQLException, InterruptedException {
        to.inEach(databases, (connection, database) -> {
            if (ReplicationEnd.subscribed(connection, name)) {
                PostgresServer.execute(connection, "alter subscription " + name + " " + state);
            }
        });
    }

    /** Bytes of WAL that the other server has not confirmed. */
    public long behind() throws SQLException {
        try (Connection connection = from.open("postgres")) {
            return PostgresServer.number(
                    connection,
                    "select coalesce(max(pg_current_wal_lsn() - confirmed_flush_lsn), 0) from pg_replication_slots where "
                            + slots());
        }
    }

    private String slots() {
        return databases.stream()
                .map(database -> "'" + database.replace("'", "''") + "'")
                .collect(Collectors.joining(", ", "slot_name ~ '^" + name + "_[0-9]+$' and database in (", ")"));
    }

    /**
     * @throws OperationFailed when a database is gone, a table has lost its key, so that its rows could not be changed any more, or nothing
     *     gets on
     */
    public void check() throws SQLException, InterruptedException {
        List<String> there = from.everyDatabase();
        for (String database : databases) {
            if (!there.contains(database)) {
                throw new OperationFailed("the database " + database
                        + " was dropped or renamed meanwhile, or nobody may connect to it any more");
            }
        }
        from.inEach(databases, (connection, database) -> {
            Publications publications = new Publications(name);
            List<String> lost = publications.lostKeys(connection);
            if (!lost.isEmpty()) {
                publications.remove(connection);
                throw new OperationFailed("the key of " + String.join(", ", lost) + " in " + database + " was changed");
            }
        });
        try (Connection connection = to.open("postgres")) {
            if (PostgresServer.number(
                            connection, "select coalesce(sum(apply_error_count), 0) from pg_stat_subscription_stats")
                    >= MOST_FAILURES) {
                throw new OperationFailed("replication does not get on: " + WorkerLog.lastError(to));
            }
        }
    }

    /**
     * Waits until everything that is committed by now is on the other side.
     *
     * @throws OperationFailed when that takes too long, or the receiving side fails again and again
     * @throws SQLException when one of the two has ended
     */
    public void catchUp(Duration atMost) throws SQLException, InterruptedException {
        Instant end = Instant.now().plus(atMost);
        Instant look = Instant.now().plus(LOOK);
        try (Connection connection = from.open("postgres")) {
            PostgresServer.execute(connection, EMIT);
            String last = PostgresServer.strings(connection, "select pg_current_wal_flush_lsn()")
                    .getFirst();
            while (PostgresServer.number(
                            connection,
                            "select count(*) from pg_replication_slots where " + slots()
                                    + " and confirmed_flush_lsn < '" + last + "'")
                    > 0) {
                if (Instant.now().isAfter(look)) {
                    check();
                    look = Instant.now().plus(LOOK);
                }
                if (Instant.now().isAfter(end)) {
                    throw new OperationFailed("replication did not catch up within " + atMost.toSeconds() + " s");
                }
                Thread.sleep(2);
            }
        }
    }

    /**
     * The same while nobody can write, so for a moment only: everything before has come already.
     *
     * @throws SQLException when that takes too long, which is worth another try later
     */
    public void catchUpAtOnce() throws SQLException, InterruptedException {
        try {
            catchUp(MOMENT);
        } catch (OperationFailed e) {
            throw new SQLException(e.getMessage(), e);
        }
    }
}
