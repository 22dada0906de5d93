package dev.mooring.dataplane.local.cluster;

import dev.mooring.dataplane.ClusterWish;
import dev.mooring.dataplane.local.postgres.DataTemplate;
import dev.mooring.dataplane.local.postgres.SuperuserConnection;
import dev.mooring.home.Vault;
import dev.mooring.operation.OperationFailed;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.postgresql.PGConnection;

/**
 * The roles and databases inside a running server: makes what the wish has and the server lacks, and removes what the
 * wish says is gone. Roles and databases that their owner made with SQL are left alone.
 */
public final class Inhabitants {

    private static final String DUPLICATE_DATABASE = "42P04";

    /** Opens another database of the same server as superuser. */
    @FunctionalInterface
    public interface Opener {
        Connection open(String database) throws SQLException;
    }

    private final Connection connection;
    private final Opener opener;
    private final Vault vault;

    public Inhabitants(Connection connection, Opener opener, Vault vault) {
        this.connection = connection;
        this.opener = opener;
        this.vault = vault;
    }

    /**
     * @param applied revision that the server matches already: passwords not changed since are left as they are
     */
    public void settle(ClusterWish wish, long applied) throws SQLException {
        Set<String> roles = names("select rolname from pg_roles");
        for (ClusterWish.User user : wish.users()) {
            boolean exists = roles.contains(user.name());
            if (!exists || user.revision() > applied) {
                createOrAlter(user, exists, wish.owners().containsValue(user.name()));
            }
        }
        Set<String> databases = names("select datname from pg_database");
        for (String database : wish.databases()) {
            if (!databases.contains(database)) {
                createDatabase(database, wish.owners().get(database));
            }
        }
        for (String database : wish.absentDatabases()) {
            if (databases.contains(database)) {
                dropDatabase(database);
            }
        }
        for (String user : wish.absentUsers()) {
            if (roles.contains(user)) {
                dropRole(user);
            }
        }
    }

    public void setSuperuserPassword(String password) throws SQLException {
        execute("alter role " + SuperuserConnection.USER + " password " + literal(ScramVerifier.of(password)));
    }

    private void createOrAlter(ClusterWish.User user, boolean exists, boolean ownsAlone) throws SQLException {
        String role = identifier(user.name());
        String rights = " login password " + literal(ScramVerifier.of(vault.unseal(user.secret())));
        if (user.primary()) {
            execute("alter role " + role + rights);
            return;
        }
        execute((exists ? "alter role " : "create role ")
                + role
                + rights
                + (user.replication() ? " replication" : " noreplication")
                + (user.createsDatabases() ? " createdb" : ""));
        if (user.createsDatabases()) {
            // Where clients look whether a database is there before they make it.
            execute("grant connect on database postgres to " + role);
        }
        if (user.actsFor() != null) {
            execute("grant " + identifier(user.actsFor()) + " to " + role);
        }
        if (!ownsAlone) {
            execute("grant " + DataTemplate.OWNER_ROLE + " to " + role);
        }
        // The administrator can look after what the users own, as a superuser would on a machine of one's own.
        execute("grant " + role + " to " + DataTemplate.ADMIN_ROLE + " with admin option");
    }

    /** @param owner null for the role that all users share; else nobody but the owner gets in, and it gets in nowhere else */
    private void createDatabase(String database, String owner) throws SQLException {
        try {
            execute("create database " + identifier(database) + " owner "
                    + (owner == null ? DataTemplate.OWNER_ROLE : identifier(owner)));
            if (owner != null) {
                execute("revoke connect, temporary on database " + identifier(database) + ", template1 from public");
            }
        } catch (SQLException e) {
            if (!DUPLICATE_DATABASE.equals(e.getSQLState())) {
                throw e;
            }
        }
    }

    /** What users owned alone belongs to the role that all users share, and everybody may connect, as in a new cluster. */
    public void share(ClusterWish wish) throws SQLException {
        for (ClusterWish.User user : wish.users()) {
            if (!user.primary()) {
                execute("grant " + DataTemplate.OWNER_ROLE + " to " + identifier(user.name()));
            }
        }
        for (String database : wish.databases()) {
            execute("alter database " + identifier(database) + " owner to " + DataTemplate.OWNER_ROLE);
            execute("grant connect, temporary on database " + identifier(database) + " to public");
        }
        execute("grant connect on database template1 to public");
    }

    private void dropDatabase(String database) throws SQLException {
        try {
            execute("drop database if exists " + identifier(database) + " with (force)");
        } catch (SQLException e) {
            throw new OperationFailed("database " + database + " could not be dropped: " + e.getMessage(), e);
        }
    }

    /** What the role owned goes to the administrator; what it was granted is taken back. */
    private void dropRole(String name) throws SQLException {
        String role = identifier(name);
        execute("alter role " + role + " nologin");
        try (PreparedStatement statement = connection.prepareStatement(
                "select pg_terminate_backend(pid) from pg_stat_activity where usename = ?")) {
            statement.setString(1, name);
            statement.execute();
        }
        for (String database : names("select datname from pg_database where datallowconn and datname <> 'template1'")) {
            try (Connection inside = opener.open(database);
                    Statement statement = inside.createStatement()) {
                statement.execute("reassign owned by " + role + " to " + DataTemplate.ADMIN_ROLE);
                statement.execute("drop owned by " + role);
            }
        }
        try {
            execute("drop role if exists " + role);
        } catch (SQLException e) {
            throw new OperationFailed("user " + name + " could not be dropped: " + e.getMessage(), e);
        }
    }

    /** Ends client sessions from networks that may not connect any more. */
    public void endStrangers(List<String> sources) throws SQLException {
        if (sources == null) {
            return;
        }
        try (PreparedStatement statement = connection.prepareStatement(
                "select pg_terminate_backend(pid) from pg_stat_activity where client_addr is not null and usename <> all (?)"
                        + " and not exists (select from unnest(?::text[]) source where client_addr <<= source::inet)")) {
            statement.setArray(
                    1, connection.createArrayOf("text", ServiceRole.allNames().toArray()));
            statement.setArray(2, connection.createArrayOf("text", sources.toArray()));
            statement.execute();
        }
    }

    private Set<String> names(String query) throws SQLException {
        List<String> names = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                names.add(rows.getString(1));
            }
        }
        return new HashSet<>(names);
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private String identifier(String name) throws SQLException {
        return connection.unwrap(PGConnection.class).escapeIdentifier(name);
    }

    private String literal(String text) throws SQLException {
        return "'" + connection.unwrap(PGConnection.class).escapeLiteral(text) + "'";
    }
}
