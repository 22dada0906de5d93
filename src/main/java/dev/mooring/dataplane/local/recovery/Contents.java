package dev.mooring.dataplane.local.recovery;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Looks into a recovered server. */
public final class Contents {

    private static final String TABLES =
            "select quote_ident(n.nspname) || '.' || quote_ident(c.relname) from pg_class c"
                    + " join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'm') and c.relpersistence = 'p'"
                    + " and (c.relkind = 'r' or c.relispopulated) and n.nspname <> 'information_schema'"
                    + " and n.nspname not like 'pg\\_toast%' order by 1";

    private Contents() {}

    /** Opens a database as superuser. */
    @FunctionalInterface
    public interface Opener {
        Connection open(String database) throws SQLException, InterruptedException;
    }

    /**
     * @param tables read from the first to the last row, catalogs included
     */
    public record Read(int databases, int tables, long rows) {}

    /** The databases of clients, each of which was connected to. */
    public static List<String> databases(Opener opener) throws SQLException, InterruptedException {
        List<String> names = new ArrayList<>();
        try (Connection connection = opener.open("postgres")) {
            names.addAll(
                    texts(
                            connection,
                            "select datname from pg_database where not datistemplate and datallowconn and datconnlimit <> -2 and datname <> 'postgres' order by oid"));
        }
        for (String name : names) {
            try (Connection connection = opener.open(name)) {
                texts(connection, TABLES);
            }
        }
        return names;
    }

    /** Reads every row of every table: what cannot be read fails here. */
    public static Read readAll(Opener opener) throws SQLException, InterruptedException {
        int tables = 0;
        long rows = 0;
        List<String> databases = databases(opener);
        for (String name : databases) {
            try (Connection connection = opener.open(name);
                    Statement statement = connection.createStatement()) {
                for (String table : texts(connection, TABLES)) {
                    try (ResultSet row = statement.executeQuery("select count(*) from " + table)) {
                        row.next();
                        rows += row.getLong(1);
                        tables++;
                    }
                }
            }
        }
        return new Read(databases.size(), tables, rows);
    }

    private static List<String> texts(Connection connection, String query) throws SQLException {
        List<String> texts = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                texts.add(rows.getString(1));
            }
        }
        return texts;
    }
}
