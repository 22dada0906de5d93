package dev.mooring.app.environment;

import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.app.deployment.Deployments;
import dev.mooring.app.record.App;
import dev.mooring.app.record.AppQueries;
import dev.mooring.app.record.DeploymentRow;
import dev.mooring.app.release.AppBindings;
import dev.mooring.app.release.DeployFacts;
import dev.mooring.app.spec.AppSpec;
import dev.mooring.app.spec.SpecKey;
import dev.mooring.app.spec.rule.Environment;
import dev.mooring.home.Vault;
import dev.mooring.web.ApiException;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Map;
import java.util.function.Function;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** What a component would see: for running it elsewhere, and for finding out why it does not. */
@Path("/mooring/v1/apps/{id}/components/{name}/env")
@Tag(name = "Apps")
public class EnvResource {

    private final AppQueries reads;
    private final Deployments deployments;
    private final AppBindings bindings;
    private final Vault vault;
    private final Caller caller;

    EnvResource(AppQueries reads, Deployments deployments, AppBindings bindings, Vault vault, Caller caller) {
        this.reads = reads;
        this.deployments = deployments;
        this.bindings = bindings;
        this.vault = vault;
        this.caller = caller;
    }

    @GET
    @Produces({MediaType.APPLICATION_JSON, MediaType.TEXT_PLAIN})
    @RolesAllowed(Scopes.APP_READ)
    @Operation(
            summary = "The resolved run-time environment of a component",
            description =
                    "format=json (default); dotenv for Node.js and npm's dotenv; python-dotenv; shell; docker for --env-file. Needs database:view_credentials as well.")
    public Uni<Response> env(String id, String name, @RestQuery @Nullable String format) {
        if (!caller.seesCredentials()) {
            throw new ApiException(403, "the token lacks the scope database:view_credentials");
        }
        Function<Map<String, String>, Response> answer = format == null || format.equals("json")
                ? variables -> respond(variables, MediaType.APPLICATION_JSON)
                : written(EnvFormat.named(format));
        return reads.app(id)
                .chain(app -> facts(app).chain(facts -> resolved(app, name, facts)))
                .onFailure(Environment.TooLarge.class)
                .transform(failure -> ApiException.unprocessable(failure.getMessage()))
                .map(answer);
    }

    private static Function<Map<String, String>, Response> written(EnvFormat format) {
        return variables -> respond(format.write(variables), MediaType.TEXT_PLAIN);
    }

    private static Response respond(Object content, String type) {
        return Response.ok(content, type + ";charset=utf-8").build();
    }

    private Uni<DeployFacts> facts(App app) {
        return app.activeDeployment == null
                ? Uni.createFrom().item(DeployFacts.NONE)
                : reads.deployment(app.id, app.activeDeployment.toString()).map(DeploymentRow::facts);
    }

    private Uni<Map<String, String>> resolved(App app, String name, DeployFacts facts) {
        AppSpec spec = deployments.spec(app);
        AppSpec.Part part = spec.parts().stream()
                .filter(candidate -> name.equals(candidate.name()))
                .findFirst()
                .orElseThrow(() -> ApiException.notFound("the app has no component named " + name));
        SpecKey key = SpecKey.of(vault.unseal(app.specKey));
        return deployments
                .identity(app)
                .chain(identity -> bindings.resolve(app.team, app.id, spec)
                        .map(found -> new Environment(
                                        spec, bindings.bindings(identity, spec, found.bound(), facts), key::open, false)
                                .of(part)));
    }
}
