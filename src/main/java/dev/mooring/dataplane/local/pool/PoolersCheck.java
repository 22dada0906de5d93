package dev.mooring.dataplane.local.pool;

import dev.mooring.operation.Node;
import dev.mooring.process.pgbouncer.PgBouncer;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.health.api.Wellness;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.jboss.logging.Logger;

/** Says at the start, and in {@code /q/health/well}, which PgBouncer this machine has for connection pools, or what to install. */
@Wellness
@ApplicationScoped
class PoolersCheck implements HealthCheck {

    private static final Logger LOG = Logger.getLogger(PoolersCheck.class);

    private final Node node;

    PoolersCheck(Node node) {
        this.node = node;
    }

    void start(@Observes StartupEvent event) {
        if (node.worker()) {
            // Asking programs for their versions takes longer than the rest of a start.
            Thread.ofVirtual().name("pgbouncer").start(PoolersCheck::tell);
        }
    }

    private static void tell() {
        PgBouncer.find()
                .ifPresentOrElse(
                        found -> LOG.infof("connection pools: PgBouncer %s (%s)", found.version(), found.file()),
                        () -> LOG.infof("%s", PgBouncer.missing()));
    }

    /** Nothing that runs lacks it. */
    @Override
    public HealthCheckResponse call() {
        HealthCheckResponseBuilder answer = HealthCheckResponse.named("pools").up();
        PgBouncer.find()
                .ifPresentOrElse(
                        found -> answer.withData("pgbouncer", found.version()),
                        () -> answer.withData("missing", PgBouncer.missing()));
        return answer.build();
    }
}
