package dev.mooring.dataplane.local.upgrade;

import dev.mooring.dataplane.local.postgres.DataTemplate;
import dev.mooring.dataplane.local.postgres.OwnNames;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.postgresql.PGConnection;

/**
 * Up to 15 whoever may create roles may change all of them, and take away whatever was granted. From 16 on that takes ADMIN OPTION on each,
 * also where one is a member of it through others, and a membership is taken away by who has given it: after pg_upgrade that is the
 * superuser for all of them.
 *
 * @param given memberships that clients have given
 */
record Administration(List<Membership> given) {

    private static final int FIRST_WITH_ADMIN_RULES = 16;

    private static final String ADMIN = "'" + DataTemplate.ADMIN_ROLE + "'";

    private static final String GIVEN = "select r.rolname, m.rolname from pg_auth_members a"
            + " join pg_roles r on r.oid = a.roleid join pg_roles m on m.oid = a.member"
            + " where not exists (select from pg_roles g where g.oid = a.grantor and g.rolsuper) and m.rolname <> "
            + ADMIN + " and not m.rolsuper and m.rolname !~ '^pg_' and m.rolname !~ '" + OwnNames.ROLES + "'";

    /** The roles of clients, each with the administrator's own membership. */
    private static final String ROLES =
            " from pg_roles r left join pg_auth_members m on m.roleid = r.oid and m.member = "
                    + ADMIN + "::regrole where not r.rolsuper and r.rolname !~ '^pg_' and r.rolname !~ '"
                    + OwnNames.ROLES
                    + "' and r.rolname <> " + ADMIN + " and not coalesce(m.admin_option, false)";

    private static final String MEMBER_OF_IT = "pg_has_role(r.oid, " + ADMIN + ", 'member')";

    /** Who is a member already stays one in the same way, and nobody becomes one who was none. */
    private static final String GRANTS =
            "select format('grant %I to %I with admin option' || case when m.member is null"
                    + " then ', inherit false, set false' else '' end, r.rolname, " + ADMIN + ")"
                    + ROLES + " and not " + MEMBER_OF_IT;

    /** Roles cannot be members of each other. */
    private static final String OUT_OF_REACH = "select r.rolname" + ROLES + " and " + MEMBER_OF_IT;

    private static final String GIVEN_AGAIN = "select format('revoke %1$I from %2$I granted by %3$I;"
            + " grant %1$I to %2$I with admin %4$s, inherit %5$s, set %6$s granted by %7$I', r.rolname, m.rolname,"
            + " g.rolname, a.admin_option::text, a.inherit_option::text, a.set_option::text, " + ADMIN
            + ") from pg_auth_members a join pg_roles r on r.oid = a.roleid join pg_roles m on m.oid = a.member"
            + " join pg_roles g on g.oid = a.grantor and g.rolsuper where r.rolname = %1$s and m.rolname = %2$s"
            + " and exists (select from pg_auth_members d where d.roleid = a.roleid and d.admin_option and d.member = "
            + ADMIN + "::regrole)";

    record Membership(String role, String member) {}

    /** Empty where the rules stay as they are. */
    static Optional<Administration> across(PostgresServer old, PostgresServer coming) throws SQLException {
        if (Integer.parseInt(old.engine().major()) >= FIRST_WITH_ADMIN_RULES
                || Integer.parseInt(coming.engine().major()) < FIRST_WITH_ADMIN_RULES) {
            return Optional.empty();
        }
        List<Membership> given = new ArrayList<>();
        try (Connection connection = old.open("postgres");
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(GIVEN)) {
            while (rows.next()) {
                given.add(new Membership(rows.getString(1), rows.getString(2)));
            }
        }
        return Optional.of(new Administration(given));
    }

    /**
     * Gives the administrator in the new version what it could do in the old one.
     *
     * @return what it cannot do any more, in words
     */
    List<String> keep(Connection connection) throws SQLException {
        PostgresServer.execute(
                connection, PostgresServer.strings(connection, GRANTS).toArray(String[]::new));
        for (Membership membership : given) {
            String again = GIVEN_AGAIN
                    .replace("%1$s", literal(connection, membership.role()))
                    .replace("%2$s", literal(connection, membership.member()));
            PostgresServer.execute(
                    connection, PostgresServer.strings(connection, again).toArray(String[]::new));
        }
        return PostgresServer.strings(connection, OUT_OF_REACH).stream()
                .map(role -> DataTemplate.ADMIN_ROLE + " cannot change, grant or drop the role " + role
                        + " any more, because it is a member of " + DataTemplate.ADMIN_ROLE
                        + ": undo the upgrade and revoke that before the next one")
                .toList();
    }

    private static String literal(Connection connection, String text) throws SQLException {
        return "'" + connection.unwrap(PGConnection.class).escapeLiteral(text) + "'";
    }
}
