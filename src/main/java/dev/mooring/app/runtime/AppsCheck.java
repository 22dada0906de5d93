package dev.mooring.app.runtime;

import io.smallrye.health.api.Wellness;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.file.Path;
import java.util.Map;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;

/** Shows in {@code /q/health/well} which apps could not be taken up at the start, and why. */
@Wellness
@ApplicationScoped
class AppsCheck implements HealthCheck {

    private static final int MOST_NAMED = 10;

    private final RunningApps apps;

    AppsCheck(RunningApps apps) {
        this.apps = apps;
    }

    @Override
    public HealthCheckResponse call() {
        Map<Path, String> broken = apps.broken().present();
        HealthCheckResponseBuilder answer = HealthCheckResponse.named("apps").status(broken.isEmpty());
        broken.entrySet().stream()
                .limit(MOST_NAMED)
                .forEach(each -> answer.withData("broken " + each.getKey().getFileName(), each.getValue()));
        return answer.build();
    }
}
