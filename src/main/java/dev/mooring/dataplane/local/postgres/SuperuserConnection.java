package dev.mooring.dataplane.local.postgres;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Properties;
import java.util.function.BooleanSupplier;
import org.postgresql.Driver;

/** Blocking connections of Mooring's own superuser to a server on this machine. For virtual threads only. */
public final class SuperuserConnection {

    /** The bootstrap superuser of every data directory; nobody but Mooring knows its password. */
    public static final String USER = "postgres";

    private static final String CANNOT_CONNECT_NOW = "57P03";
    private static final String CONNECTION_EXCEPTION = "08";

    private SuperuserConnection() {}

    public static Connection open(String host, int port, String database, String password) throws SQLException {
        return connect(host, port, database, properties(password));
    }

    /**
     * For the replication protocol.
     *
     * @param name of the application, as {@code synchronous_standby_names} may have it
     */
    public static Connection openReplication(String host, int port, String password, String name) throws SQLException {
        Properties properties = replication(password, "true");
        properties.setProperty("ApplicationName", name);
        return connect(host, port, "postgres", properties);
    }

    /** For the replication protocol in a database, which logical slots need. */
    public static Connection openLogicalReplication(String host, int port, String database, String password)
            throws SQLException {
        return connect(host, port, database, replication(password, "database"));
    }

    private static Properties replication(String password, String mode) {
        Properties properties = properties(password);
        properties.setProperty("replication", mode);
        properties.setProperty("preferQueryMode", "simple");
        properties.setProperty("assumeMinServerVersion", "13");
        return properties;
    }

    private static Properties properties(String password) {
        Properties properties = new Properties();
        properties.setProperty("user", USER);
        properties.setProperty("password", password);
        properties.setProperty("sslmode", "disable");
        properties.setProperty("gssEncMode", "disable");
        properties.setProperty("ApplicationName", "mooring");
        properties.setProperty("connectTimeout", "5");
        // Another program may have taken the port, and be silent.
        properties.setProperty("socketTimeout", "10");
        // Mooring does not wait for its own archive: what it has to do may be what the archive waits for.
        properties.setProperty(
                "options",
                "-c synchronous_commit=local -c local_preload_libraries= -c role=none -c statement_timeout=0 -c default_transaction_read_only=off");
        return properties;
    }

    private static Connection connect(String host, int port, String database, Properties properties)
            throws SQLException {
        String url =
                "jdbc:postgresql://" + host + ":" + port + "/" + URLEncoder.encode(database, StandardCharsets.UTF_8);
        Connection connection = new Driver().connect(url, properties);
        // From here on an answer may take as long as the question does.
        connection.setNetworkTimeout(Runnable::run, 0);
        return connection;
    }

    /**
     * Waits until the server lets the superuser in.
     *
     * @param worthWaiting asked before each further try: false once the server's process is gone
     * @return an open connection, or null when it was not worth waiting or the time is over
     * @throws SQLException when the server answers but does not let the superuser in
     */
    public static Connection await(
            String host, int port, String database, String password, Duration atMost, BooleanSupplier worthWaiting)
            throws SQLException, InterruptedException {
        Instant end = Instant.now().plus(atMost);
        while (true) {
            try {
                return open(host, port, database, password);
            } catch (SQLException e) {
                String state = e.getSQLState() == null ? CONNECTION_EXCEPTION : e.getSQLState();
                if (!state.equals(CANNOT_CONNECT_NOW) && !state.startsWith(CONNECTION_EXCEPTION)) {
                    throw e;
                }
                if (Instant.now().isAfter(end) || !worthWaiting.getAsBoolean()) {
                    return null;
                }
                Thread.sleep(3);
            }
        }
    }
}
