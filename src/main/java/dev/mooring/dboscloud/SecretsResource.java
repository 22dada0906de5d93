package dev.mooring.dboscloud;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.mooring.access.Scopes;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Sets environment variables; the path looks like an application's, whose name it therefore cannot be. */
@Path("/v1alpha1/{organization}/applications/secrets")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "DBOS Cloud: applications")
public class SecretsResource {

    private final AppSecrets secrets;

    SecretsResource(AppSecrets secrets) {
        this.secrets = secrets;
    }

    @Schema(name = "CloudSecret")
    public record Secret(
            @Schema(required = true) @JsonProperty("ApplicationName")
            String application,

            @Schema(required = true) @JsonProperty("SecretName")
            String name,

            @Schema(required = true) @JsonProperty("ClearSecretValue")
            String value) {}

    @POST
    @RolesAllowed(Scopes.APP_UPDATE)
    @Operation(
            summary = "Set an environment variable",
            description = "It is kept encrypted, and in force from the next deployment on.")
    public Uni<Map<String, String>> set(Secret wanted) {
        Secret given = InstancesResource.required(wanted);
        return secrets.set(given.application(), given.name(), given.value()).replaceWith(Map.of());
    }
}
