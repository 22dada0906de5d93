package dev.mooring.dataplane.local.program;

import dev.mooring.dataplane.local.archive.Archiver;
import dev.mooring.dataplane.local.pool.PoolPause;
import dev.mooring.dataplane.local.pool.Pooler;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.dataplane.local.upgrade.server.WriteProbe;
import dev.mooring.process.postgres.Postmaster;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Stops a server and starts it, or another one on the same files, and measures what clients notice of it. */
final class Restart {

    private static final Duration STOP_LIMIT = Duration.ofSeconds(60);
    private static final String IN_TRANSACTION = "select count(*) from pg_stat_activity"
            + " where backend_type = 'client backend' and state <> 'idle' and usename <> 'postgres'";

    private Restart() {}

    /**
     * @param pauseMs longest time between two writes that were answered at the cluster's address; null when it was down before
     * @param sessionsEnded inside a transaction
     * @param pools what clients of connection pools noticed
     */
    record Measured(@Nullable Double pauseMs, long sessionsEnded, Map<String, Object> pools) {
        Map<String, Object> receipt() {
            Map<String, Object> receipt = new LinkedHashMap<>();
            receipt.put("write_pause_ms", pauseMs);
            receipt.put("sessions_ended_in_transaction", sessionsEnded);
            receipt.putAll(pools);
            return receipt;
        }
    }

    /** How many sessions are inside a transaction. */
    static long inTransaction(PostgresServer server) throws SQLException {
        try (Connection connection = server.open("postgres")) {
            return PostgresServer.number(connection, IN_TRANSACTION);
        }
    }

    /** @throws dev.mooring.operation.OperationFailed when the server does not start */
    static Measured of(PostgresServer before, PostgresServer after, Archiver archiver)
            throws IOException, InterruptedException, SQLException {
        Postmaster old = before.postmaster();
        if (!old.alive()) {
            after.ensureRunning();
            return new Measured(null, 0, Map.of());
        }
        try (WriteProbe probe = new WriteProbe(after)) {
            probe.awaitWrite(old);
            before.checkpoint();
            PoolPause pools = new Pooler(before.clusters(), before.folder()).pause();
            long sessions;
            try (pools) {
                sessions = inTransaction(before);
                archiver.hurry(before.folder().key());
                old.stop(Postmaster.Stop.FAST, STOP_LIMIT);
                old.fence();
                after.ensureRunning();
            }
            probe.awaitWrite(after.postmaster());
            return new Measured(probe.longestPauseMs(), sessions, pools.receipt());
        }
    }
}
