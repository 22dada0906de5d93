package dev.mooring.dataplane.local.pool;

import dev.mooring.time.Monotonic;
import java.io.IOException;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * While a cluster's server changes its place or its form: the clients of its pools wait, between two transactions, for the one that comes.
 * To be closed when that one lets sessions in, and whatever else happens.
 */
public final class PoolPause implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(PoolPause.class);
    private static final double NANOS_PER_MS = 1e6;

    private final @Nullable Pooler pooler;
    private final @Nullable PoolHold hold;
    private final List<String> notHeld;
    private final Optional<Set<String>> clients;
    private Optional<Long> lost = Optional.empty();
    private final long begun;
    private boolean another;
    private long ended;

    private PoolPause(
            @Nullable Pooler pooler,
            @Nullable PoolHold hold,
            long begun,
            List<String> notHeld,
            Optional<Set<String>> clients) {
        this.pooler = pooler;
        this.hold = hold;
        this.begun = begun;
        this.notHeld = notHeld;
        this.clients = clients;
    }

    /** For a cluster without pools. */
    static PoolPause none() {
        return new PoolPause(null, null, 0, List.of(), Optional.empty());
    }

    static PoolPause begin(Pooler pooler, PoolHold hold) throws InterruptedException {
        long begun = Monotonic.nanos();
        try {
            List<String> notHeld = hold.take();
            return new PoolPause(pooler, hold, begun, notHeld, hold.clients());
        } catch (InterruptedException e) {
            hold.release();
            throw e;
        }
    }

    /** The server that serves now is another one than before, which has to be told first who may ask it for passwords. */
    public void behindAnother() {
        another = true;
    }

    /** Lets the clients go on; once it has, it does nothing. */
    @Override
    public void close() {
        if (hold == null || ended != 0) {
            return;
        }
        if (another) {
            install();
        }
        lost = clients.flatMap(held -> hold.clients()
                .map(left ->
                        held.stream().filter(client -> !left.contains(client)).count()));
        hold.release();
        ended = Monotonic.nanos();
    }

    private void install() {
        if (pooler == null) {
            return;
        }
        try {
            pooler.install();
        } catch (IOException | SQLException e) {
            LOG.errorf(
                    "cluster %s: its pools may not be able to ask for passwords until its next change: %s",
                    pooler.folder().id(), e.getMessage());
        }
    }

    /** What users are told of it, once it is closed; empty for a cluster without pools. */
    public Map<String, Object> receipt() {
        Map<String, Object> receipt = new LinkedHashMap<>();
        if (hold != null) {
            receipt.put("pool_pause_ms", Math.round((ended - begun) / NANOS_PER_MS * 10) / 10.0);
            lost.ifPresent(count -> {
                receipt.put("pool_clients", clients.orElseThrow().size());
                receipt.put("pool_clients_lost", count);
            });
            if (!notHeld.isEmpty()) {
                receipt.put("pools_not_held", notHeld);
            }
        }
        return receipt;
    }
}
