package dev.mooring.process.postgres.session;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import org.postgresql.Driver;

/** The one way in which Mooring opens sessions on its servers: blocking, with {@link SessionSettings} that nobody else has a say in. */
final class LocalSession {

    private static final String UNKNOWN_SETTING = "42704";

    /** The major version that last answered at an address. Only a guess: who answers says what it is. */
    private static final Map<String, Integer> SEEN = new ConcurrentHashMap<>();

    private LocalSession() {}

    static Properties as(String user, String password) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", user);
        properties.setProperty("password", password);
        properties.setProperty("sslmode", "disable");
        SaslOnly.require(properties);
        OwnServerSockets.require(properties);
        properties.setProperty("gssEncMode", "disable");
        properties.setProperty("ApplicationName", "mooring");
        properties.setProperty("assumeMinServerVersion", "13");
        properties.setProperty("connectTimeout", "5");
        // Another program may have taken the port, and be silent.
        properties.setProperty("socketTimeout", "10");
        return properties;
    }

    /** @param mode as the protocol has it: true for the whole server, {@code database} for one database */
    static Properties replicating(Properties properties, String mode) {
        properties.setProperty("replication", mode);
        properties.setProperty("preferQueryMode", "simple");
        return properties;
    }

    /**
     * The settings that a server knows depend on its version, which it tells only when it lets somebody in. So those of the newest are
     * tried first, and what was found is remembered.
     *
     * @param superuser whether the user may set what only superusers may
     */
    static Connection open(String host, int port, String database, Properties properties, boolean superuser)
            throws SQLException {
        String address = host + ":" + port;
        String url = "jdbc:postgresql://" + address + "/" + URLEncoder.encode(database, StandardCharsets.UTF_8);
        int major = SEEN.getOrDefault(address, SessionSettings.NEWEST);
        while (true) {
            properties.setProperty("options", SessionSettings.options(major, superuser));
            Connection connection;
            try {
                connection = new Driver().connect(url, properties);
            } catch (SQLException e) {
                int older = SessionSettings.older(major);
                if (!UNKNOWN_SETTING.equals(e.getSQLState()) || older < 0) {
                    throw e;
                }
                major = older;
                continue;
            }
            int actual = connection.getMetaData().getDatabaseMajorVersion();
            SEEN.put(address, actual);
            if (actual > major && SessionSettings.differ(actual, major)) {
                // It was another server when it was last asked: this session lacks some settings.
                connection.close();
                major = actual;
                continue;
            }
            // From here on an answer may take as long as the question does.
            connection.setNetworkTimeout(Runnable::run, 0);
            return connection;
        }
    }
}
