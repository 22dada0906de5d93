package dev.mooring.app.environment;

import dev.mooring.access.Scopes;
import dev.mooring.app.deployment.Deployments;
import dev.mooring.app.handover.Handovers;
import dev.mooring.app.record.App;
import dev.mooring.app.record.AppQueries;
import dev.mooring.app.spec.AppSpec;
import dev.mooring.app.spec.Env;
import dev.mooring.dataplane.ComponentSecrets;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** What an app's own Deployments and Jobs on Kubernetes refer to. */
@Path("/mooring/v1/apps/{id}/secrets")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Apps")
public class SecretResource {

    private final AppQueries reads;
    private final Deployments deployments;
    private final Handovers handovers;

    SecretResource(AppQueries reads, Deployments deployments, Handovers handovers) {
        this.reads = reads;
        this.deployments = deployments;
        this.handovers = handovers;
    }

    @Schema(name = "AppSecret")
    @RegisterForReflection
    public record Secret(
            @Schema(description = "Of the app's spec") String component,

            @Schema(enumeration = {"service", "worker", "job"})
            String kind,

            @Schema(description = "For envFrom.secretRef") String name,

            @Schema(description = "Of the Secret: the variables at run time")
            List<String> keys) {}

    @Schema(name = "AppSecretList")
    @RegisterForReflection
    public record SecretList(
            String namespace,

            @Schema(description = "With these the app's databases let a pod of that namespace in")
            Map<String, String> podLabels,

            List<Secret> secrets) {}

    @GET
    @RolesAllowed(Scopes.APP_READ)
    @Operation(
            summary = "The Secrets with the variables of an app's components",
            description =
                    "Where MOORING_APPS_RUNTIME is kubernetes, else 422. They are there once a deployment of the spec is"
                            + " active. Values are not told: GET /mooring/v1/apps/{id}/components/{name}/env has them.")
    public Uni<SecretList> list(String id) {
        return reads.app(id).map(this::list);
    }

    private SecretList list(App app) {
        ComponentSecrets secrets = handovers.secrets();
        AppSpec spec = deployments.spec(app);
        return new SecretList(
                secrets.namespace(),
                secrets.podLabels(app.id),
                Handovers.components(spec).stream()
                        .map(part -> new Secret(
                                part.name(),
                                part.kind().name().toLowerCase(Locale.ROOT),
                                secrets.name(app.id, part.name()),
                                keys(spec, part)))
                        .toList());
    }

    private static List<String> keys(AppSpec spec, AppSpec.Part part) {
        return Stream.of(spec.appEnvs(), part.component().allEnvs())
                .flatMap(List::stream)
                .filter(env -> env.key() != null && env.atRunTime())
                .map(Env::key)
                .distinct()
                .sorted()
                .toList();
    }
}
