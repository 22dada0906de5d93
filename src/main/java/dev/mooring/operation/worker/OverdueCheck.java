package dev.mooring.operation.worker;

import dev.mooring.operation.store.OperationStore;
import io.smallrye.health.api.Wellness;
import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;

/** Shows overdue operations in {@code /q/health/well}; they never take readiness away. */
@Wellness
@ApplicationScoped
class OverdueCheck implements HealthCheck {

    private final Alarm alarm;

    OverdueCheck(Alarm alarm) {
        this.alarm = alarm;
    }

    @Override
    public HealthCheckResponse call() {
        OperationStore.QueueState state = alarm.state();
        return HealthCheckResponse.named("operations")
                .status(state.overdue() == 0)
                .withData("due", state.due())
                .withData("running", state.running())
                .withData("overdue", state.overdue())
                .build();
    }
}
