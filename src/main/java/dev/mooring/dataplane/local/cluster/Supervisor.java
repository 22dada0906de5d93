package dev.mooring.dataplane.local.cluster;

import dev.mooring.dataplane.DataPlane.RestartListener;
import dev.mooring.process.postgres.Postmaster;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;

/**
 * Keeps the clusters of this machine running. Looks at each postmaster every 200 ms: that is faster than the notice that
 * the system gives of the death of a process that an earlier Mooring started.
 */
@ApplicationScoped
public class Supervisor {

    private static final Logger LOG = Logger.getLogger(Supervisor.class);
    private static final Duration EVERY = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
    /** A server that stayed up this long has recovered: the next death is a new story. */
    private static final Duration SETTLED = Duration.ofMinutes(1);

    private final Map<UUID, Watched> watched = new ConcurrentHashMap<>();
    private final Map<UUID, ReentrantLock> locks = new ConcurrentHashMap<>();
    private final List<RestartListener> listeners = new CopyOnWriteArrayList<>();
    private final Counter restarts;
    private volatile Thread thread;

    Supervisor(MeterRegistry registry) {
        restarts = Counter.builder("mooring.clusters.restarts")
                .description("Database servers that had died and were started again")
                .register(registry);
        Gauge.builder("mooring.clusters.watched", watched::size)
                .description("Database servers that should be running on this machine")
                .register(registry);
    }

    public void onRestart(RestartListener listener) {
        listeners.add(listener);
    }

    public void start() {
        thread = Thread.ofVirtual().name("supervisor").start(this::loop);
    }

    public void stop() {
        if (thread != null) {
            thread.interrupt();
        }
    }

    /** Stops every server that is watched, all at the same time. */
    public void stopServers(Duration atMost) throws InterruptedException {
        List<Thread> stops = watched.values().stream()
                .map(entry -> Thread.ofVirtual().start(() -> {
                    try {
                        entry.postmaster.stop(Postmaster.Stop.FAST, atMost);
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

    public void watch(UUID cluster, Postmaster postmaster) {
        watched.put(cluster, new Watched(postmaster));
    }

    public void forget(UUID cluster) {
        watched.remove(cluster);
    }

    /** Clusters that should run and do not. */
    public List<UUID> down() {
        return watched.entrySet().stream()
                .filter(entry -> !entry.getValue().postmaster.alive())
                .map(Map.Entry::getKey)
                .toList();
    }

    private void loop() {
        while (!Thread.currentThread().isInterrupted()) {
            watched.forEach((id, entry) -> {
                if (!entry.busy && Instant.now().isAfter(entry.notBefore) && !entry.postmaster.alive()) {
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

    private void restart(UUID id, Watched entry) {
        ReentrantLock lock = lock(id);
        lock.lock();
        try {
            if (watched.get(id) != entry || entry.postmaster.alive()) {
                return;
            }
            LOG.warnf("the server of cluster %s is gone, starting it again", id);
            entry.postmaster.fence();
            entry.postmaster.start();
            entry.rest();
            restarts.increment();
            listeners.forEach(listener -> listener.restarted(id));
        } catch (Exception e) {
            entry.rest();
            LOG.errorf(
                    e,
                    "the server of cluster %s could not be started, next try at %s; its last words: %s",
                    id,
                    entry.notBefore,
                    entry.postmaster.startFailure());
        } finally {
            entry.busy = false;
            lock.unlock();
        }
    }

    private static final class Watched {
        private final Postmaster postmaster;
        private volatile boolean busy;
        private volatile Instant notBefore = Instant.MIN;
        private Instant lastTry = Instant.MIN;
        private Duration pause = Duration.ofMillis(500);

        Watched(Postmaster postmaster) {
            this.postmaster = postmaster;
        }

        /** Longer after each death in a row, so that a server that cannot run does not keep the machine busy. */
        void rest() {
            Instant now = Instant.now();
            boolean settled = lastTry.isBefore(now.minus(SETTLED));
            pause = settled ? Duration.ofMillis(500) : pause.multipliedBy(2);
            pause = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
            lastTry = now;
            notBefore = now.plus(pause);
        }
    }
}
