package dev.mooring.database.backup;

import dev.mooring.operation.MetadataReady;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.health.api.Wellness;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Map;
import java.util.TreeMap;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.jboss.logging.Logger;

/** Shows in {@code /q/health/well} which clusters' last backup or drill failed, and counts them for alerts. */
@Wellness
@ApplicationScoped
class RecoveryHealthCheck implements HealthCheck {

    private static final Logger LOG = Logger.getLogger(RecoveryHealthCheck.class);
    private static final int MOST_NAMED = 10;

    private final Pool pool;
    private volatile boolean ready;
    private volatile Map<String, String> failures = Map.of();

    RecoveryHealthCheck(Pool pool, MeterRegistry registry) {
        this.pool = pool;
        Gauge.builder("mooring.recovery.failing", () -> failures.size())
                .description("Clusters whose last backup or recovery drill failed")
                .register(registry);
    }

    void start(@Observes MetadataReady event) {
        ready = true;
    }

    @Scheduled(every = "10s", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    Uni<Void> look() {
        if (!ready) {
            return Uni.createFrom().voidItem();
        }
        return pool.query("select id, coalesce(backup_failure, drill_failure) as failure from cluster"
                        + " where deleted_at is null and (backup_failure is not null or drill_failure is not null)")
                .execute()
                .invoke(rows -> {
                    Map<String, String> found = new TreeMap<>();
                    for (Row row : rows) {
                        found.put(row.getUUID("id").toString(), row.getString("failure"));
                    }
                    failures = found;
                })
                .replaceWithVoid()
                .onFailure()
                .invoke(failure -> LOG.warnf("cannot look for failed backups: %s", failure.getMessage()))
                .onFailure()
                .recoverWithNull();
    }

    @Override
    public HealthCheckResponse call() {
        Map<String, String> failing = failures;
        HealthCheckResponseBuilder answer =
                HealthCheckResponse.named("recovery").status(failing.isEmpty());
        failing.entrySet().stream()
                .limit(MOST_NAMED)
                .forEach(entry -> answer.withData(entry.getKey(), entry.getValue()));
        return answer.build();
    }
}
