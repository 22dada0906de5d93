package dev.mooring.app.spec;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * A database of an app: a dev database that lives with it, or, when {@code production}, a managed one that is attached.
 *
 * @param size plan of the managed database that a dev database becomes; anything in old specs, and then it means nothing
 * @param numNodes the same for its nodes
 */
@RegisterForReflection
@Schema(name = "AppDatabaseSpec")
public record Database(
        @NotNull(message = "is required") @Pattern(regexp = AppSpec.NAME, message = AppSpec.NAME_RULE)
        String name,

        Engine engine,

        @Schema(description = "Major version, for a dev database", examples = "16")
        String version,

        Boolean production,

        @Schema(
                description =
                        "The cluster to attach; one that does not exist yet is made of the component's dev database")
        String clusterName,

        String dbName,
        String dbUser,
        @Schema(hidden = true) JsonNode size,
        @Schema(hidden = true) JsonNode numNodes) {

    public enum Engine {
        UNSET,
        MYSQL,
        PG,
        REDIS,
        MONGODB,
        KAFKA,
        OPENSEARCH,
        VALKEY
    }

    public boolean managed() {
        return Boolean.TRUE.equals(production);
    }
}
