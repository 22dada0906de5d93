package dev.mooring.dataplane.local.upgrade;

import dev.mooring.dataplane.local.postgres.OwnNames;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * What of a database is sent to a copy of it: all that is inserted, and changes of those rows that can be found there. So no statement is
 * refused because its table is published, as PostgreSQL does for changes of rows without a key.
 *
 * @param name beginning of their names; needs no quotes in SQL
 */
record Publications(String name) {

    private static final String LOCK_NOT_AVAILABLE = "55P03";
    private static final int AT_ONCE = 100;
    /** Dropping a publication takes a lock for each of its tables, of which a server has few. */
    private static final int TABLES = 500;

    private static final String KEYED_TABLES =
            "select format('only %I.%I', n.nspname, c.relname) " + Carried.TABLES + " and " + Carried.KEYED;

    private static final String OTHER_TABLES =
            "select format('only %I.%I', n.nspname, c.relname) " + Carried.TABLES + " and not " + Carried.KEYED;

    private static final String LOST_KEYS = "select format('%I.%I', n.nspname, c.relname) " + Carried.TABLES
            + " and not "
            + Carried.KEYED + " and exists (select from pg_publication_rel r join pg_publication p on p.oid = r.prpubid"
            + " where r.prrelid = c.oid and p.pubname ~ '^";

    /** That of a table. */
    private static final String KEYED_OF =
            "select p.pubname from pg_publication_rel r join pg_publication p on p.oid = r.prpubid"
                    + " where r.prrelid = '%s'::regclass and p.pubname ~ '^%s'";

    private String rows() {
        return name + "_rows";
    }

    private String keyed() {
        return name + "_keyed";
    }

    List<String> names(Connection connection) throws SQLException {
        return PostgresServer.strings(
                connection,
                "select pubname from pg_publication p where pubname ~ '^" + name + "_(rows|keyed)(_[0-9]+)?$' and "
                        + OwnNames.publication("p") + " order by 1");
    }

    /** Executes a statement that may have to wait for somebody. */
    @FunctionalInterface
    interface Patience<E extends Exception> {
        void execute(String sql) throws SQLException, E;
    }

    /** All tables, also those that are made later: what is written to one of these is missed nowhere. */
    <E extends Exception> void make(Connection connection, Patience<E> patience) throws SQLException, E {
        remove(connection);
        patience.execute("create publication " + rows() + " for all tables with (publish = 'insert, truncate')");
        make(patience, keyed(), "update, delete", PostgresServer.strings(connection, KEYED_TABLES));
    }

    /** The tables that there are: one that the other side lacks would stop everything else from getting there. */
    void makeOfThese(Connection connection) throws SQLException {
        remove(connection);
        Patience<RuntimeException> patience = sql -> PostgresServer.execute(connection, sql);
        // A subscription needs one.
        patience.execute("create publication " + rows() + " with (publish = 'insert, truncate')");
        make(patience, keyed(), "insert, update, delete, truncate", PostgresServer.strings(connection, KEYED_TABLES));
        make(patience, rows(), "insert, truncate", PostgresServer.strings(connection, OTHER_TABLES));
    }

    private static <E extends Exception> void make(
            Patience<E> patience, String name, String published, List<String> tables) throws SQLException, E {
        for (int i = 0; i < tables.size(); i += TABLES) {
            String publication = name + "_" + i / TABLES;
            patience.execute("create publication " + publication + " with (publish = '" + published + "')");
            List<String> some = tables.subList(i, Math.min(tables.size(), i + TABLES));
            // A lock on each is held until its statement ends.
            for (int j = 0; j < some.size(); j += AT_ONCE) {
                patience.execute("alter publication " + publication + " add table "
                        + String.join(", ", some.subList(j, Math.min(some.size(), j + AT_ONCE))));
            }
        }
    }

    void remove(Connection connection) throws SQLException {
        for (String publication : names(connection)) {
            PostgresServer.execute(connection, "drop publication " + publication);
        }
    }

    /**
     * Has those of {@link #makeOfThese} say nothing any more of changes of rows that nobody can tell apart.
     *
     * @return their tables, without those that somebody has locked
     */
    List<String> withoutLostKeys(Connection connection) throws SQLException {
        List<String> without = new ArrayList<>();
        for (String table : lostKeys(connection)) {
            List<String> publications =
                    PostgresServer.strings(connection, KEYED_OF.formatted(table.replace("'", "''"), keyed()));
            connection.setAutoCommit(false);
            try {
                for (String publication : publications) {
                    PostgresServer.execute(
                            connection, "alter publication " + publication + " drop table only " + table);
                }
                PostgresServer.execute(
                        connection,
                        "alter publication " + rows() + " set (publish = 'insert, truncate')",
                        "alter publication " + rows() + " add table only " + table);
                connection.commit();
                without.add(table);
            } catch (SQLException e) {
                if (!LOCK_NOT_AVAILABLE.equals(e.getSQLState())) {
                    throw e;
                }
            } finally {
                connection.rollback();
                connection.setAutoCommit(true);
            }
        }
        return without;
    }

    /** Tables whose key somebody has taken away since: their rows cannot be changed as long as changes of them are published. */
    List<String> lostKeys(Connection connection) throws SQLException {
        return PostgresServer.strings(connection, LOST_KEYS + keyed() + "')");
    }
}
