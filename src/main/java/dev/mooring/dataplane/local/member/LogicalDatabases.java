package dev.mooring.dataplane.local.member;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.local.member.RolesAndDatabases.Opener;
import dev.mooring.dataplane.local.postgres.DataTemplate;
import dev.mooring.operation.OperationFailed;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The databases inside a server. */
final class LogicalDatabases {

    private static final String DUPLICATE_DATABASE = "42P04";

    private final Sql sql;
    private final Opener opener;

    LogicalDatabases(Sql sql, Opener opener) {
        this.sql = sql;
        this.opener = opener;
    }

    void settle(ClusterSpec wish) throws SQLException {
        Set<String> present = new HashSet<>(sql.list("select datname from pg_catalog.pg_database"));
        for (String database : wish.databases()) {
            if (!present.contains(database)) {
                create(database, wish.owners().get(database));
            }
        }
        for (String database : wish.absentDatabases()) {
            if (present.contains(database)) {
                drop(database);
            }
        }
    }

    /** @param owner null for the role that all users share; else nobody but the owner gets in, and it gets in nowhere else */
    private void create(String database, @Nullable String owner) throws SQLException {
        String name = sql.identifier(database);
        try {
            // From the one template that no user can connect to: nobody keeps it in use, or has put something into it.
            sql.execute("create database " + name + " template template0 owner "
                    + (owner == null ? DataTemplate.OWNER_ROLE : sql.identifier(owner)));
            if (owner != null) {
                sql.execute("revoke connect, temporary on database " + name + " from public");
            }
        } catch (SQLException e) {
            if (!DUPLICATE_DATABASE.equals(e.getSQLState())) {
                throw e;
            }
        }
    }

    /** What users owned alone belongs to the role that all users share, and everybody may connect, as in a new cluster. */
    void share(ClusterSpec wish) throws SQLException {
        new LockGuard(opener)
                .run(sql, "the databases could not be shared", true, null, () -> sql.atOnce(() -> shareAll(wish)));
    }

    private void shareAll(ClusterSpec wish) throws SQLException {
        for (ClusterSpec.User user : wish.users()) {
            if (!user.primary()) {
                sql.execute("grant " + DataTemplate.OWNER_ROLE + " to " + sql.identifier(user.name()));
            }
        }
        for (String database : wish.databases()) {
            sql.execute("alter database " + sql.identifier(database) + " owner to " + DataTemplate.OWNER_ROLE);
            sql.execute("grant connect, temporary on database " + sql.identifier(database) + " to public");
        }
    }

    private void drop(String database) throws SQLException {
        String what = "database " + database + " could not be dropped";
        try {
            new LockGuard(opener).run(sql, what, true, null, () -> {
                free(database);
                sql.execute("drop database if exists " + sql.identifier(database) + " with (force)");
            });
        } catch (SQLException e) {
            throw new OperationFailed(what + ": " + e.getMessage(), e);
        }
    }

    /** Of all that its owner can set or hold so that not even force drops it. */
    private void free(String database) throws SQLException {
        if (sql.any("select 1 from pg_catalog.pg_database where datname = ? and datistemplate", database)) {
            sql.execute("alter database " + sql.identifier(database) + " is_template false");
        }
        sql.list(
                "select pg_catalog.pg_terminate_backend(active_pid) from pg_catalog.pg_replication_slots"
                        + " where database = ? and active_pid is not null",
                database);
        ReachableDatabase reachable = new ReachableDatabase(sql, opener);
        if (sql.any("select 1 from pg_catalog.pg_prepared_xacts where database = ?", database)
                || sql.any(
                        "select 1 from pg_catalog.pg_subscription s join pg_catalog.pg_database d on d.oid = s.subdbid"
                                + " where d.datname = ?",
                        database)) {
            reachable.visit(database, LogicalDatabases::endBusiness);
        }
    }

    private static void endBusiness(Sql inside) throws SQLException {
        for (String gid : inside.list(
                "select gid from pg_catalog.pg_prepared_xacts where database = pg_catalog.current_database()")) {
            inside.execute("rollback prepared " + inside.literal(gid));
        }
        for (String subscription : inside.list("select s.subname from pg_catalog.pg_subscription s"
                + " join pg_catalog.pg_database d on d.oid = s.subdbid"
                + " where d.datname = pg_catalog.current_database()")) {
            String name = inside.identifier(subscription);
            inside.execute("alter subscription " + name + " disable");
            // What it follows is not told: it may be gone, or wait.
            inside.execute("alter subscription " + name + " set (slot_name = none)");
            inside.execute("drop subscription " + name);
        }
    }
}
