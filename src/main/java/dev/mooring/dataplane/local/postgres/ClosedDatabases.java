package dev.mooring.dataplane.local.postgres;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.process.postgres.session.SuperuserConnection;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;
import org.postgresql.PGConnection;

/**
 * Databases that take no connections for a while, all of a server. How many each took is written into the server itself in the same
 * transaction, as a setting of the bootstrap superuser that means nothing to PostgreSQL: so whoever meets the server later, after a crash,
 * or a copy of it that was recovered to a moment in between, finds what to open again.
 *
 * @param connection of the superuser to the database {@code postgres}, in autocommit mode
 */
public record ClosedDatabases(Connection connection) {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final TypeReference<Map<String, Integer>> LIMITS = new TypeReference<>() {};

    private static final String SETTING = "mooring.closed_databases";

    /** The bootstrap superuser's number is fixed. */
    private static final String NOTE = "select pg_catalog.substr(c, pg_catalog.length('" + SETTING
            + "=') + 1) from pg_catalog.pg_db_role_setting s, pg_catalog.unnest(s.setconfig) c where s.setdatabase = 0"
            + " and s.setrole = 10 and pg_catalog.starts_with(c, '" + SETTING + "=')";

    private static final String NOW = "select datname, datconnlimit from pg_catalog.pg_database where datallowconn"
            + " and datconnlimit <> -2 order by oid";

    /** How many connections each database takes by its own limit; -1 for any number. */
    public Map<String, Integer> limits() throws SQLException {
        Map<String, Integer> limits = new LinkedHashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(NOW)) {
            while (rows.next()) {
                limits.put(rows.getString(1), rows.getInt(2));
            }
        }
        return limits;
    }

    /** How many connections each took before it was closed; empty when none is closed. */
    public Map<String, Integer> before() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(NOTE)) {
            return row.next() ? JSON.readValue(row.getString(1), LIMITS) : Map.of();
        } catch (JsonProcessingException e) {
            throw new SQLException("what the databases took before they were closed cannot be read", e);
        }
    }

    /**
     * Those that take connections take none any more.
     *
     * @return how many there were
     */
    public int close() throws SQLException {
        Map<String, Integer> open = limits();
        open.values().removeIf(limit -> limit == 0);
        if (!open.isEmpty()) {
            Map<String, Integer> before = new LinkedHashMap<>(before());
            before.putAll(open);
            together(() -> {
                note(before);
                for (String database : open.keySet()) {
                    limit(database, 0);
                }
            });
        }
        return open.size();
    }

    /**
     * Each takes as many as before again.
     *
     * @return whether any was closed
     */
    public boolean open() throws SQLException {
        Map<String, Integer> before = before();
        if (before.isEmpty()) {
            return false;
        }
        Map<String, Integer> now = limits();
        together(() -> {
            for (Map.Entry<String, Integer> limit : before.entrySet()) {
                // What was changed since is not what was closed.
                if (Integer.valueOf(0).equals(now.get(limit.getKey()))) {
                    limit(limit.getKey(), limit.getValue());
                }
            }
            forget();
        });
        return true;
    }

    /** Each that is there takes that many, as in another server. */
    public void set(Map<String, Integer> limits) throws SQLException {
        Map<String, Integer> now = limits();
        together(() -> {
            for (Map.Entry<String, Integer> limit : limits.entrySet()) {
                if (now.containsKey(limit.getKey()) && !now.get(limit.getKey()).equals(limit.getValue())) {
                    limit(limit.getKey(), limit.getValue());
                }
            }
            forget();
        });
    }

    private void note(Map<String, Integer> before) throws SQLException {
        try {
            execute("alter role " + SuperuserConnection.USER + " set " + SETTING + " to '"
                    + connection.unwrap(PGConnection.class).escapeLiteral(JSON.writeValueAsString(before)) + "'");
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private void forget() throws SQLException {
        execute("alter role " + SuperuserConnection.USER + " reset " + SETTING);
    }

    private void limit(String database, int connections) throws SQLException {
        execute("alter database " + connection.unwrap(PGConnection.class).escapeIdentifier(database)
                + " connection limit " + connections);
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** What belongs together: all of it, or nothing. */
    @FunctionalInterface
    private interface Changes {
        void make() throws SQLException;
    }

    private void together(Changes changes) throws SQLException {
        connection.setAutoCommit(false);
        try {
            changes.make();
            connection.commit();
        } catch (SQLException e) {
            if (!connection.isClosed()) {
                connection.rollback();
            }
            throw e;
        } finally {
            if (!connection.isClosed()) {
                connection.setAutoCommit(true);
            }
        }
    }
}
