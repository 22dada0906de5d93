package dev.mooring.app.spec;

import dev.mooring.app.spec.rule.SpecRules;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * A part of an app that has code: service, worker, job, static site or function. They share most of their members; which
 * ones are for one kind only is a matter of {@link SpecRules}.
 */
@RegisterForReflection
@Schema(name = "AppComponent")
public record Component(
        @Pattern(regexp = AppSpec.NAME, message = AppSpec.NAME_RULE)
        String name,

        @Valid Source.Git git,
        @Valid Source.Hosted github,
        @Valid Source.Hosted gitlab,
        @Valid Source.Hosted bitbucket,
        @Valid Source.Image image,
        @Valid Source.Archive archive,
        String dockerfilePath,
        String buildCommand,
        String runCommand,
        String sourceDir,
        String environmentSlug,
        List<@Valid Env> envs,
        List<@Valid LogDestination> logDestinations,

        @Min(value = 1, message = "must be at least 1") @Max(value = 250, message = "must be at most 250")
        Long instanceCount,

        String instanceSizeSlug,
        @Valid Autoscaling autoscaling,

        @Min(value = 1, message = PORT) @Max(value = 65535, message = PORT)
        Long httpPort,

        Protocol protocol,
        List<@Min(value = 1, message = PORT) @Max(value = 65535, message = PORT) Long> internalPorts,
        List<Ingress.@Valid Route> routes,
        @Valid Ingress.Cors cors,
        @Valid HealthCheck healthCheck,
        @Valid HealthCheck livenessHealthCheck,
        @Valid Termination termination,
        List<@Valid Alert> alerts,
        InactivitySleep inactivitySleep,
        JobKind kind,
        @Valid Schedule schedule,

        @Pattern(regexp = DURATION, message = "must be a duration such as 30m")
        String timeout,

        String indexDocument,
        String errorDocument,
        String catchallDocument,
        String outputDir) {

    static final String DURATION = "(?:\\d+h)?(?:\\d+m)?(?:\\d+s)?";
    private static final String PORT = "must be 1 to 65535";

    public enum Protocol {
        HTTP,
        HTTP2
    }

    public enum JobKind {
        UNSPECIFIED,
        PRE_DEPLOY,
        POST_DEPLOY,
        FAILED_DEPLOY,
        SCHEDULED,
        SCHEDULE
    }

    @RegisterForReflection
    @Schema(name = "AppAutoscaling")
    public record Autoscaling(
            @NotNull(message = "is required") @Min(value = 1, message = "must be at least 1")
            Long minInstanceCount,

            @NotNull(message = "is required") @Max(value = 250, message = "must be at most 250")
            Long maxInstanceCount,

            @Valid Metrics metrics) {

        @RegisterForReflection
        public record Metrics(
                @Valid Cpu cpu,
                @Valid Requests requestsPerSecond,
                @Valid Durations requestDuration) {}

        @RegisterForReflection
        public record Cpu(
                @Min(value = 1, message = "must be 1 to 100") @Max(value = 100, message = "must be 1 to 100")
                Long percent) {}

        @RegisterForReflection
        public record Requests(
                @Min(value = 1, message = "must be at least 1")
                Long perInstance) {}

        @RegisterForReflection
        public record Durations(
                @Min(value = 1, message = "must be at least 1")
                Long p95Milliseconds) {}
    }

    /** Numbers are seconds. */
    @RegisterForReflection
    @Schema(name = "AppHealthCheck")
    public record HealthCheck(
            String httpPath,
            String path,

            @Min(value = 1, message = PORT) @Max(value = 65535, message = PORT)
            Long port,

            @Min(value = 0, message = "must be 0 to 3600") @Max(value = 3600, message = "must be 0 to 3600")
            Long initialDelaySeconds,

            @Min(value = 1, message = "must be 1 to 300") @Max(value = 300, message = "must be 1 to 300")
            Long periodSeconds,

            @Min(value = 1, message = "must be 1 to 120") @Max(value = 120, message = "must be 1 to 120")
            Long timeoutSeconds,

            @Min(value = 1, message = "must be 1 to 50") @Max(value = 50, message = "must be 1 to 50")
            Long successThreshold,

            @Min(value = 1, message = "must be 1 to 50") @Max(value = 50, message = "must be 1 to 50")
            Long failureThreshold) {}

    @RegisterForReflection
    @Schema(name = "AppTermination")
    public record Termination(
            @Min(value = 1, message = "must be 1 to 110") @Max(value = 110, message = "must be 1 to 110")
            Long drainSeconds,

            @Min(value = 1, message = "must be 1 to 600") @Max(value = 600, message = "must be 1 to 600")
            Long gracePeriodSeconds) {}

    @RegisterForReflection
    @Schema(name = "AppSchedule")
    public record Schedule(@NotNull(message = "is required") String cron, String timeZone) {}

    @RegisterForReflection
    @Schema(name = "AppInactivitySleep")
    public record InactivitySleep(Long afterSeconds, LoadingPage loadingPage) {
        @RegisterForReflection
        public record LoadingPage(Boolean enabled, String customUrl) {}
    }

    public List<Env> allEnvs() {
        return AppSpec.orEmpty(envs);
    }

    /** When a job runs; those that do not say run after the components have started. */
    public JobKind jobKind() {
        return kind == null || kind == JobKind.UNSPECIFIED
                ? JobKind.POST_DEPLOY
                : kind == JobKind.SCHEDULE ? JobKind.SCHEDULED : kind;
    }

    /** Whether its code can be had: cloned, or from an archive that was uploaded. */
    public boolean hasCode() {
        return archive != null || repository() != null;
    }

    /** What git clones; null for images and for nothing. */
    public Source.@Nullable Git repository() {
        if (git != null) {
            return git;
        }
        Source.Git found = hosted(github, "https://github.com/");
        found = found == null ? hosted(gitlab, "https://gitlab.com/") : found;
        return found == null ? hosted(bitbucket, "https://bitbucket.org/") : found;
    }

    private static Source.@Nullable Git hosted(Source.@Nullable Hosted source, String host) {
        return source == null ? null : new Source.Git(host + source.repo() + ".git", source.branch());
    }
}
