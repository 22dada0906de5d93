package dev.mooring.dataplane.local;

import dev.mooring.dataplane.local.archive.Archiver;
import dev.mooring.dataplane.local.archive.Archives;
import io.smallrye.health.api.Wellness;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Map;
import java.util.UUID;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;

/** Shows in {@code /q/health/well} which clusters are not being archived, and why. */
@Wellness
@ApplicationScoped
class ArchiveHealthCheck implements HealthCheck {

    private static final int MOST_NAMED = 10;

    private final Archives archives;
    private final Archiver archiver;

    ArchiveHealthCheck(Archives archives, Archiver archiver) {
        this.archives = archives;
        this.archiver = archiver;
    }

    @Override
    public HealthCheckResponse call() {
        Map<UUID, String> failing = archiver.failing();
        HealthCheckResponseBuilder answer = HealthCheckResponse.named("archive")
                .status(failing.isEmpty())
                .withData("location", archives.location())
                .withData("farthest_behind_bytes", archiver.farthestBehind());
        failing.entrySet().stream()
                .limit(MOST_NAMED)
                .forEach(entry -> answer.withData(entry.getKey().toString(), entry.getValue()));
        return answer.build();
    }
}
