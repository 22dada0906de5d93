package dev.mooring.dataplane.local.upgrade;

import dev.mooring.operation.OperationFailed;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/** Logical replication of all tables of all databases from one server to the other. */
public final class Replication {

    private static final int MOST_FAILURES = 3;
    private static final int COPIES_AT_A_TIME = 2;
    private static final int FIRST_WITH_PARALLEL_APPLY = 18;
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

    /** Copies all rows, and whatever changes from now on. */
    public void begin() throws SQLException, InterruptedException {
        from.inEach(databases, (connection, database) -> publish(connection));
        to.inEach(databases, (connection, database) -> {
            if (Side.number(
                            connection,
                            "select count(*) from pg_subscription where subdbid = (select oid from pg_database"
                                    + " where datname = current_database())")
                    == 0) {
                // Not inside a transaction block: it makes a slot on the other side.
                Side.executeUnlogged(connection, subscription(database, "copy_data = true"));
            }
        });
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

    /** Fetches what was written since {@link #prepare}. */
    public void follow() throws SQLException, InterruptedException {
        to.inEach(databases, (connection, database) -> {
            if (Side.number(connection, "select count(*) from pg_subscription where subname = '" + name + "'") == 0) {
                Side.executeUnlogged(connection, subscription(database, "copy_data = false, create_slot = false"));
            }
        });
    }

    private void publish(Connection connection) throws SQLException {
        if (Side.number(connection, "select count(*) from pg_publication where pubname = '" + name + "'") == 0) {
            Side.execute(connection, "create publication " + name + " for all tables");
        }
    }

    private String subscription(String database, String options) {
        boolean parallel = Integer.parseInt(to.engine().major()) >= FIRST_WITH_PARALLEL_APPLY;
        return "create subscription " + name + " connection " + Workspace.literal(from.conninfo(database))
                + " publication " + name + " with (" + options + ", slot_name = '" + slot(database) + "'"
                // Comparing relies on one transaction after the other.
                + (parallel ? ", streaming = off" : "") + ")";
    }

    /** Slots belong to the whole server, so each database needs a name of its own. */
    private String slot(String database) {
        return name + "_" + databases.indexOf(database);
    }

    /** Settings that the receiving server needs for this. */
    public static java.util.Map<String, String> settings(int databases) {
        return java.util.Map.of(
                "max_logical_replication_workers", Integer.toString(databases + COPIES_AT_A_TIME * databases + 2),
                "max_worker_processes", Integer.toString(databases + COPIES_AT_A_TIME * databases + 10),
                "max_sync_workers_per_subscription", Integer.toString(COPIES_AT_A_TIME));
    }

    /**
     * @param copied tables whose first copy is complete
     * @param copiedBytes their size
     */
    public record Copied(int copied, int tables, long copiedBytes) {
        public boolean all() {
            return copied == tables;
        }
    }

    public Copied copied() throws SQLException, IOException, InterruptedException {
        int[] counts = new int[2];
        long[] bytes = new long[1];
        to.inEach(databases, (connection, database) -> {
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery(
                            "select count(*) filter (where srsubstate = 'r'), count(*), coalesce(sum(pg_table_size(srrelid)), 0)"
                                    + " from pg_subscription_rel")) {
                row.next();
                counts[0] += row.getInt(1);
                counts[1] += row.getInt(2);
                bytes[0] += row.getLong(3);
            }
        });
        if (failures() >= MOST_FAILURES) {
            throw new OperationFailed("replication does not get on: " + lastError());
        }
        return new Copied(counts[0], counts[1], bytes[0]);
    }

    /** How often a worker has ended with an error, by the log of a server that nobody else uses. Its launcher always ends so. */
    private long failures() throws IOException {
        try (Stream<String> lines = log()) {
            return lines.filter(line -> line.contains("logical replication")
                            && !line.contains("logical replication launcher")
                            && line.contains("exited with exit code 1"))
                    .count();
        }
    }

    /** Of a worker: clients have a user. */
    private String lastError() throws IOException {
        try (Stream<String> lines = log()) {
            return lines.filter(line -> line.contains("ERROR:") && !line.contains("[user="))
                    .reduce((earlier, later) -> later)
                    .map(line -> line.substring(line.indexOf("ERROR:") + "ERROR:".length())
                            .strip())
                    .orElse("its workers end, and do not say why");
        }
    }

    private Stream<String> log() throws IOException {
        return Files.lines(to.folder().startLog(), StandardCharsets.UTF_8);
    }

    /**
     * Writes a row on the one side and waits until it is on the other: then everything before it is there too.
     *
     * @throws OperationFailed when that takes too long
     */
    public void catchUp(Duration atMost) throws SQLException, InterruptedException {
        UUID marker = UUID.randomUUID();
        from.inEach(databases, (connection, database) -> mark(connection, marker));
        Instant end = Instant.now().plus(atMost);
        to.inEach(databases, (connection, database) -> {
            while (!marked(connection, marker)) {
                if (Instant.now().isAfter(end)) {
                    throw new OperationFailed(
                            "replication of " + database + " did not catch up within " + atMost.toSeconds() + " s");
                }
                Thread.sleep(2);
            }
        });
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
    public void leave() throws SQLException, InterruptedException {
        leave(to, name);
    }

    /** Ends a subscription of that name in each database of the server. */
    public static void leave(Side side, String name) throws SQLException, InterruptedException {
        side.inEach(side.databases(), (connection, database) -> {
            if (Side.number(
                            connection,
                            "select count(*) from pg_subscription where subname = '" + name
                                    + "' and subdbid = (select oid from pg_database where datname = current_database())")
                    > 0) {
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
