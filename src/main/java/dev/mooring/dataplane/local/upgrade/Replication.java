package dev.mooring.dataplane.local.upgrade;

import dev.mooring.dataplane.local.cluster.ServiceRole;
import dev.mooring.operation.OperationFailed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

/** Logical replication of all tables of all databases from one server to the other. */
public final class Replication {

    private static final int MOST_FAILURES = 3;
    /** For parallel builds of indexes, and extensions. */
    private static final int OTHER_WORKERS = 10;
    /** The log is read whole, so not at every look. */
    private static final int LOOKS_BETWEEN_LOGS = 100;

    private static final int FIRST_WITH_PARALLEL_APPLY = 18;
    private static final Duration MOMENT = Duration.ofSeconds(5);
    private static final Duration SLOT_LIMIT = Duration.ofSeconds(10);

    private final Side from;
    private final Side to;
    private final String name;
    private final List<String> databases;

    /**
     * @param name of publication, subscription and slot
     */
    public Replication(Side from, Side to, String name, List<String> databases) {
        this.from = from;
        this.to = to;
        this.name = name;
        this.databases = databases;
    }

    /** What the sending side has to know of, before {@link #snapshot}. */
    public void publish() throws SQLException, InterruptedException {
        from.inEach(databases, (connection, database) -> publish(connection));
    }

    /** The rows of one database as they were when its slot was made: what changes later is in the slot. */
    public static final class Snapshot implements AutoCloseable {

        private final Connection session;
        private final String name;

        private Snapshot(Connection session, String name) {
            this.session = session;
            this.name = name;
        }

        /** For {@code set transaction snapshot} of another session. */
        String name() {
            return name;
        }

        @Override
        public void close() throws SQLException {
            session.close();
        }
    }

    /**
     * What is written from now on is kept until {@link #follow} fetches it; what is there now can be read as long as the answer is
     * open.
     */
    Snapshot snapshot(String database) throws SQLException {
        Connection session = from.openReplication(database);
        try (Statement statement = session.createStatement();
                ResultSet row =
                        statement.executeQuery("CREATE_REPLICATION_SLOT " + slot(database) + " LOGICAL pgoutput")) {
            row.next();
            return new Snapshot(session, row.getString("snapshot_name"));
        } catch (SQLException e) {
            session.close();
            throw e;
        }
    }

    /** The far end of {@link #follow}: what is written from now on is kept until it is fetched. */
    public void prepare() throws SQLException, InterruptedException {
        from.inEach(databases, (connection, database) -> {
            publish(connection);
            String slot = slot(database);
            if (Side.number(connection, "select count(*) from pg_replication_slots where slot_name = '" + slot + "'")
                    == 0) {
                Side.execute(connection, "select pg_create_logical_replication_slot('" + slot + "', 'pgoutput')");
            }
        });
    }

    /** Fetches what was written since {@link #prepare} or {@link #snapshot}, and goes on after {@link #hold}. */
    public void follow() throws SQLException, InterruptedException {
        List<String> missing = new ArrayList<>();
        to.inEach(databases, (connection, database) -> {
            if (!subscribed(connection, name)) {
                missing.add(database);
            }
        });
        if (!missing.isEmpty()) {
            subscribe(missing);
        }
        to.inEach(
                databases,
                (connection, database) -> Side.execute(connection, "alter subscription " + name + " enable"));
    }

    /** All of them share a role, and with it a password, so those that are there already are told of it too. */
    private void subscribe(List<String> missing) throws SQLException, InterruptedException {
        String password = from.renewReplication();
        to.inEach(databases, (connection, database) -> {
            String conninfo = Workspace.literal(from.conninfo(database, password));
            if (missing.contains(database)) {
                grantConnect(database);
                Side.executeUnlogged(connection, subscription(database, conninfo));
            } else {
                Side.executeUnlogged(connection, "alter subscription " + name + " connection " + conninfo);
            }
        });
    }

    private void grantConnect(String database) throws SQLException {
        try (Connection connection = from.open("postgres")) {
            Side.execute(
                    connection,
                    "grant connect on database " + SchemaCopy.identifier(database) + " to "
                            + ServiceRole.REPLICATION.roleName());
        }
    }

    /** Fetches nothing until {@link #follow}, which goes on right there. */
    public void hold() throws SQLException, InterruptedException {
        to.inEach(
                databases,
                (connection, database) -> Side.execute(connection, "alter subscription " + name + " disable"));
    }

    /** Subscriptions of all databases are in one catalog. */
    private static boolean subscribed(Connection connection, String name) throws SQLException {
        return Side.number(
                        connection,
                        "select count(*) from pg_subscription where subname = '" + name
                                + "' and subdbid = (select oid from pg_database where datname = current_database())")
                > 0;
    }

    private void publish(Connection connection) throws SQLException {
        if (Side.number(connection, "select count(*) from pg_publication where pubname = '" + name + "'") == 0) {
            Side.execute(connection, "create publication " + name + " for all tables");
        }
    }

