package dev.mooring.dataplane.local.upgrade;

import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/**
 * What of a database is sent to a copy of it: all that is inserted, and changes of those rows that can be found there. So no statement is
 * refused because its table is published, as PostgreSQL does for changes of rows without a key.
 *
 * @param name beginning of their names; needs no quotes in SQL
 */
record Publications(String name) {

    private static final int AT_ONCE = 100;
    /** Dropping a publication takes a lock for each of its tables, of which a server has few. */
    private static final int TABLES = 500;

    private static final String KEYED_TABLES =
            "select format('only %I.%I', n.nspname, c.relname) " + Carried.TABLES + " and " + Carried.KEYED;

    private static final String LOST_KEYS = "select format('%I.%I', n.nspname, c.relname) " + Carried.TABLES
            + " and not "
            + Carried.KEYED + " and exists (select from pg_publication_rel r join pg_publication p on p.oid = r.prpubid"
            + " where r.prrelid = c.oid and p.pubname ~ '^";

    private String rows() {
        return name + "_rows";
    }

    private String keyed() {
        return name + "_keyed";
    }

    List<String> names(Connection connection) throws SQLException {
        return PostgresServer.strings(
                connection,
                "select pubname from pg_publication where pubname ~ '^" + name
                        + "_(rows|keyed)(_[0-9]+)?$' order by 1");
    }

    void make(Connection connection) throws SQLException {
        remove(connection);
        PostgresServer.execute(
                connection, "create publication " + rows() + " for all tables with (publish = 'insert, truncate')");
        List<String> tables = PostgresServer.strings(connection, KEYED_TABLES);
        for (int i = 0; i < tables.size(); i += TABLES) {
            make(connection, keyed() + "_" + i / TABLES, tables.subList(i, Math.min(tables.size(), i + TABLES)));
        }
    }

    private static void make(Connection connection, String publication, List<String> tables) throws SQLException {
        PostgresServer.execute(connection, "create publication " + publication + " with (publish = 'update, delete')");
        // A lock on each is held until its statement ends.
        for (int i = 0; i < tables.size(); i += AT_ONCE) {
            PostgresServer.execute(
                    connection,
                    "alter publication " + publication + " add table "
                            + String.join(", ", tables.subList(i, Math.min(tables.size(), i + AT_ONCE))));
        }
    }

    void remove(Connection connection) throws SQLException {
        for (String publication : names(connection)) {
            PostgresServer.execute(connection, "drop publication " + publication);
        }
    }

    /** Tables whose key somebody has taken away since: their rows cannot be changed as long as changes of them are published. */
    List<String> lostKeys(Connection connection) throws SQLException {
        return PostgresServer.strings(connection, LOST_KEYS + keyed() + "')");
    }
}
