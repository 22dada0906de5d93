package dev.mooring.app.spec;

import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** Where a component's log lines are sent to, beside Mooring's own files. */
@RegisterForReflection
@Schema(name = "AppLogDestination")
public record LogDestination(
        @NotNull(message = "is required") @Size(min = 2, max = 42, message = "must have 2 to 42 characters")
        String name,

        @Valid Papertrail papertrail,
        @Valid Datadog datadog,
        @Valid Logtail logtail,
        @Valid OpenSearch openSearch,
        String endpoint,
        Boolean tlsInsecure,
        List<@Valid Header> headers) {

    @RegisterForReflection
    public record Papertrail(
            @NotNull(message = "is required") String endpoint) {}

    @RegisterForReflection
    public record Datadog(
            String endpoint,
            @NotNull(message = "is required") String apiKey) {}

    @RegisterForReflection
    public record Logtail(@NotNull(message = "is required") String token) {}

    @RegisterForReflection
    public record OpenSearch(String endpoint, String clusterName, BasicAuth basicAuth, String indexName) {
        @RegisterForReflection
        public record BasicAuth(String user, String password) {}
    }

    @RegisterForReflection
    public record Header(@NotNull(message = "is required") String key, String value) {}
}