    private String subscription(String database, String conninfo) {
        boolean parallel = Integer.parseInt(to.engine().major()) >= FIRST_WITH_PARALLEL_APPLY;
        return "create subscription " + name + " connection " + conninfo
                + " publication " + name + " with (copy_data = false, create_slot = false, slot_name = '"
                + slot(database) + "'"
                // Comparing relies on one transaction after the other.
                + (parallel ? ", streaming = off" : "") + ")";
    }

    /** Slots belong to the whole server, so each database needs a name of its own. */
    private String slot(String database) {
        return name + "_" + databases.indexOf(database);
    }

    /** Settings that the receiving server needs for this; nobody needs its statistics before it serves. */
    public static Map<String, String> settings(int databases) {
        return Map.of(
                "max_logical_replication_workers", Integer.toString(databases + 2),
                "max_worker_processes", Integer.toString(databases + OTHER_WORKERS),
                "autovacuum", "off");
    }

    /** Workers that have ended with an error, by the log of a server that nobody else uses. */
    private final class Failures {

        private final long before = count();

        void check() {
            if (count() - before >= MOST_FAILURES) {
                throw new OperationFailed("replication does not get on: " + lastError());
            }
        }

        /** The launcher always ends so. */
        private long count() {
            return log().filter(line -> line.contains("logical replication")
                            && !line.contains("logical replication launcher")
                            && line.contains("exited with exit code 1"))
                    .count();
        }

        /** Of a worker: clients have a user. */
        private String lastError() {
            return log().filter(line -> line.contains("ERROR:") && !line.contains("[user="))
                    .reduce((earlier, later) -> later)
                    .map(line -> line.substring(line.indexOf("ERROR:") + "ERROR:".length())
                            .strip())
                    .orElse("its workers end, and do not say why");
        }

        private Stream<String> log() {
            try {
                return Files.readAllLines(to.folder().startLog(), StandardCharsets.UTF_8).stream();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /**
     * Writes a row on the one side and waits until it is on the other: then everything before it is there too.
     *
     * @throws OperationFailed when that takes too long, or the receiving side fails again and again
     * @throws SQLException when one of the two has ended
     */
    public void catchUp(Duration atMost) throws SQLException, InterruptedException {
        UUID marker = UUID.randomUUID();
        from.inEach(databases, (connection, database) -> mark(connection, marker));
        Instant end = Instant.now().plus(atMost);
        Failures failures = new Failures();
        to.inEach(databases, (connection, database) -> {
            for (int look = 1; !marked(connection, marker); look++) {
                if (look % LOOKS_BETWEEN_LOGS == 0) {
                    failures.check();
                    if (!from.postmaster().alive()) {
                        // Who waits here may keep it from being started again.
                        throw new SQLException("the server that is followed has ended");
                    }
                }
                if (Instant.now().isAfter(end)) {
                    throw new OperationFailed(
                            "replication of " + database + " did not catch up within " + atMost.toSeconds() + " s");
                }
                Thread.sleep(2);
            }
        });
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

    static void mark(Connection connection, UUID marker) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("insert into mooring_upgrade.marker values (?)")) {
            insert.setObject(1, marker);
            insert.execute();
        }
    }

    static boolean marked(Connection connection, UUID marker) throws SQLException {
        try (PreparedStatement select =
                connection.prepareStatement("select from mooring_upgrade.marker where id = ?")) {
            select.setObject(1, marker);
            try (ResultSet row = select.executeQuery()) {
                return row.next();
            }
        }
    }

    /** The receiving side forgets it; the sending side may be away. */
    public static void leave(Side side, String name) throws SQLException, InterruptedException {
        side.inEach(side.databases(), (connection, database) -> {
            if (subscribed(connection, name)) {
                Side.execute(
                        connection,
                        "alter subscription " + name + " disable",
                        "alter subscription " + name + " set (slot_name = none)",
                        "drop subscription " + name);
            }
        });
    }

    /** The sending side forgets it: publication and slots, also those of copies that were cut short. */
    public static void unpublish(Side side, String name) throws SQLException, InterruptedException {
        side.inEach(
                side.databases(),
                (connection, database) -> Side.execute(connection, "drop publication if exists " + name));
        try (Connection connection = side.open("postgres")) {
            Instant end = Instant.now().plus(SLOT_LIMIT);
            for (String slot : Side.strings(
                    connection,
                    "select slot_name from pg_replication_slots where slot_type = 'logical' and (slot_name ~ '^" + name
                            + "_[0-9]+$' or slot_name ~ '^pg_[0-9]+_sync_')")) {
                while (true) {
                    try {
                        Side.execute(
                                connection,
                                "select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = '"
                                        + slot + "' and active",
                                "select pg_drop_replication_slot('" + slot + "')");
                        break;
                    } catch (SQLException inUse) {
                        if (Instant.now().isAfter(end)) {
                            throw inUse;
                        }
                        Thread.sleep(20);
                    }
                }
            }
        }
    }
}
