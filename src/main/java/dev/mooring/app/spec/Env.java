package dev.mooring.app.spec;

import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** An environment variable of a component, or of all of them. */
@RegisterForReflection
@Schema(name = "AppEnv")
public record Env(
        @NotNull(message = "is required")
        @Pattern(
                regexp = "[_A-Za-z][_A-Za-z0-9]*",
                message = "must have letters, digits and underscores and not begin with a digit")
        String key,

        @Schema(description = "May hold references such as ${db.DATABASE_URL}")
        String value,

        Scope scope,
        Type type) {

    public enum Scope {
        UNSET,
        RUN_TIME,
        BUILD_TIME,
        RUN_AND_BUILD_TIME
    }

    @Schema(name = "AppEnvType")
    public enum Type {
        GENERAL,
        SECRET
    }

    public boolean atRunTime() {
        return scope != Scope.BUILD_TIME;
    }

    public boolean atBuildTime() {
        return scope != Scope.RUN_TIME;
    }
}
