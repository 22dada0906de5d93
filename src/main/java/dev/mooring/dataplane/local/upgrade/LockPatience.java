package dev.mooring.dataplane.local.upgrade;

import java.sql.SQLException;

/** Tries again what could not have its locks at once, so that nobody queues behind it for long. */
final class LockPatience {

    private static final String LOCK_NOT_AVAILABLE = "55P03";
    private static final int TRIES = 60;
    private static final long FIRST_PAUSE_MS = 20;
    private static final long LONGEST_PAUSE_MS = 1000;

    private LockPatience() {}

    @FunctionalInterface
    interface Locking {
        void run() throws SQLException, InterruptedException;
    }

    static void run(Locking work) throws SQLException, InterruptedException {
        long pause = FIRST_PAUSE_MS;
        for (int i = 1; ; i++) {
            try {
                work.run();
                return;
            } catch (SQLException e) {
                if (!LOCK_NOT_AVAILABLE.equals(e.getSQLState()) || i == TRIES) {
                    throw e;
                }
                Thread.sleep(pause);
                pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
            }
        }
    }
}
