package dev.mooring.dataplane.local.pool;

import dev.mooring.dataplane.local.member.ServiceRole;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * Tells the pools what a user's password has to be, as the server itself stores it. In the database {@code postgres}, where users make
 * nothing and have nothing to look for, and for sessions alone that have logged in as the pools' role, which takes the pools' certificate:
 * whoever gets to be a member of the role, or to call the function in another way, is told of nobody.
 */
final class Lookup {

    private static final String ROLE = ServiceRole.POOLER.roleName();
    private static final String SCHEMA = "mooring_pool";
    private static final String FUNCTION = SCHEMA + ".lookup";
    private static final String SIGNATURE = FUNCTION + "(pg_catalog.text)";

    static final String QUERY = "SELECT * FROM " + FUNCTION + "($1)";

    /** Neither superusers nor Mooring's own roles, nor who may not log in now. */
    private static final String BODY = "select r.rolname::pg_catalog.text, r.rolpassword from pg_catalog.pg_authid r"
            + " where session_user = '" + ROLE + "' and r.rolname = $1 and r.rolcanlogin and not r.rolsuper"
            + " and r.rolname <> all (array['" + String.join("', '", ServiceRole.allNames()) + "'])"
            + " and (r.rolvaliduntil is null or r.rolvaliduntil > pg_catalog.now())";

    private static final List<String> INSTALL = List.of(
            "create schema if not exists " + SCHEMA,
            "alter schema " + SCHEMA + " owner to current_user",
            "revoke all on schema " + SCHEMA + " from public",
            "create or replace function " + SIGNATURE.replace("(", "(name ")
                    + " returns table (usename pg_catalog.text, passwd pg_catalog.text) language sql stable strict security definer"
                    + " set search_path = pg_catalog as $$" + BODY + "$$",
            "alter function " + SIGNATURE + " owner to current_user",
            "revoke all on function " + SIGNATURE + " from public",
            "grant usage on schema " + SCHEMA + " to " + ROLE,
            "grant execute on function " + SIGNATURE + " to " + ROLE,
            "grant connect on database postgres to " + ROLE);

    /** Whether there is nothing to do. So nobody is waited for who holds a lock on what is as it should be. */
    private static final String FITS = "select 1 from pg_catalog.pg_proc p"
            + " join pg_catalog.pg_namespace n on n.oid = p.pronamespace, pg_catalog.pg_roles r"
            + " where n.nspname = '" + SCHEMA + "' and p.proname = 'lookup' and r.rolname = '" + ROLE + "'"
            // The bootstrap superuser's number is fixed.
            + " and n.nspowner = 10 and p.proowner = 10 and p.prosecdef and p.prosrc = ?"
            + " and p.proconfig = array['search_path=pg_catalog']"
            + " and not pg_catalog.has_schema_privilege('public', n.oid, 'usage, create')"
            + " and not pg_catalog.has_function_privilege('public', p.oid, 'execute')"
            + " and pg_catalog.has_schema_privilege(r.oid, n.oid, 'usage')"
            + " and not pg_catalog.has_schema_privilege(r.oid, n.oid, 'create')"
            + " and pg_catalog.has_function_privilege(r.oid, p.oid, 'execute')"
            + " and pg_catalog.has_database_privilege(r.oid, 'postgres', 'connect')"
            + " and r.rolcanlogin and r.rolconnlimit = -1 and coalesce(r.rolvaliduntil, 'infinity') = 'infinity'"
            + " and not (r.rolsuper or r.rolcreatedb or r.rolcreaterole or r.rolreplication or r.rolbypassrls)"
            + " and r.rolconfig is null"
            + " and not exists (select from pg_catalog.pg_auth_members m where r.oid in (m.roleid, m.member))";

    private Lookup() {}

    /**
     * Makes role and function what they have to be, whoever has done what to them.
     *
     * @param superuser connected to the database {@code postgres}
     */
    static void install(Connection superuser) throws SQLException {
        if (fits(superuser)) {
            return;
        }
        ServiceRole.POOLER.renew(superuser);
        try (Statement statement = superuser.createStatement()) {
            statement.execute("alter role " + ROLE + " reset all");
            for (String command : INSTALL) {
                statement.execute(command);
            }
        }
    }

    /** Whether {@link #install} has nothing to do. */
    static boolean fits(Connection superuser) throws SQLException {
        try (PreparedStatement statement = superuser.prepareStatement(FITS)) {
            statement.setString(1, BODY);
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next();
            }
        }
    }
}
