package dev.mooring.dataplane.local.standby;

import dev.mooring.dataplane.local.cluster.ClusterFolder;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Looks at something that follows, one at a time and each in a thread of its own; a look may take as long as a copy does. */
abstract class Looks {

    private static final Logger LOG = Logger.getLogger(Looks.class);
    private static final int TRANSIENT = 4;
    private static final Duration FIRST_WAIT = Duration.ofMillis(250);
    /** Half a minute at most. */
    private static final int MOST_DOUBLINGS = 7;

    private final ClusterFolder whose;
    private final InstantSource clock;
    private final AtomicBoolean busy = new AtomicBoolean();
    private volatile @Nullable Thread looking;
    private volatile boolean ended;
    private volatile boolean settled;
    /** In a row. */
    private volatile int failures;

    private volatile Instant notBefore = Instant.MIN;
    private volatile String lastFailure = "";

    /** @param whose the folder of the cluster or the node that is looked at */
    Looks(ClusterFolder whose) {
        this(whose, InstantSource.system());
    }

    Looks(ClusterFolder whose, InstantSource clock) {
        this.whose = whose;
        this.clock = clock;
    }

    /** @return whether there is nothing left to do */
    abstract boolean lookOnce() throws IOException, SQLException, InterruptedException;

    void wake() {
        settled = false;
    }

    /** Whatever kept looks from succeeding may be over. */
    final void forgetFailures() {
        failures = 0;
        notBefore = Instant.MIN;
    }

    final boolean settled() {
        return settled;
    }

    final boolean ended() {
        return ended;
    }

    void stop() {
        ended = true;
        Thread thread = looking;
        if (thread != null) {
            thread.interrupt();
        }
    }

    /** Nobody looks any more when this returns. */
    void end() throws InterruptedException {
        stop();
        Thread thread = looking;
        if (thread != null) {
            thread.join();
        }
    }

    /**
     * In a thread of its own, unless one is at it.
     *
     * @return whether one has begun
     */
    final boolean look() {
        if (ended || clock.instant().isBefore(notBefore) || !busy.compareAndSet(false, true)) {
            return false;
        }
        looking = Thread.ofVirtual().name("followers-" + whose.id()).start(() -> {
            try {
                if (!ended) {
                    settled = lookOnce();
                    forgetFailures();
                    lastFailure = "";
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (IOException | SQLException | RuntimeException e) {
                failed(e);
            } finally {
                busy.set(false);
            }
        });
        return true;
    }

    /** A server that comes or goes makes a look or two fail; what fails for longer costs nobody a processor, and is told. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // there is one look at a time
    private void failed(Exception e) {
        failures++;
        if (failures < TRANSIENT) {
            LOG.debugf(e, "%s: what follows cannot be seen to now", whose.id());
            return;
        }
        Duration wait = FIRST_WAIT.multipliedBy(1L << Math.min(failures - TRANSIENT, MOST_DOUBLINGS));
        notBefore = clock.instant().plus(wait);
        if (!String.valueOf(e.getMessage()).equals(lastFailure)) {
            lastFailure = String.valueOf(e.getMessage());
            LOG.warnf("%s: what follows cannot be seen to: %s", whose.id(), lastFailure);
        }
    }
}
