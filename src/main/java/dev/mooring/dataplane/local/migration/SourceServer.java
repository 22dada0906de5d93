package dev.mooring.dataplane.local.migration;

import dev.mooring.dataplane.ClusterWish;
import dev.mooring.dataplane.local.postgres.Engine;
import dev.mooring.dataplane.local.postgres.ServerAccount;
import dev.mooring.dataplane.local.postgres.Tools;
import dev.mooring.dataplane.local.upgrade.Side;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import org.postgresql.Driver;

/**
 * The server that databases come from. It belongs to somebody else: nothing is changed there but a publication and a slot, and
 * these go when the migration ends.
 *
 * @param password in the clear
 * @param address that the host was found to have, and that libpq connects to; null when there is none to connect to
 */
public record SourceServer(ClusterWish.Source source, String password, String address) {

    private static final String SECONDS = "10";
    /** The ones that every server, or every server of some providers, has from the beginning. */
    private static final String OF_THE_SERVER =
            "('postgres', 'rdsadmin', 'azure_maintenance', 'azure_sys', 'cloudsqladmin', '_dodb')";

    public Connection open(String database) throws SQLException {
        if (address == null) {
            throw new SQLException("the source may not be connected to", "08001");
        }
        Properties properties = new Properties();
        properties.setProperty("user", source.user());
        properties.setProperty("password", password);
        properties.setProperty("sslmode", source.tls() ? "require" : "disable");
        properties.setProperty("gssEncMode", "disable");
        properties.setProperty("ApplicationName", "mooring");
        properties.setProperty("connectTimeout", SECONDS);
        properties.setProperty("socketTimeout", SECONDS);
        Connection connection = new Driver()
                .connect(
                        "jdbc:postgresql://" + source.host() + ":" + source.port() + "/"
                                + URLEncoder.encode(database, StandardCharsets.UTF_8),
                        properties);
        connection.setNetworkTimeout(Runnable::run, 0);
        return connection;
    }

    public Connection open() throws SQLException {
        return open(source.database());
    }

    /** Those that the user may connect to, without the ignored ones. */
    List<String> databases() throws SQLException {
        try (Connection connection = open()) {
            return Side.strings(
                            connection,
                            "select datname from pg_database where datallowconn and not datistemplate and datname not in "
                                    + OF_THE_SERVER + " and has_database_privilege(oid, 'CONNECT') order by oid")
                    .stream()
                    .filter(database -> !source.ignored().contains(database))
                    .toList();
        }
    }

    /** As a subscription has it. */
    String conninfo(String database) {
        return "host=" + Side.quoted(source.host()) + " hostaddr=" + Side.quoted(address) + " port=" + source.port()
                + " user=" + Side.quoted(source.user())
                + " password=" + Side.quoted(password) + " sslmode=" + (source.tls() ? "require" : "disable")
                + " sslcert=" + Tools.NO_FILE
                + " connect_timeout=" + SECONDS + " dbname=" + Side.quoted(database);
    }

    Tools tools(Engine installation, ServerAccount account) {
        return Tools.elsewhere(installation, account, source.host(), address, source.user(), password, source.tls());
    }
}
