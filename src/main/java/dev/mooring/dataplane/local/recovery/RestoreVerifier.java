package dev.mooring.dataplane.local.recovery;

import dev.mooring.dataplane.local.member.ServiceRole;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.postgresql.PGConnection;

/** Looks into a recovered server. */
public final class RestoreVerifier {

    private static final String DATABASES =
            "select datname, null from pg_database where not datistemplate and datallowconn"
                    + " and datconnlimit <> -2 and datname <> 'postgres' order by oid";

    private static final String SCHEMAS =
            "select nspname, null from pg_namespace where oid >= 16384 or nspname = 'public' order by 1";

    /** PostgreSQL's own, which users cannot add anything to. */
    private static final String CATALOGS = "select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid ="
            + " c.relnamespace where c.relkind = 'r' and c.relpersistence = 'p' and n.nspname = 'pg_catalog' and c.oid < 16384"
            + " order by 2";

    private static final String TABLES = "select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid ="
            + " c.relnamespace where c.relkind in ('r', 'm') and c.relpersistence = 'p' and (c.relkind = 'r' or c.relispopulated)"
            + " and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_toast%' order by 1, 2";

    private static final int FIRST_WITH_READERS = 14;

    private RestoreVerifier() {}

    /** Opens a database as superuser. */
    @FunctionalInterface
    public interface Opener {
        Connection open(String database) throws SQLException, InterruptedException;
    }

    /** Opens a database as {@link ServiceRole#READER}. */
    @FunctionalInterface
    public interface ReaderOpener {
        Connection open(String database, String password) throws SQLException, InterruptedException;
    }

    /**
     * @param tables read from the first to the last row, catalogs included
     */
    public record Read(int databases, int tables, long rows) {
        private Read and(Read more) {
            return new Read(databases + more.databases, tables + more.tables, rows + more.rows);
        }
    }

    /** The databases of clients, each of which was connected to. */
    public static List<String> databases(Opener opener) throws SQLException, InterruptedException {
        List<String> names = new ArrayList<>();
        try (Connection connection = opener.open("postgres")) {
            names(connection, DATABASES).forEach(row -> names.add(row.first()));
        }
        for (String name : names) {
            try (Connection connection = opener.open(name)) {
                names(connection, CATALOGS);
            }
        }
        return names;
    }

    /**
     * Reads every row of every table: what cannot be read fails here. The catalogs as superuser; what users made by a session that is none,
     * because their functions may run in it.
     *
     * @param superuser opens a server that is thrown away afterwards: a role is made there that may read everything
     */
    public static Read readAll(Opener superuser, ReaderOpener reader) throws SQLException, InterruptedException {
        Read all = new Read(0, 0, 0);
        List<String> databases = databases(superuser);
        String password;
        try (Connection connection = superuser.open("postgres")) {
            password = ServiceRole.READER.renew(connection);
        }
        for (String database : databases) {
            try (Connection connection = superuser.open(database)) {
                admit(connection, database);
                all = all.and(read(connection, CATALOGS)).and(new Read(1, 0, 0));
            }
            try (Connection connection = reader.open(database, password)) {
                all = all.and(read(connection, TABLES));
            }
        }
        return all;
    }

    /** Lets the reader in and at everything, whatever the owner has made of rights and limits. */
    private static void admit(Connection superuser, String database) throws SQLException {
        String name = identifier(superuser, database);
        String role = ServiceRole.READER.roleName();
        execute(superuser, "alter database " + name + " connection limit -1");
        execute(superuser, "grant connect on database " + name + " to " + role);
        if (superuser.getMetaData().getDatabaseMajorVersion() >= FIRST_WITH_READERS) {
            execute(superuser, "grant pg_read_all_data to " + role);
            return;
        }
        for (Row schema : names(superuser, SCHEMAS)) {
            String quoted = identifier(superuser, schema.first());
            execute(superuser, "grant usage on schema " + quoted + " to " + role);
            execute(superuser, "grant select on all tables in schema " + quoted + " to " + role);
        }
    }

    private static Read read(Connection connection, String tables) throws SQLException {
        Read all = new Read(0, 0, 0);
        try (Statement statement = connection.createStatement()) {
            for (Row table : names(connection, tables)) {
                String name = identifier(connection, table.first()) + "." + identifier(connection, table.second());
                try (ResultSet row = statement.executeQuery("select count(*) from " + name)) {
                    row.next();
                    all = all.and(new Read(0, 1, row.getLong(1)));
                }
            }
        }
        return all;
    }

    private record Row(String first, String second) {}

    private static List<Row> names(Connection connection, String query) throws SQLException {
        List<Row> names = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                names.add(new Row(rows.getString(1), rows.getString(2)));
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
