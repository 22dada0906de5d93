package dev.mooring.start;

import dev.mooring.operation.MetadataReady;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import java.sql.SQLException;
import java.util.concurrent.CountDownLatch;
import org.flywaydb.core.Flyway;
import org.jboss.logging.Logger;

/**
 * Waits until the metadata database answers and has this version's schema, and makes that schema where it is this process's
 * task. Meanwhile the process is alive and not ready.
 */
@ApplicationScoped
class Metadata {

    private static final Logger LOG = Logger.getLogger(Metadata.class);
    private static final long AGAIN_MS = 2000;

    private final Flyway flyway;
    private final Event<MetadataReady> ready;
    private final boolean migrates;
    private final CountDownLatch settled = new CountDownLatch(1);
    private volatile String missing = "not asked yet";
    private volatile boolean stopping;

    Metadata(Flyway flyway, Event<MetadataReady> ready) {
        this.flyway = flyway;
        this.ready = ready;
        this.migrates = Role.configured() != Role.API || Ground.metadataIsEmbedded();
    }

    /** Behind what needs no metadata: clusters that run are supervised even when their rows cannot be read. */
    void start(@Observes @Priority(600) StartupEvent event) {
        // A replica that starts to answer a request has no time to look at the schema first.
        if (!migrates || !prepared()) {
            Thread.ofVirtual().name("metadata").start(this::keepTrying);
        }
    }

    void stop(@Observes ShutdownEvent event) {
        stopping = true;
    }

    /** What is waited for; null when nothing is. */
    String missing() {
        return missing;
    }

    void await() throws InterruptedException {
        settled.await();
    }

    private void keepTrying() {
        try {
            while (!stopping && !prepared()) {
                Thread.sleep(AGAIN_MS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.error("the metadata database cannot be used, Mooring ends", e);
            Quarkus.asyncExit(1);
        }
    }

    /**
     * @return false when the database cannot be reached or its schema is not there yet
     * @throws RuntimeException when trying again would not help
     */
    private boolean prepared() {
        try {
            if (migrates) {
                flyway.migrate();
            } else if (flyway.info().pending().length > 0) {
                return stillMissing("its schema is older than this version; a worker or MOORING_ROLE=migrate makes it");
            }
        } catch (RuntimeException e) {
            SQLException cause = sqlCause(e);
            if (cause == null || !passes(cause.getSQLState())) {
                throw e;
            }
            return stillMissing(cause.getMessage());
        }
        ready.fire(new MetadataReady(migrates));
        missing = null;
        settled.countDown();
        return true;
    }

    private boolean stillMissing(String why) {
        if (!why.equals(missing)) {
            LOG.warnf("waiting for the metadata database: %s", why);
        }
        missing = why;
        return false;
    }

    /** Classes of SQLSTATE: connection exceptions, resources that are short for now, a server that starts or stops. */
    private static boolean passes(String state) {
        return state != null && (state.startsWith("08") || state.startsWith("53") || state.startsWith("57P"));
    }

    private static SQLException sqlCause(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql && sql.getSQLState() != null) {
                return sql;
            }
        }
        return null;
    }
}
