package dev.mooring.dataplane.local.upgrade.server;

import dev.mooring.dataplane.local.member.ServiceRole;
import dev.mooring.dataplane.local.postgres.ClosedDatabases;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Keeps everybody but Mooring out of a server. Who knocks meanwhile is told that there are too many connections, an error that
 * clients know as one to try again after.
 */
public final class ConnectionGate {

    private final PostgresServer side;

    public ConnectionGate(PostgresServer side) {
        this.side = side;
    }

    /** How many connections each database takes; -1 for any number. */
    public Map<String, Integer> limits() throws SQLException {
        try (Connection connection = side.open("postgres")) {
            return new ClosedDatabases(connection).limits();
        }
    }

    /**
     * Lets nobody in any more, and sees everybody out: sessions between transactions at once, the others when the transaction
     * is over or the patience is.
     *
     * @return whose sessions were ended inside a transaction
     */
    public List<String> close(Duration patience) throws SQLException, InterruptedException {
        try (Connection connection = side.open("postgres")) {
            ClosedDatabases databases = new ClosedDatabases(connection);
            Instant end = Instant.now().plus(patience);
            List<String> cutShort = new ArrayList<>();
            int calm = 0;
            // Somebody may have been let in just before and not be listed yet, or have made a database.
            while (calm < 2) {
                boolean waiting = Instant.now().isBefore(end);
                boolean open = databases.close() > 0;
                boolean quiet = strangers(connection, waiting ? "state = 'idle'" : "true", cutShort) == 0;
                calm = quiet && !open ? calm + 1 : 0;
                Thread.sleep(2);
            }
            return cutShort;
        }
    }

    /** How many connections each database took before they were closed; empty when they are not. */
    public Map<String, Integer> closed() throws SQLException {
        try (Connection connection = side.open("postgres")) {
            return new ClosedDatabases(connection).before();
        }
    }

    /** Whose transactions have been open for more than a second, in words; empty for nobody's. */
    public String openTransactions() throws SQLException {
        try (Connection connection = side.open("postgres")) {
            return OpenTransactions.any(connection);
        }
    }

    /** How many others are there. */
    private static int strangers(Connection connection, String toEnd, List<String> cutShort) throws SQLException {
        int others = 0;
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select case when state <> 'idle' and gone then "
                        + OpenTransactions.named() + " end from (select *, case when " + toEnd
                        + " then pg_terminate_backend(pid) else false end as gone from pg_stat_activity where backend_type in"
                        + " ('client backend', 'walsender') and usename not in ('"
                        + String.join("', '", ServiceRole.allNames()) + "') offset 0) as other")) {
            while (rows.next()) {
                others++;
                if (rows.getString(1) != null && !cutShort.contains(rows.getString(1))) {
                    cutShort.add(rows.getString(1));
                }
            }
        }
        return others;
    }

    /**
     * Lets everybody in again, as before.
     *
     * @param limits for what was closed by an earlier version, which did not write down what it had closed
     */
    public void open(Map<String, Integer> limits) throws SQLException {
        try (Connection connection = side.open("postgres")) {
            ClosedDatabases databases = new ClosedDatabases(connection);
            if (!databases.open()) {
                Map<String, Integer> now = databases.limits();
                Map<String, Integer> closed = new LinkedHashMap<>(limits);
                closed.keySet().removeIf(database -> !Integer.valueOf(0).equals(now.get(database)));
                databases.set(closed);
            }
        }
    }

    /** Lets as many in as another server did. */
    public void open(PostgresServer other) throws SQLException {
        openAs(new ConnectionGate(other).closed());
    }

    /**
     * Lets that many in, whatever it took before it was closed.
     *
     * @param limits by database, as {@link #closed} has them; what is not there stays as it is
     */
    public void openAs(Map<String, Integer> limits) throws SQLException {
        try (Connection connection = side.open("postgres")) {
            new ClosedDatabases(connection).set(limits);
        }
    }
}
