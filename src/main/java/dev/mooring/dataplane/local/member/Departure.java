package dev.mooring.dataplane.local.member;

import dev.mooring.dataplane.facts.ClusterFacts;
import dev.mooring.dataplane.local.member.RolesAndDatabases.Opener;
import dev.mooring.dataplane.local.postgres.DataTemplate;
import dev.mooring.dataplane.local.postgres.ServerRoles;
import dev.mooring.home.RandomText;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A user that goes. What it owned belongs afterwards to a role of its own that nobody logs in as and that has no right but
 * this: whatever runs with its owner's rights (functions, views, rules, triggers, expressions of indexes, subscriptions)
 * then has less than the user had, never more. The administrator is a member, so that the data stays in use.
 */
final class Departure {

    private static final String DEPENDENCE_FAILURE = "2BP01";
    private static final int TRIES = 3;
    private static final int MOST_NAMED = 100;

    /** Default privileges and user mappings go with the user. */
    private static final String OWNS = "select 1 from pg_catalog.pg_shdepend where deptype = 'o'"
            + " and refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass"
            + " and refobjid = (select oid from pg_catalog.pg_authid where rolname = ?)"
            + " and classid not in ('pg_catalog.pg_user_mapping'::pg_catalog.regclass,"
            + " 'pg_catalog.pg_default_acl'::pg_catalog.regclass)";

    /** Where it owns something or was granted something; what databases share can be reached from any. */
    private static final String STAKES = "select distinct d.datname from pg_catalog.pg_shdepend s"
            + " join pg_catalog.pg_database d on d.oid = s.dbid"
            + " where s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass"
            + " and s.refobjid = (select oid from pg_catalog.pg_authid where rolname = ?)";

    private static final String DEFINERS =
            "select pg_catalog.current_database() || ': ' || n.nspname || '.' || p.proname || '('"
                    + " || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' from pg_catalog.pg_proc p"
                    + " join pg_catalog.pg_namespace n on n.oid = p.pronamespace where p.prosecdef"
                    + " and p.proowner = (select oid from pg_catalog.pg_authid where rolname = ?)"
                    + " order by 1 limit " + MOST_NAMED;

    private final Sql sql;
    private final Opener opener;
    private final LockGuard guard;
    private final ReachableDatabase reachable;

    Departure(Sql sql, Opener opener) {
        this.sql = sql;
        this.opener = opener;
        this.guard = new LockGuard(opener);
        this.reachable = new ReachableDatabase(sql, opener);
    }

    /**
     * @param name of a role that cannot log in any more
     * @return what it has left; null when that was nothing. After a failure it has what it had, and can log in again
     */
    ClusterFacts.@Nullable Left drop(String name) throws SQLException {
        UserRoles.endSessions(sql, name);
        for (String gid : sql.list("select gid from pg_catalog.pg_prepared_xacts where owner = ?", name)) {
            for (String database : sql.list(
                    "select database from pg_catalog.pg_prepared_xacts where gid = ? and owner = ?", gid, name)) {
                LockHolders.rollBack(opener, database, gid);
            }
        }
        String what = "user " + name + " could not be deleted";
        Heir heir = new Heir(name);
        try {
            drop(name, what, heir);
        } catch (SQLException | RuntimeException e) {
            try {
                heir.giveBack();
                sql.execute("alter role " + sql.identifier(name) + " login");
            } catch (SQLException | RuntimeException lost) {
                e.addSuppressed(lost);
            }
            throw e;
        }
        // Whoever was let in at the last moment was not listed yet when the others were ended.
        sql.list(
                "select pg_catalog.pg_terminate_backend(a.pid) from pg_catalog.pg_stat_activity a where a.usesysid <> 0"
                        + " and not exists (select from pg_catalog.pg_authid r where r.oid = a.usesysid)");
        return heir.settle();
    }

    private void drop(String name, String what, Heir heir) throws SQLException {
        for (int attempt = 1; ; attempt++) {
            heir.takeOver(what);
            try {
                guard.run(sql, what, true, name, () -> sql.execute("drop role if exists " + sql.identifier(name)));
                return;
            } catch (SQLException e) {
                // Somebody may have given it something meanwhile.
                if (attempt == TRIES || !DEPENDENCE_FAILURE.equals(e.getSQLState())) {
                    throw e;
                }
            }
        }
    }

    private final class Heir {

        private final String name;
        private final List<String> definers = new ArrayList<>();
        private @Nullable String role;

        Heir(String name) {
            this.name = name;
        }

        void takeOver(String what) throws SQLException {
            if (role == null) {
                // No name that somebody could have taken before.
                role = ServerRoles.FORMER_PREFIX + RandomText.hex(6);
                sql.execute("create role " + role + " nologin");
                sql.execute("grant " + role + " to " + DataTemplate.ADMIN_ROLE + " with admin option");
            }
            for (String database : sql.list(STAKES, name)) {
                reachable.visit(database, inside -> takeOver(what, inside));
            }
            takeOver(what, sql);
        }

        /** @return null when the user has left nothing */
        ClusterFacts.@Nullable Left settle() throws SQLException {
            if (role == null) {
                return null;
            }
            if (sql.any(OWNS, role)) {
                return new ClusterFacts.Left(name, role, definers);
            }
            sql.execute("drop role " + role);
            return null;
        }

        private void takeOver(String what, Sql inside) throws SQLException {
            definers.addAll(inside.list(DEFINERS, name));
            guard.run(
                    inside,
                    what,
                    true,
                    name,
                    () -> inside.atOnce(() -> {
                        // First, so that nothing is left that the second would drop.
                        inside.execute("reassign owned by " + inside.identifier(name) + " to " + role);
                        inside.execute("drop owned by " + inside.identifier(name));
                    }));
        }

        void giveBack() throws SQLException {
            if (role != null) {
                for (String database : sql.list(STAKES, role)) {
                    reachable.visit(database, this::giveBack);
                }
                giveBack(sql);
                sql.execute("drop role " + role);
            }
        }

        private void giveBack(Sql inside) throws SQLException {
            inside.execute("reassign owned by " + role + " to " + inside.identifier(name));
        }
    }
}
