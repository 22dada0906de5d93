package dev.mooring.dataplane.local.member;

import dev.mooring.dataplane.local.member.RolesAndDatabases.Opener;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes changes whose locks users' sessions may hold: ends those sessions or names them, and waits for nobody for long. */
record LockGuard(Opener opener) {

    /** Together with what else an apply does well within the time in which a request is answered. */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(8);

    /** For those who are not ended; whoever holds a lock for longer is likely to go on. */
    private static final Duration SHORT_WAIT = Duration.ofSeconds(3);

    private static final int TRIES = 5;
    private static final String LOCK_NOT_AVAILABLE = "55P03";
    /** Somebody else changed or locked the same rows first, or the database is in use: both pass. */
    private static final Set<String> AGAIN = Set.of("40P01", "40001", "55006");

    private static final String INTERNAL_ERROR = "XX000";

    /** May be run again when it has failed. */
    @FunctionalInterface
    interface Work {
        void run() throws SQLException;
    }

    /**
     * @param what for people, as in "user bob could not be deleted"
     * @param ended whether those in the way are ended
     * @param user whose own sessions are ended at once; null for nobody's
     */
    void run(Sql session, String what, boolean ended, @Nullable String user, Work work) throws SQLException {
        session.execute("set lock_timeout = " + (ended ? LONGEST_WAIT : SHORT_WAIT).toMillis());
        for (int attempt = 1; ; attempt++) {
            LockHolders holders = new LockHolders(session.pid(), opener, ended, user);
            try {
                work.run();
                return;
            } catch (SQLException e) {
                holders.close();
                if (LOCK_NOT_AVAILABLE.equals(e.getSQLState())) {
                    throw new InTheWay(what, holders.last());
                }
                if (attempt == TRIES || !passes(e)) {
                    throw e;
                }
            } finally {
                holders.close();
            }
        }
    }

    private static boolean passes(SQLException e) {
        return AGAIN.contains(e.getSQLState())
                // PostgreSQL has no state of its own for rows of its catalogs that somebody else was faster with.
                || INTERNAL_ERROR.equals(e.getSQLState())
                        && String.valueOf(e.getMessage()).contains("concurrently");
    }
}
