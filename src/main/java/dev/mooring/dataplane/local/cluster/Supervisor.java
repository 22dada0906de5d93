package dev.mooring.dataplane.local.cluster;

import dev.mooring.dataplane.DataPlane.RestartListener;
import dev.mooring.process.ServerProcess;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the clusters of this machine running. Looks at each server every 100 ms: that is faster than the notice that
 * the system gives of the death of a process that an earlier Mooring started. Where another node can take the place of one that is
 * gone, or that is there and does nothing any more, it does; else the server is started again.
 */
@ApplicationScoped
public class Supervisor {

    private static final Logger LOG = Logger.getLogger(Supervisor.class);
    private static final Duration EVERY = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
    /** Starts in a row after which it has not let anybody in, before any follower is better than a server that does not start. */
    private static final int LAST_RESORT = 2;
    /** For one that does nothing while nobody has been seen to follow it: who follows is seen sooner. */
    private static final Duration HALTED = Duration.ofSeconds(2);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(500);

    private final Map<UUID, Watched> watched = new ConcurrentHashMap<>();
    private final Map<UUID, ReentrantLock> locks = new ConcurrentHashMap<>();
    private final List<RestartListener> listeners = new CopyOnWriteArrayList<>();
    private final Counter restarts;
    private final Clock clock;
    private volatile Succession succession = new Succession() {
        @Override
        public boolean possible(UUID cluster, boolean lastResort) {
            return false;
        }

        @Override
        public boolean succeed(UUID cluster, String reason) {
            return false;
        }
    };
    private volatile @Nullable Thread thread;

    /** Who takes a server's place. */
    public interface Succession {
        /**
         * Whether anybody could.
         *
         * @param lastResort whether the server does not start by itself any more
         */
        boolean possible(UUID cluster, boolean lastResort);

        /**
         * Under the cluster's lock.
         *
         * @return whether somebody did, and serves
         */
        boolean succeed(UUID cluster, String reason) throws IOException, InterruptedException;
    }

    public Supervisor(MeterRegistry registry, Clock clock) {
        this.clock = clock;
        restarts = Counter.builder("mooring.clusters.restarts")
                .description("Database servers that had died and were started again")
                .register(registry);
        Gauge.builder("mooring.clusters.watched", watched::size)
                .description("Database servers that should be running on this machine")
                .register(registry);
    }

    public void onLoss(Succession heirs) {
        succession = heirs;
    }

    public void onRestart(RestartListener listener) {
        listeners.add(listener);
    }

    public void start() {
        thread = Thread.ofVirtual().name("supervisor").start(this::loop);
    }

    public void stop() {
        Thread begun = thread;
        if (begun != null) {
            begun.interrupt();
        }
    }

    /** Nothing is being started any more when this returns. After {@link #stop}. */
    public void awaitIdle() throws InterruptedException {
        while (watched.values().stream().anyMatch(entry -> entry.busy)) {
            Thread.sleep(20);
        }
    }

