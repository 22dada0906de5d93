package dev.mooring.start;

import dev.mooring.operation.MetadataReady;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.pgclient.PgException;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import org.flywaydb.core.Flyway;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Waits until the metadata database answers and has this version's schema, and makes that schema where it is this process's
 * task. Meanwhile the process is alive and not ready.
 */
@ApplicationScoped
class Metadata {

    private static final Logger LOG = Logger.getLogger(Metadata.class);
    private static final long AGAIN_MS = 2000;
    private static final String NO_SUCH_TABLE = "42P01";
    private static final String INSTALLED =
            "select max(version::int) from flyway_schema_history where success and version is not null";

    private final Instance<Flyway> flyway;
    private final Pool pool;
    private final Event<MetadataReady> ready;
    private final boolean migrates;
    private final CountDownLatch settled = new CountDownLatch(1);
    private volatile @Nullable String missing = "not asked yet";
    private volatile boolean stopping;

    Metadata(Instance<Flyway> flyway, Pool pool, Event<MetadataReady> ready) {
        this.flyway = flyway;
        this.pool = pool;
        this.ready = ready;
        this.migrates = Role.configured() != Role.API || Bootstrap.metadataIsEmbedded();
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

    /** What is waited for. */
    @Nullable
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
            int installed = installed();
            if (installed > Schema.NEWEST) {
                throw new IllegalStateException("the metadata were written by a newer Mooring: they have schema "
                        + installed + ", this one knows " + Schema.NEWEST
                        + ". They are as they were; start that Mooring, or a newer one");
            }
            if (migrates) {
                flyway.get().migrate();
            } else if (installed < Schema.NEWEST) {
                return stillMissing("its schema is older than this version; a worker or MOORING_ROLE=migrate makes it");
            }
        } catch (RuntimeException e) {
            if (!passes(e)) {
                throw e;
            }
            Throwable cause = innermost(e);
            return stillMissing(Objects.requireNonNullElse(
                    cause.getMessage(), cause.getClass().getSimpleName()));
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

    /** The version of the schema that is there; 0 when none is. */
    private int installed() {
        return pool.query(INSTALLED)
                .execute()
                .map(rows -> rows.iterator().next().getInteger(0))
                .map(version -> version == null ? 0 : version)
                .onFailure(failure -> failure instanceof PgException pg && NO_SUCH_TABLE.equals(pg.getSqlState()))
                .recoverWithItem(0)
                .await()
                .indefinitely();
    }

    /**
     * Whether the failure is one of the connection, of resources that are short for now, or of a server that starts or
     * stops; the others have a SQLSTATE of another class.
     */
    private static boolean passes(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String state = cause instanceof SQLException sql
                    ? sql.getSQLState()
                    : cause instanceof PgException pg ? pg.getSqlState() : null;
            if (state != null) {
                return state.startsWith("08") || state.startsWith("53") || state.startsWith("57P");
            }
        }
        return innermost(failure) instanceof IOException;
    }

    private static Throwable innermost(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }
}
