package dev.mooring.process.postgres.session;

import dev.mooring.time.Deadline;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Blocking connections of Mooring's own superuser to a server on this machine, which is as much as that machine's account. So such a
 * session calls nothing that a user could have made: names mean what {@code pg_catalog} has, users' tables and views are not read in it
 * (even to plan a count evaluates the constant parts of an index's expressions), and what they wrote is data to it, never SQL. Commands
 * that PostgreSQL itself runs as the owner of a table are fine: {@code ANALYZE}, {@code VACUUM}, {@code REINDEX}, {@code REFRESH}, and
 * those that only touch catalogs. For virtual threads only.
 */
public final class SuperuserConnection {

    /** The bootstrap superuser of every data directory; nobody but Mooring knows its password. */
    public static final String USER = "postgres";

    private static final String CANNOT_CONNECT_NOW = "57P03";
    private static final String CONNECTION_EXCEPTION = "08";

    private SuperuserConnection() {}

    public static Connection open(String host, int port, String database, String password) throws SQLException {
        return LocalSession.open(host, port, database, LocalSession.as(USER, password), true);
    }

    /**
     * Waits until the server lets the superuser in.
     *
     * @param worthWaiting asked before each further try: false once the server's process is gone
     * @return an open connection, or null when it was not worth waiting or the time is over
     * @throws SQLException when the server answers but does not let the superuser in
     */
    public static @Nullable Connection await(
            String host, int port, String database, String password, Duration atMost, BooleanSupplier worthWaiting)
            throws SQLException, InterruptedException {
        Deadline end = Deadline.in(atMost);
        while (true) {
            try {
                return open(host, port, database, password);
            } catch (SQLException e) {
                String state = e.getSQLState() == null ? CONNECTION_EXCEPTION : e.getSQLState();
                if (!state.equals(CANNOT_CONNECT_NOW) && !state.startsWith(CONNECTION_EXCEPTION)) {
                    throw e;
                }
                if (end.passed() || !worthWaiting.getAsBoolean()) {
                    return null;
                }
                Thread.sleep(3);
            }
        }
    }
}
