package dev.mooring.app.environment;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.app.Apps;
import dev.mooring.app.DeploymentResource;
import dev.mooring.app.deployment.DeploymentView;
import dev.mooring.app.deployment.Deployments;
import dev.mooring.app.record.AppQueries;
import dev.mooring.app.release.AppBindings;
import dev.mooring.database.binding.AppDatabases;
import dev.mooring.engine.kafka.KafkaEngine;
import dev.mooring.web.ApiException;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** The databases of an app. */
@Path("/v2/apps/{id}")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "App databases")
public class AppDatabaseResource {

    private final Apps apps;
    private final AppQueries reads;
    private final Deployments deployments;
    private final AppBindings bindings;
    private final AppDatabases databases;
    private final Caller caller;

    AppDatabaseResource(
            Apps apps,
            AppQueries reads,
            Deployments deployments,
            AppBindings bindings,
            AppDatabases databases,
            Caller caller) {
        this.apps = apps;
        this.reads = reads;
        this.deployments = deployments;
        this.bindings = bindings;
        this.databases = databases;
        this.caller = caller;
    }

    /** Password and URL are there for tokens that may see credentials. */
    @Schema(name = "AppConnectionDetails")
    public record Details(
            String componentName,

            @Schema(description = "Id of the cluster, also a dev database's, under /v2/databases")
            UUID databaseId,

            String host,
            int port,
            String username,
            @Nullable String password,
            @Nullable String databaseName,
            String sslMode,
            String databaseUrl,
            List<PoolDetails> pools) {}

    @Schema(name = "AppPoolConnectionDetails")
    public record PoolDetails(
            String poolName,
            String host,
            int port,
            String username,
            @Nullable String password,
            String databaseName,
            String sslMode,
            String databaseUrl) {}

    public record DetailsList(List<Details> connectionDetails) {}

    public record Trust(
            @JsonAlias("Enable") @Schema(required = true) Boolean enable) {}

    /** Under both names that clients know it by. */
    public record Trusted(
            @JsonProperty("is_enabled") boolean snakeCase,

            @Schema(hidden = true) @JsonProperty("isEnabled")
            boolean camelCase) {}

    @GET
    @Path("database_connection_details")
    @RolesAllowed(Scopes.APP_READ)
    @Operation(summary = "How the app's databases are reached")
    public Uni<DetailsList> details(String id) {
        return found(id).map(found -> {
            List<Details> details = new ArrayList<>();
            found.bound().forEach((component, bound) -> details.add(details(component, bound)));
            return new DetailsList(details);
        });
    }

    private Details details(String component, AppBindings.Bound bound) {
        String password = caller.seesCredentials() ? bindings.password(bound) : null;
        if (bound.cluster().engine().equals(KafkaEngine.ENGINE)) {
            return new Details(
                    component,
                    bound.cluster().id(),
                    bound.cluster().host(),
                    bound.cluster().port(),
                    bound.user(),
                    password,
                    null,
                    "require",
                    bound.cluster().host() + ":" + bound.cluster().port(),
                    List.of());
        }
        return new Details(
                component,
                bound.cluster().id(),
                bound.cluster().host(),
                bound.cluster().port(),
                bound.user(),
                password,
                bound.database(),
                "require",
                url(bound.cluster().host(), bound.cluster().port(), bound.user(), password, bound.database()),
                bindings.pools(bound).stream().map(this::details).toList());
    }

    private PoolDetails details(AppBindings.Pooled pool) {
        String password = caller.seesCredentials() ? bindings.password(pool) : null;
        return new PoolDetails(
                pool.name(),
                pool.host(),
                pool.port(),
                pool.user(),
                password,
                pool.database(),
                "require",
                url(pool.host(), pool.port(), pool.user(), password, pool.database()));
    }

    private static String url(String host, int port, String user, @Nullable String password, String database) {
        return "postgresql://" + user + (password == null ? "" : ":" + password) + "@" + host + ":" + port + "/"
                + database + "?sslmode=require";
    }

    @POST
    @Path("components/{name}/reset_password")
    @RolesAllowed(Scopes.APP_UPDATE)
    @Operation(
            summary = "Give the app another password for its database",
            description = "The old one stops to work at once; the deployment that this starts brings the new one to the"
                    + " components.")
    public Uni<DeploymentResource.DeploymentEnvelope> resetPassword(String id, String name) {
        return bound(id, name)
                .chain(bound ->
                        databases.resetPassword(caller.team(), bound.cluster().id(), bound.user()))
                .chain(() -> apps.change(
                        id,
                        app -> deployments.queue(
                                app,
                                Deployments.Reason.manual(
                                        "RESET_DATABASE_PASSWORD", "password of " + name + " reset"))))
                .chain(deployment -> reads.app(id).chain(app -> reads.deployment(app.id, deployment.toString())))
                .map(row -> new DeploymentResource.DeploymentEnvelope(DeploymentView.of(row)));
    }

    @GET
    @Path("components/{name}/trusted_sources")
    @RolesAllowed(Scopes.APP_READ)
    @Operation(summary = "Whether the app is a trusted source of its database")
    public Uni<Trusted> trusted(String id, String name) {
        return bound(id, name)
                .map(bound -> bound.cluster().restricted() && bound.cluster().trusts())
                .map(trusted -> new Trusted(trusted, trusted));
    }

    @POST
    @Path("components/{name}/trusted_sources")
    @RolesAllowed(Scopes.APP_UPDATE)
    @Operation(
            summary = "Make the app a trusted source of its database, or not",
            description =
                    "As the only one it locks out everybody else. When it was the only one and goes, nobody gets in:"
                            + " PUT /v2/databases/{id}/firewall opens the database. Answers once the database does so.")
    public Uni<Trusted> trust(String id, String name, @Nullable Trust wanted) {
        if (wanted == null || wanted.enable() == null) {
            throw ApiException.badRequest("enable: is required, true or false");
        }
        return bound(id, name)
                .chain(bound -> reads.app(id)
                        .chain(app -> databases.trust(app.team, bound.cluster().id(), app.id, wanted.enable())))
                .replaceWith(() -> new Trusted(wanted.enable(), wanted.enable()));
    }

    private Uni<AppBindings.Found> found(String id) {
        return reads.app(id).chain(app -> bindings.find(app.team, app.id, deployments.spec(app)));
    }

    private Uni<AppBindings.Bound> bound(String id, String component) {
        return found(id).map(found -> {
            AppBindings.Bound bound = found.bound().get(component);
            if (bound == null) {
                throw ApiException.notFound(
                        found.problems().isEmpty()
                                ? "the app has no database named " + component
                                : String.join("; ", found.problems()));
            }
            return bound;
        });
    }
}
