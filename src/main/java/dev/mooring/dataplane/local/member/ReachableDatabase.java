package dev.mooring.dataplane.local.member;

import dev.mooring.dataplane.local.member.RolesAndDatabases.Opener;
import java.sql.Connection;
import java.sql.SQLException;

/** Ways into databases that their owners have closed: not even a superuser may connect to one that allows no connections. */
record ReachableDatabase(Sql sql, Opener opener) {

    @FunctionalInterface
    interface Visit {
        void run(Sql inside) throws SQLException;
    }

    /** Nobody else gets in meanwhile. What an interrupted DROP DATABASE has left is dropped instead: nothing can be read from it. */
    void visit(String database, Visit visit) throws SQLException {
        String name = sql.identifier(database);
        if (sql.any("select 1 from pg_catalog.pg_database where datname = ? and datconnlimit = -2", database)) {
            sql.execute("drop database " + name);
            return;
        }
        boolean closed =
                sql.any("select 1 from pg_catalog.pg_database where datname = ? and not datallowconn", database);
        if (!closed) {
            run(database, visit);
            return;
        }
        String limit = sql.list("select datconnlimit from pg_catalog.pg_database where datname = ?", database)
                .getFirst();
        sql.execute("alter database " + name + " with allow_connections true connection limit 0");
        try {
            run(database, visit);
        } finally {
            sql.execute("alter database " + name + " with allow_connections false connection limit " + limit);
        }
    }

    private void run(String database, Visit visit) throws SQLException {
        try (Connection inside = opener.open(database)) {
            visit.run(new Sql(inside));
        }
    }
}
