package dev.mooring.dboscloud;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.mooring.dboscloud.application.UploadedApp;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** An application on the wire. */
@Schema(name = "CloudApplication")
@RegisterForReflection
@JsonInclude(JsonInclude.Include.ALWAYS)
public record ApplicationView(
        @JsonProperty("Name") String name,
        @JsonProperty("ID") UUID id,
        @JsonProperty("PostgresInstanceName") String instance,

        @Schema(description = "Empty before the first deployment: it cannot be changed after that")
        @JsonProperty("ApplicationDatabaseName")
        String database,

        @Schema(enumeration = {"UNAVAILABLE", "DEPLOYING", "AVAILABLE", "ERROR"}) @JsonProperty("Status")
        String status,

        @JsonProperty("Version") String version,
        @JsonProperty("AppURL") String url,
        @JsonProperty("ExecutorsMemoryMib") int memoryMib) {

    static ApplicationView of(UploadedApp app) {
        return new ApplicationView(
                app.name(),
                app.id(),
                app.instance(),
                app.database(),
                app.state().name(),
                app.version(),
                app.url() == null ? "" : app.url(),
                app.memoryMib());
    }
}
