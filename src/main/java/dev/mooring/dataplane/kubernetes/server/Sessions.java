package dev.mooring.dataplane.kubernetes.server;

import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.process.postgres.session.SessionSettings;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.postgresql.Driver;

/**
 * Mooring's own sessions on a cluster's servers, as {@link Names#CONTROL}, encrypted. For virtual threads only.
 *
 * @param authority PEM of who signs for the servers
 */
public record Sessions(String authority, String password, int major) {

    /** Empty where Mooring cannot know yet how to log in. */
    public static java.util.Optional<Sessions> of(Instances instances, String major) {
        return instances
                .authority()
                .flatMap(ca -> instances
                        .controlPassword()
                        .map(password -> new Sessions(ca, password, Integer.parseInt(major))));
    }

    public Connection open(Instances.Instance instance, String database) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", Names.CONTROL);
        properties.setProperty("password", password);
        // By its address, which no certificate names: so who has signed it is pinned instead.
        properties.setProperty("sslmode", "require");
        properties.setProperty("sslfactory", PinnedTls.class.getName());
        properties.setProperty("sslfactoryarg", authority);
        properties.setProperty("gssEncMode", "disable");
        properties.setProperty("ApplicationName", "mooring");
        properties.setProperty("connectTimeout", "5");
        properties.setProperty("socketTimeout", "30");
        properties.setProperty("options", SessionSettings.options(major, false));
        return new Driver()
                .connect(
                        "jdbc:postgresql://" + instance.address() + ":" + instance.port() + "/"
                                + URLEncoder.encode(database, StandardCharsets.UTF_8),
                        properties);
    }

    /** The first column of every row. */
    static List<String> list(Connection connection, String sql, Object... values) throws SQLException {
        List<String> found = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                statement.setObject(i + 1, values[i]);
            }
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    found.add(rows.getString(1));
                }
            }
        }
        return found;
    }

    static void run(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** As PostgreSQL's own quote_ident has it, always with quotes. */
    static String identifier(String name) {
        if (name.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a name with a zero in it");
        }
        return '"' + name.replace("\"", "\"\"") + '"';
    }
}
