package dev.mooring.app.spec;

import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.validation.constraints.NotNull;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** When somebody wants to be told. */
@RegisterForReflection
@Schema(name = "AppAlertSpec")
public record Alert(
        @NotNull(message = "is required") Rule rule, Boolean disabled, Operator operator, Double value, Window window) {

    public enum Rule {
        UNSPECIFIED_RULE,
        CPU_UTILIZATION,
        MEM_UTILIZATION,
        RESTART_COUNT,
        DEPLOYMENT_FAILED,
        DEPLOYMENT_LIVE,
        DEPLOYMENT_STARTED,
        DEPLOYMENT_CANCELED,
        DOMAIN_FAILED,
        DOMAIN_LIVE,
        AUTOSCALE_FAILED,
        AUTOSCALE_SUCCEEDED,
        JOB_INVOCATION_FAILED,
        FUNCTIONS_ACTIVATION_COUNT,
        FUNCTIONS_AVERAGE_DURATION_MS,
        FUNCTIONS_ERROR_RATE_PER_MINUTE,
        FUNCTIONS_AVERAGE_WAIT_TIME_MS,
        FUNCTIONS_ERROR_COUNT,
        FUNCTIONS_GB_RATE_PER_SECOND,
        REQUESTS_PER_SECOND,
        REQUEST_DURATION_P95_MS
    }

    public enum Operator {
        UNSPECIFIED_OPERATOR,
        GREATER_THAN,
        LESS_THAN
    }

    public enum Window {
        UNSPECIFIED_WINDOW,
        FIVE_MINUTES,
        TEN_MINUTES,
        THIRTY_MINUTES,
        ONE_HOUR
    }
}
