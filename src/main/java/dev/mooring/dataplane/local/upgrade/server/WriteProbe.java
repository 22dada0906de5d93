package dev.mooring.dataplane.local.upgrade.server;

import dev.mooring.process.postgres.Postmaster;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;

/**
 * Writes through the cluster's own address again and again, and measures the longest time between two writes that were
 * answered. It keeps still while nobody may write.
 */
public final class WriteProbe implements AutoCloseable {

    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final long PAUSE_MS = 2;
    private static final double NANOS_PER_MS = 1e6;

    /** A commit that leaves nothing but a record in the WAL, which nobody reads. */
    private static final String WRITE = "select pg_logical_emit_message(true, 'mooring', '')";

    private final PostgresServer address;
    private final Thread thread;
    private volatile boolean running = true;
    private volatile boolean held;
    private volatile boolean still;
    private volatile long last;
    private volatile long longest;

    /**
     * @param address its port is the cluster's; whose server answers there does not matter
     */
    public WriteProbe(PostgresServer address) {
        this.address = address;
        this.thread = Thread.ofVirtual().name("write-probe").start(this::loop);
    }

    private void loop() {
        while (running) {
            try (Connection connection = held ? null : address.open("postgres")) {
                while (connection != null && running && !held) {
                    write(connection);
                    Thread.sleep(PAUSE_MS);
                }
            } catch (SQLException away) {
                // That is what is measured.
            } catch (InterruptedException e) {
                return;
            }
            still = held;
            try {
                Thread.sleep(PAUSE_MS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void write(Connection connection) throws SQLException {
        try (Statement write = connection.createStatement()) {
            write.execute(WRITE);
        }
        long now = System.nanoTime();
        if (last != 0) {
            longest = Math.max(longest, now - last);
        }
        last = now;
    }

    /**
     * Waits until a write has been answered since.
     *
     * @param server that has to answer; there is nothing to wait for when it is gone
     */
    public void awaitWrite(Postmaster server) throws InterruptedException, SQLException {
        long before = last;
        Instant end = Instant.now().plus(LIMIT);
        while (last == before) {
            if (!server.alive()) {
                throw new SQLException("the server has ended");
            }
            if (Instant.now().isAfter(end)) {
                throw new SQLException("the cluster took no write within " + LIMIT.toSeconds() + " s");
            }
            Thread.sleep(1);
        }
    }

    /** Writes no more until {@link #resume}. */
    public void hold() throws InterruptedException {
        held = true;
        while (!still) {
            Thread.sleep(1);
        }
    }

    public void resume() {
        still = false;
        held = false;
    }

    /** Between two writes that were answered, in milliseconds. */
    public double longestPauseMs() {
        return Math.round(longest / NANOS_PER_MS * 10) / 10.0;
    }

    @Override
    public void close() throws InterruptedException {
        running = false;
        thread.interrupt();
        thread.join();
    }
}
