package dev.mooring.operation.worker;

import dev.mooring.operation.MetadataReady;
import dev.mooring.operation.Node;
import io.quarkus.runtime.ShutdownEvent;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.Pool;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Listens for NOTIFY on a connection of its own and wakes the worker. While it cannot, polling does the work. */
@ApplicationScoped
class Wakeup {

    private static final Logger LOG = Logger.getLogger(Wakeup.class);
    private static final long RECONNECT_MS = 1000;

    private final Pool pool;
    private final Worker worker;
    private final Node node;
    private final Vertx vertx;
    private final AtomicBoolean planned = new AtomicBoolean();
    private volatile boolean stopping;
    /** Null until it listens. */
    private volatile @Nullable PgConnection connection;

    Wakeup(Pool pool, Worker worker, Node node, Vertx vertx) {
        this.pool = pool;
        this.worker = worker;
        this.node = node;
        this.vertx = vertx;
    }

    void start(@Observes MetadataReady event) {
        if (node.worker()) {
            listen();
        }
    }

    void stop(@Observes ShutdownEvent event) {
        stopping = true;
        PgConnection open = connection;
        if (open != null) {
            open.close();
        }
    }

    private void listen() {
        pool.getConnection()
                .map(PgConnection::cast)
                .compose(pg -> {
                    pg.notificationHandler(notification -> worker.wake());
                    pg.closeHandler(closed -> again("closed"));
                    connection = pg;
                    return pg.query("listen mooring_operation_queued").execute().onFailure(refused -> pg.close());
                })
                .onSuccess(listening -> worker.wake())
                .onFailure(failure -> again(failure.getMessage()));
    }

    private void again(@Nullable String why) {
        if (!stopping && planned.compareAndSet(false, true)) {
            LOG.debugf("not listening (%s), polling meanwhile", why);
            vertx.setTimer(RECONNECT_MS, ignored -> {
                planned.set(false);
                listen();
            });
        }
    }
}