    /** Stops every server that is watched, all at the same time. */
    public void stopServers(Duration atMost) throws InterruptedException {
        List<Thread> stops = watched.values().stream()
                .map(entry -> Thread.ofVirtual().start(() -> {
                    try {
                        entry.server.stop(atMost);
                    } catch (IOException e) {
                        LOG.warnf("a server is left to its fate: %s", e.getMessage());
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                }))
                .toList();
        for (Thread stop : stops) {
            stop.join();
        }
    }

    /** Held by whoever starts, stops or changes the cluster's server. */
    public ReentrantLock lock(UUID cluster) {
        return locks.computeIfAbsent(cluster, id -> new ReentrantLock());
    }

    public void watch(UUID cluster, ServerProcess server) {
        watched.put(cluster, new Watched(server, new Name(cluster, null)));
    }

    /**
     * The same for one of a cluster's servers that are equals.
     *
     * @param key tells it apart here
     * @param node what users call it
     */
    public void watch(UUID key, ServerProcess server, UUID cluster, String node) {
        watched.put(key, new Watched(server, new Name(cluster, node)));
    }

    /** The same for one that may be watched already. */
    public void watchIfNew(UUID cluster, ServerProcess server) {
        watched.putIfAbsent(cluster, new Watched(server, new Name(cluster, null)));
    }

    /** Makes a server that is watched read its files again. */
    public void reload(UUID cluster) throws IOException, InterruptedException {
        Watched entry = watched.get(cluster);
        if (entry != null) {
            entry.server.reload();
        }
    }

    public void forget(UUID cluster) {
        watched.remove(cluster);
    }

    /** Clusters that should run and do not; where servers are equals, with the server's name. */
    public List<String> down() {
        return watched.values().stream()
                .filter(entry -> !entry.server.alive())
                .map(entry -> entry.name.toString())
                .toList();
    }

    private void loop() {
        while (!Thread.currentThread().isInterrupted()) {
            watched.forEach((id, entry) -> {
                entry.look();
                if (!entry.busy && clock.instant().isAfter(entry.notBefore) && lost(id, entry)) {
                    entry.busy = true;
                    Thread.ofVirtual().name("restart-" + id).start(() -> restart(id, entry));
                }
            });
            try {
                Thread.sleep(EVERY);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /**
     * One that is there and does nothing counts where somebody can take its place: else there is nothing to win by ending it. Where somebody
     * may be able to, and nobody can find out as long as it does nothing, it counts after a while, and is started again.
     */
    private boolean lost(UUID id, Watched entry) {
        return !entry.server.alive()
                || entry.halted()
                        && (succession.possible(id, false) || entry.haltedFor(HALTED) && succession.possible(id, true));
    }

    private void restart(UUID id, Watched entry) {
        ReentrantLock lock = lock(id);
        lock.lock();
        try {
            if (watched.get(id) != entry || !lost(id, entry)) {
                return;
            }
            String reason = entry.server.alive() ? "it does not go on" : "it is gone";
            entry.died();
            if (!succeeded(id, reason, entry.starts.get() >= LAST_RESORT)) {
                LOG.warnf("the server of cluster %s is gone, starting it again", entry.name);
                entry.server.fence();
                entry.server.start();
                entry.starts.incrementAndGet();
                restarts.increment();
            }
            entry.began();
            listeners.forEach(listener -> listener.restarted(entry.name.cluster(), entry.name.node()));
        } catch (Exception e) {
            entry.starts.incrementAndGet();
            entry.began();
            LOG.errorf(
                    e,
                    "the server of cluster %s could not be started, next try at %s; its last words: %s",
                    entry.name,
                    entry.notBefore,
                    entry.server.startFailure());
        } finally {
            entry.busy = false;
            lock.unlock();
        }
    }

    /** One that was begun and has failed is tried again: the server's WAL may have left it already, and it must not start without. */
    private boolean succeeded(UUID id, String reason, boolean lastResort) throws IOException, InterruptedException {
        return succession.possible(id, lastResort) && succession.succeed(id, reason);
    }

    /** @param node null for the one that stands for its cluster */
    private record Name(UUID cluster, @Nullable String node) {
        @Override
        public String toString() {
            return node == null ? cluster.toString() : cluster + " " + node;
        }
    }

    private final class Watched {
        private final ServerProcess server;
        private final Name name;
        private volatile boolean busy;
        private volatile Instant notBefore = Instant.MIN;
        private Instant begun = Instant.MIN;
        private Duration pause = Duration.ZERO;
        /** Since it was last seen to have come up. */
        private final AtomicInteger starts = new AtomicInteger();
        /** Null while it does not seem to do nothing. */
        private volatile @Nullable Instant haltedSince;

        Watched(ServerProcess server, Name name) {
            this.server = server;
            this.name = name;
        }

        void look() {
            if (starts.get() > 0 && !busy && server.ready()) {
                starts.set(0);
            }
        }

        boolean halted() {
            boolean now = server.halted();
            if (!now) {
                haltedSince = null;
            } else if (haltedSince == null) {
                haltedSince = clock.instant();
            }
            return now;
        }

        boolean haltedFor(Duration least) {
            Instant since = haltedSince;
            return since != null && since.plus(least).isBefore(clock.instant());
        }

        /** Longer after each death in a row, so that a server that cannot run does not keep the machine busy. */
        void died() {
            boolean settled = begun.isBefore(clock.instant().minus(server.settles()));
            Duration longer = pause.isZero() ? FIRST_PAUSE : pause.multipliedBy(2);
            pause = settled ? Duration.ZERO : longer.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : longer;
        }

        /** Its next death is seen to when the pause is over. */
        void began() {
            begun = clock.instant();
            notBefore = begun.plus(pause);
        }
    }
}
