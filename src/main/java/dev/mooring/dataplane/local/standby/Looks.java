package dev.mooring.dataplane.local.standby;

import dev.mooring.dataplane.local.cluster.ClusterFolder;
import java.io.IOException;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/** Looks at something that follows, one at a time and each in a thread of its own; a look may take as long as a copy does. */
abstract class Looks {

    private static final Logger LOG = Logger.getLogger(Looks.class);

    private final ClusterFolder whose;
    private final AtomicBoolean busy = new AtomicBoolean();
    private volatile Thread looking;
    private volatile boolean ended;
    private volatile boolean settled;

    /** @param whose the folder of the cluster or the node that is looked at */
    Looks(ClusterFolder whose) {
        this.whose = whose;
    }

    /** @return whether there is nothing left to do */
    abstract boolean lookOnce() throws IOException, SQLException, InterruptedException;

    void wake() {
        settled = false;
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

    /** In a thread of its own, unless one is at it. */
    final void look() {
        if (ended || !busy.compareAndSet(false, true)) {
            return;
        }
        looking = Thread.ofVirtual().name("followers-" + whose.id()).start(() -> {
            try {
                if (!ended) {
                    settled = lookOnce();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (IOException | SQLException | RuntimeException e) {
                LOG.debugf(e, "%s: what follows cannot be seen to now", whose.id());
            } finally {
                busy.set(false);
            }
        });
    }
}
