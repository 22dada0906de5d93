package dev.mooring.dataplane.local.migration;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.local.postgres.Tools;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.process.ServerAccount;
import dev.mooring.process.postgres.Engine;
import dev.mooring.process.postgres.session.PinnedSockets;
import java.net.InetAddress;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;

/**
 * The server that databases come from. It belongs to somebody else: nothing is changed there but a publication and a slot, and
 * these go when the migration ends.
 *
 * @param password in the clear
 * @param address that the host was found to have, and that everything connects to; null when there is none to connect to
 */
public record SourceServer(
        ClusterSpec.Source source,
        String password,
        @Nullable String address) {

    private static final String SECONDS = "10";
    /** Of one answer: all that is asked for here are names. */
    private static final String MOST_BYTES = "16M";
    /** What its owner has set for the user or the database is for applications. */
    private static final String[] OWN_SETTINGS = {
        "set search_path = pg_catalog",
        "set statement_timeout = 0",
        "set idle_in_transaction_session_timeout = 0",
        "set default_transaction_read_only = off"
    };

    private static final int FIRST_WITH_TRANSACTION_LIMIT = 17;

    /** The ones that every server, or every server of some providers, has from the beginning. */
    private static final Set<String> OF_THE_SERVER = Set.of(
            "postgres",
            "template0",
            "template1",
            "rdsadmin",
            "azure_maintenance",
            "azure_sys",
            "cloudsqladmin",
            "_dodb");

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
        properties.setProperty("maxResultBuffer", MOST_BYTES);
        PinnedSockets.require(properties, pinned());
        Connection connection = new Driver()
                .connect(
                        "jdbc:postgresql://" + source.host() + ":" + source.port() + "/"
                                + URLEncoder.encode(database, StandardCharsets.UTF_8),
                        properties);
        connection.setNetworkTimeout(Runnable::run, 0);
        try {
            // Not in the startup packet: a pool in front may refuse that.
            PostgresServer.execute(connection, OWN_SETTINGS);
            if (connection.getMetaData().getDatabaseMajorVersion() >= FIRST_WITH_TRANSACTION_LIMIT) {
                PostgresServer.execute(connection, "set transaction_timeout = 0");
            }
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
        return connection;
    }

    private InetAddress pinned() throws SQLException {
        try {
            return InetAddress.getByName(address);
        } catch (UnknownHostException e) {
            throw new SQLException(address + " is no address", "08001", e);
        }
    }

    public Connection open() throws SQLException {
        return open(source.database());
    }

    /** Those that the user may connect to, without the ignored ones. As the source calls them: a name may be anything. */
    List<String> databases() throws SQLException {
        try (Connection connection = open()) {
            return PostgresServer.strings(
                            connection,
                            "select datname from pg_catalog.pg_database where datallowconn and not datistemplate"
                                    + " and pg_catalog.has_database_privilege(oid, 'CONNECT') order by oid")
                    .stream()
                    .filter(database -> !OF_THE_SERVER.contains(database)
                            && !source.ignored().contains(database))
                    .distinct()
                    .toList();
        }
    }

    /**
     * As a subscription has it. Who may read all data may read that, so the password is in a file.
     *
     * @param passwordFile of the servers' account, with {@link #passwordLine} in it
     */
    String conninfo(String database, Path passwordFile) {
        String reached = Objects.requireNonNull(address, "the source may not be connected to");
        return "host=" + PostgresServer.quoted(source.host()) + " hostaddr=" + PostgresServer.quoted(reached) + " port="
                + source.port()
                + " user=" + PostgresServer.quoted(source.user())
                + " passfile=" + PostgresServer.quoted(passwordFile.toString()) + " sslmode="
                + (source.tls() ? "require" : "disable")
                + " sslcert=" + Tools.NO_FILE
                + " connect_timeout=" + SECONDS + " dbname=" + PostgresServer.quoted(database);
    }

    /** As libpq's password files have it: for every server, because there is no other in it. */
    String passwordLine() {
        return "*:*:*:*:" + password.replace("\\", "\\\\").replace(":", "\\:") + "\n";
    }

    /** Whether a password file can hold the password. */
    boolean hasPasswordLine() {
        return password.chars().noneMatch(Character::isISOControl);
    }

    Tools tools(Engine installation, ServerAccount account) {
        return Tools.elsewhere(installation, account, source.host(), address, source.user(), password, source.tls());
    }
}
