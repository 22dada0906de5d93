package dev.mooring.dataplane.local.upgrade;

import dev.mooring.dataplane.local.member.ServiceRole;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.operation.OperationFailed;
import dev.mooring.process.postgres.session.RoleConnection;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Checks of domains, which PostgreSQL runs when a value is read from text: also when a definition that has such a value in it is made,
 * as {@code '(x)'::pair} in a view, and when statistics of a column are loaded. Whoever makes the definitions of a new version is the
 * superuser, so with it the functions of users would run as superuser. These checks stay away meanwhile, and are made again by a role
 * that has no rights but those of each domain's owner.
 */
final class DomainChecks {

    /**
     * @param domain with its schema, in quotes where it needs them
     * @param name in quotes where it needs them
     * @param definition as ALTER DOMAIN … ADD has it
     * @param valid whether it is known that all values fulfil it
     */
    record Check(
            String database,
            String domain,
            String name,
            String definition,
            boolean valid,
            @Nullable String comment,
            String owner) {}

    /** Of time, and nothing else. They are not immutable, but do no harm. */
    private static final String OF_TIME =
            "^(now|(transaction|statement|clock)_timestamp|age|extract|timezone|to_char|to_date|to_timestamp"
                    + "|(date|time|timetz|timestamp|timestamptz|interval)(_\\w+)?)$";

    /** Whose code is PostgreSQL's, and cannot but compute. The number of the bootstrap superuser, who owns no function of users, is fixed. */
    private static final String HARMLESS =
            "(p.proowner = 10 and (p.provolatile = 'i' or p.oid < 16384 and p.proname ~ '" + OF_TIME + "'))";

    /** Functions of users are among what a constraint depends on; those of PostgreSQL are in its expression alone. */
    private static final String UNSAFE =
            "(exists (select from pg_depend d join pg_proc p on d.refclassid = 'pg_proc'::regclass and p.oid ="
                    + " d.refobjid or d.refclassid = 'pg_operator'::regclass and p.oid = (select o.oprcode from pg_operator o where o.oid ="
                    + " d.refobjid) where d.classid = 'pg_constraint'::regclass and d.objid = c.oid and not " + HARMLESS
                    + ") or exists (select from regexp_matches(c.conbin::text, ':(?:op|neg)?func(?:tion)?id (\\d+)', 'g') f join pg_proc p on"
                    + " p.oid = f[1]::oid where not " + HARMLESS + "))";

    private static final String FOUND = "select format('%I.%I', n.nspname, t.typname), format('%I', c.conname),"
            + " regexp_replace(pg_get_constraintdef(c.oid), ' NOT VALID$', ''), c.convalidated, obj_description(c.oid, 'pg_constraint'),"
            + " pg_get_userbyid(t.typowner) from pg_constraint c join pg_type t on t.oid = c.contypid join pg_namespace n on n.oid ="
            + " t.typnamespace where c.contype = 'c' and " + UNSAFE + " order by c.oid";

    private DomainChecks() {}

    /**
     * @param copy nobody else is in it
     * @return what is to be given back
     */
    static List<Check> takeAway(PostgresServer copy) throws SQLException, InterruptedException {
        List<Check> taken = new ArrayList<>();
        copy.inEach(copy.everyDatabase(), (connection, database) -> {
            List<Check> found = find(connection, database);
            for (Check check : found) {
                PostgresServer.execute(
                        connection, "alter domain " + check.domain() + " drop constraint " + check.name());
            }
            taken.addAll(found);
        });
        return taken;
    }

    private static List<Check> find(Connection connection, String database) throws SQLException {
        List<Check> found = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(FOUND)) {
            while (rows.next()) {
                found.add(new Check(
                        database,
                        rows.getString(1),
                        rows.getString(2),
                        rows.getString(3),
                        rows.getBoolean(4),
                        rows.getString(5),
                        rows.getString(6)));
            }
        }
        return found;
    }

    /**
     * @param coming nobody else is in it
     * @throws OperationFailed when one cannot be made any more
     */
    static void giveBack(PostgresServer coming, List<Check> checks) throws SQLException {
        if (checks.isEmpty()) {
            return;
        }
        try (Connection superuser = coming.open("postgres")) {
            boolean known = ServiceRole.LOADER.exists(superuser);
            String password = ServiceRole.LOADER.renew(superuser);
            for (Check check : checks) {
                giveBack(coming, superuser, check, password);
            }
            if (!known) {
                PostgresServer.execute(superuser, "drop role " + ServiceRole.LOADER.roleName());
            }
        }
    }

    private static void giveBack(PostgresServer coming, Connection superuser, Check check, String password)
            throws SQLException {
        String loader = ServiceRole.LOADER.roleName();
        String database = PostgresServer.identifier(check.database());
        String name = "'" + check.database().replace("'", "''") + "'";
        List<String> rights =
                PostgresServer.strings(superuser, "select datacl::text from pg_database where datname = " + name);
        long limit = PostgresServer.number(superuser, "select datconnlimit from pg_database where datname = " + name);
        String owner = PostgresServer.identifier(check.owner());
        PostgresServer.execute(
                superuser,
                "grant " + owner + " to " + loader,
                "grant connect on database " + database + " to " + loader,
                "alter database " + database + " connection limit -1");
        try (Connection connection =
                RoleConnection.open(coming.clusters().reach(), coming.port(), check.database(), loader, password)) {
            PostgresServer.execute(
                    connection,
                    "alter domain " + check.domain() + " add constraint " + check.name() + " " + check.definition()
                            + " not valid");
        } catch (SQLException e) {
            throw new OperationFailed("the check " + check.name() + " of the domain " + check.domain() + " in "
                    + check.database() + " could not be made again: " + e.getMessage()
                    + ". Drop it before the upgrade, and add it afterwards");
        } finally {
            PostgresServer.execute(
                    superuser,
                    "alter database " + database + " connection limit " + limit,
                    "revoke connect on database " + database + " from " + loader,
                    "revoke " + owner + " from " + loader);
            if (rights.getFirst() == null) {
                PostgresServer.execute(superuser, "update pg_database set datacl = null where datname = " + name);
            }
        }
        finish(coming, check);
    }

    private static void finish(PostgresServer coming, Check check) throws SQLException {
        String of = check.name() + " on domain " + check.domain();
        try (Connection connection = coming.open(check.database())) {
            if (check.valid()) {
                // It was, of the same values.
                PostgresServer.execute(
                        connection,
                        "update pg_constraint set convalidated = true where contypid = '"
                                + check.domain().replace("'", "''") + "'::regtype and format('%I', conname) = '"
                                + check.name().replace("'", "''") + "'");
            }
            if (check.comment() != null) {
                PostgresServer.execute(
                        connection,
                        "comment on constraint " + of + " is '"
                                + check.comment().replace("'", "''") + "'");
            }
        }
    }
}
