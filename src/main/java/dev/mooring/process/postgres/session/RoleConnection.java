package dev.mooring.process.postgres.session;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;

/**
 * Blocking connections to a server on this machine that are logged in as a role of Mooring's own which is no superuser: whatever runs
 * in them cannot become one. For virtual threads only.
 */
public final class RoleConnection {

    private RoleConnection() {}

    public static Connection open(String host, int port, String database, String role, String password)
            throws SQLException {
        return LocalSession.open(host, port, database, LocalSession.as(role, password), false);
    }

    /**
     * For the replication protocol.
     *
     * @param name of the application, as {@code synchronous_standby_names} may have it
     */
    public static Connection openReplication(String host, int port, String role, String password, String name)
            throws SQLException {
        Properties properties = LocalSession.replicating(LocalSession.as(role, password), "true");
        properties.setProperty("ApplicationName", name);
        return LocalSession.open(host, port, "postgres", properties, false);
    }
}
