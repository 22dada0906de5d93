package dev.mooring.dataplane.local.upgrade.server;

import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.cluster.ServerParameters;
import dev.mooring.dataplane.local.postgres.Conninfo;
import dev.mooring.operation.OperationFailed;
import dev.mooring.process.postgres.Engine;
import dev.mooring.process.postgres.Postmaster;
import dev.mooring.process.postgres.session.SuperuserConnection;
import java.io.IOException;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One of the two servers between which databases move.
 *
 * @param password of Mooring's own superuser, on both sides the same
 * @param sessions that are used instead of new ones
 */
public record PostgresServer(
        LocalClusters clusters,
        ClusterFolder folder,
        Engine engine,
        int port,
        String password,
        @Nullable Sessions sessions) {

    public PostgresServer(LocalClusters clusters, ClusterFolder folder, Engine engine, int port, String password) {
        this(clusters, folder, engine, port, password, null);
    }

    public static final String LOCKS = "max_locks_per_transaction";

    private static final String END_OF_LOG =
            "for log in $(ls -t \"$1\" 2>/dev/null | grep '^postgresql-'); do tail -n 40 -- \"$1/$log\"; break; done";
    private static final String CONFIGURATION = "postgresql.conf";
    private static final String NO_PORT = "could not create any TCP/IP sockets";
    private static final Duration START_LIMIT = Duration.ofSeconds(60);

    public static PostgresServer of(LocalClusters clusters, ClusterFolder folder, ClusterFolder.Manifest manifest)
            throws IOException {
        return new PostgresServer(
                clusters,
                folder,
                clusters.engines().engine(manifest.major(), manifest.version()),
                manifest.port(),
                clusters.vault().unseal(manifest.superuserSecret()));
    }

    public Postmaster postmaster() {
        return clusters.postmaster(folder, engine);
    }

    /** The same with sessions that stay open. */
    public PostgresServer with(Sessions open) {
        return new PostgresServer(clusters, folder, engine, port, password, open);
    }

    public Connection open(String database) throws SQLException {
        Connection kept = sessions == null ? null : sessions.of(database);
        return kept != null ? kept : SuperuserConnection.open(clusters.reach(), port, database, password);
    }

    /**
     * Starts it when it does not run, and waits until it lets Mooring in.
     *
     * @throws OperationFailed with the server's reason when it refuses to start
     * @throws PortTaken when another program has its port
     * @throws IOException when it ended without a word
     */
    public void ensureRunning() throws IOException, InterruptedException, SQLException {
        Postmaster postmaster = begin();
        try (Connection connection = SuperuserConnection.await(
                clusters.reach(), port, "postgres", password, START_LIMIT, postmaster::alive)) {
            if (connection == null) {
                throw notStarted(postmaster);
            }
        }
    }

    /**
     * The same, and returns as soon as the server says that it takes connections: a session of Mooring's own takes longer than what is left
     * of a start then, and clients wait.
     */
    public void ensureReady() throws IOException, InterruptedException {
        Postmaster postmaster = begin();
        if (!postmaster.awaitReady(START_LIMIT)) {
            throw notStarted(postmaster);
        }
    }

    private Postmaster begin() throws IOException, InterruptedException {
        Postmaster postmaster = postmaster();
        if (!postmaster.alive()) {
            postmaster.fence();
            if (!folder.key().equals(folder.id())) {
                settlePort();
                // It has the words of earlier lives, too.
                Files.deleteIfExists(folder.startLog());
            }
            postmaster.start();
        }
        return postmaster;
    }

    private IOException notStarted(Postmaster postmaster) throws IOException, InterruptedException {
        String message = "PostgreSQL " + engine.version() + " did not start: ";
        // Once it collects its log, its first one has no more of it.
        List<String> log = clusters.account()
                .run(null, "sh", "-c", END_OF_LOG, "sh", folder.log().toString())
                .output()
                .lines()
                .toList();
        String refusal = postmaster.refusal().or(() -> Postmaster.refusal(log)).orElse(null);
        if (refusal == null) {
            return new IOException(message + postmaster.startFailure());
        }
        if (refusal.contains(NO_PORT)) {
            return new PortTaken(port, message + "another program has port " + port + " (" + refusal + ")");
        }
        throw new OperationFailed(message + refusal);
    }

    /** A server beside the one that serves takes another port when somebody else has taken its own meanwhile. */
    private void settlePort() throws IOException, InterruptedException {
        String setting = ServerParameters.lines(Map.of("port", Integer.toString(port)));
        String settings = clusters.readData(folder, CONFIGURATION);
        List<String> ports =
                settings.lines().filter(line -> line.matches("\\s*port\\s*=.*")).toList();
        if (ports.isEmpty() || !ports.getLast().strip().equals(setting.strip())) {
            clusters.writeData(folder, CONFIGURATION, settings + setting);
        }
    }

    /** Writes now what a stop or a backup would wait for. */
    public Void checkpoint() throws SQLException {
        try (Connection connection = open("postgres")) {
            execute(connection, "checkpoint");
        }
        return null;
    }

    /** The owner's databases, in the order in which they were made. */
    public List<String> databases() throws SQLException {
        try (Connection connection = open("postgres")) {
            return strings(
                    connection,
                    "select datname from pg_database where datallowconn and not datistemplate and datname <> 'postgres'"
                            + " order by oid");
        }
    }

    /** All that can be connected to, PostgreSQL's own too. */
    public List<String> everyDatabase() throws SQLException {
        try (Connection connection = open("postgres")) {
            return strings(
                    connection,
                    "select datname from pg_catalog.pg_database where datallowconn and datname <> 'template0' order by oid");
        }
    }

    /** Tables, indexes and the like of all databases, the system's too. */
    public long relations() throws SQLException, InterruptedException {
        long[] found = {0};
        inEach(
                everyDatabase(),
                (connection, database) ->
                        found[0] += number(connection, "select pg_catalog.count(*) from pg_catalog.pg_class"));
        return found[0];
    }

    /** From this major on pg_upgrade restores a database in transactions of a thousand objects (RESTORE_TRANSACTION_SIZE). */
    private static final int FIRST_IN_PARTS = 17;

    /** Of users and of extensions, that are no relations: each takes a lock of whoever makes it and gives it an owner or a comment. */
    private static final String OTHER_OBJECTS = Stream.of(
                    "proc",
                    "type",
                    "operator",
                    "opclass",
                    "opfamily",
                    "collation",
                    "conversion",
                    "namespace",
                    "statistic_ext",
                    "ts_config",
                    "ts_dict",
                    "ts_parser",
                    "ts_template",
                    "trigger",
                    "rewrite",
                    "policy",
                    "constraint",
                    "cast",
                    "event_trigger",
                    "extension",
                    "foreign_server",
                    "foreign_data_wrapper",
                    "largeobject_metadata")
            .map(catalog -> "select pg_catalog.count(*) from pg_catalog.pg_" + catalog + " where oid >= 16384")
            .collect(Collectors.joining(" union all ", "select pg_catalog.sum(count) from (", ") counts"));

    /** {@link #LOCKS} for a server of the same size in which one transaction may lock every table and what belongs to it. */
    public String locksForAll() throws SQLException, InterruptedException {
        return locksFor(2 * relations());
    }

    /** The same for one of that version in which a transaction makes everything of a database. */
    public String locksToRestore(String major) throws SQLException, InterruptedException {
        long[] others = {0};
        if (Integer.parseInt(major) < FIRST_IN_PARTS) {
            inEach(
                    everyDatabase(),
                    (connection, database) -> others[0] = Math.max(others[0], number(connection, OTHER_OBJECTS)));
        }
        return locksFor(2 * relations() + others[0]);
    }

    private String locksFor(long objects) throws SQLException {
        try (Connection connection = open("postgres")) {
            // Each connection brings so many into the common table, and a standby may not have fewer than its original.
            return strings(
                            connection,
                            "select greatest(pg_catalog.current_setting('max_locks_per_transaction')::int, " + objects
                                    + " / pg_catalog.current_setting('max_connections')::int)")
                    .getFirst();
        }
    }

    /** In double quotes, as SQL has it. */
    public static String identifier(String name) {
        return "\"" + name.replace("\"", "\"\"") + "\"";
    }

    /** As connection strings have it. */
    public static String quoted(String value) {
        return Conninfo.value(value);
    }

    public static List<String> strings(Connection connection, String query) throws SQLException {
        List<String> found = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                found.add(rows.getString(1));
            }
        }
        return found;
    }

    /** The one that the server's last checkpoint was on. */
    public static int timeline(Connection connection) throws SQLException {
        return (int) number(connection, "select timeline_id from pg_catalog.pg_control_checkpoint()");
    }

    public static long number(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getLong(1);
        }
    }

    public static void execute(Connection connection, String... commands) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String command : commands) {
                statement.execute(command);
            }
        }
    }

    /** The same in each of the databases. */
    @FunctionalInterface
    public interface Work {
        void in(Connection connection, String database) throws SQLException, InterruptedException;
    }

    public void inEach(List<String> databases, Work work) throws SQLException, InterruptedException {
        for (String database : databases) {
            try (Connection connection = open(database)) {
                work.in(connection, database);
            }
        }
    }
}
