package dev.mooring.dataplane.local.member;

import dev.mooring.dataplane.local.postgres.ScramVerifier;
import dev.mooring.home.RandomText;
import dev.mooring.process.postgres.session.SuperuserConnection;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.postgresql.PGConnection;

/**
 * The roles that Mooring logs in as where it need not or must not be the superuser. They come in from this machine only, and their
 * passwords are kept nowhere: each use begins with a new one. Made when first used, so clusters of an older Mooring get them too.
 */
public enum ServiceRole {
    /** Fetches the WAL for the archive. */
    ARCHIVE("mooring_archive", "replication"),
    /** Reads all rows of a copy that is thrown away. */
    READER("mooring_reader", "bypassrls"),
    /** Makes what a server elsewhere sends, and owns it until all is there. */
    LOADER("mooring_loader", ""),
    /** Whom the workers act for that write what a server elsewhere sends. Nobody logs in as it. */
    SUBSCRIBER("mooring_subscriber", "bypassrls"),
    /** Asks for connection pools what a user's password has to be. By certificate: its password is nobody's. */
    POOLER("mooring_pooler", "");

    private static final String NOTHING = " login nosuperuser nocreatedb nocreaterole noreplication nobypassrls inherit"
            + " connection limit -1 valid until 'infinity' ";

    private final String roleName;
    private final String attribute;

    ServiceRole(String roleName, String attribute) {
        this.roleName = roleName;
        this.attribute = attribute;
    }

    /** The name in SQL; it needs no quotes. */
    public String roleName() {
        return roleName;
    }

    /** Whose sessions are Mooring's own: the superuser's and those of all of these. */
    public static List<String> allNames() {
        List<String> names = new ArrayList<>(List.of(SuperuserConnection.USER));
        for (ServiceRole role : values()) {
            names.add(role.roleName);
        }
        return names;
    }

    /**
     * From now on the role is there, can do what it is for and nothing else, nobody else is a member, and this password is the only one.
     *
     * @param superuser a session in any database
     * @return the password, for this use only
     */
    public String renew(Connection superuser) throws SQLException {
        String password = RandomText.password();
        boolean exists = exists(superuser);
        if (exists) {
            // Somebody who made a role of this name before would be its administrator.
            for (String member : members(superuser)) {
                execute(superuser, "revoke " + roleName + " from " + identifier(superuser, member) + " cascade");
            }
        }
        String attributes = attribute.isEmpty() ? NOTHING : NOTHING.replace("no" + attribute, attribute);
        execute(
                superuser,
                (exists ? "alter role " : "create role ") + roleName + attributes + "password '"
                        + ScramVerifier.ofRandom(password) + "'");
        return password;
    }

    public boolean exists(Connection superuser) throws SQLException {
        return !names(superuser, "select rolname from pg_roles where rolname = ?")
                .isEmpty();
    }

    private List<String> members(Connection superuser) throws SQLException {
        return names(
                superuser,
                "select distinct m.rolname from pg_auth_members a join pg_roles m on m.oid = a.member"
                        + " join pg_roles r on r.oid = a.roleid where r.rolname = ?");
    }

    private List<String> names(Connection superuser, String query) throws SQLException {
        List<String> names = new ArrayList<>();
        try (PreparedStatement select = superuser.prepareStatement(query)) {
            select.setString(1, roleName);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    names.add(rows.getString(1));
                }
            }
        }
        return names;
    }

    private static String identifier(Connection connection, String name) throws SQLException {
        return connection.unwrap(PGConnection.class).escapeIdentifier(name);
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
