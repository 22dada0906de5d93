package dev.mooring.app;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.app.binding.SpecDatabases;
import dev.mooring.app.deployment.Deployments;
import dev.mooring.app.record.App;
import dev.mooring.app.record.AppQueries;
import dev.mooring.database.binding.AppDatabases;
import dev.mooring.database.binding.AppDatabases.DevDatabaseOf;
import dev.mooring.database.binding.Conversions;
import dev.mooring.database.cluster.DevDatabase;
import dev.mooring.operation.api.OperationView;
import dev.mooring.operation.queue.Operations;
import dev.mooring.web.ApiException;
import dev.mooring.web.Problems;
import io.quarkus.security.ForbiddenException;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;
import org.jspecify.annotations.Nullable;

/** From a dev database to a managed one. */
@Path("/mooring/v1/databases/{id}/convert")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "App databases")
public class ConvertResource {

    private final Apps apps;
    private final AppQueries reads;
    private final AppDatabases databases;
    private final Conversions conversions;
    private final Deployments deployments;
    private final Operations operations;
    private final Caller caller;

    ConvertResource(
            Apps apps,
            AppQueries reads,
            AppDatabases databases,
            Conversions conversions,
            Deployments deployments,
            Operations operations,
            Caller caller) {
        this.apps = apps;
        this.reads = reads;
        this.databases = databases;
        this.conversions = conversions;
        this.deployments = deployments;
        this.operations = operations;
        this.caller = caller;
    }

    @Schema(name = "ConvertInput")
    public record Wanted(
            @Schema(required = true, description = "Of the managed cluster", examples = "shop-db") @Nullable
            String name,

            @Schema(description = "Its plan; the smallest when absent", examples = "db-s-1vcpu-2gb") @Nullable
            String size,

            @Schema(description = "1 when absent") @Nullable Integer numNodes,

            @Schema(description = "Major version to upgrade to in the same move", examples = "16") @Nullable
            String version) {}

    /** @param deployment brings the app's components the managed database */
    public record Converting(OperationView operation, UUID deployment) {}

    private record Begun(UUID operation, UUID deployment) {}

    @POST
    @ResponseStatus(202)
    @RolesAllowed({Scopes.DATABASE_UPDATE})
    @Operation(
            summary = "Make a managed database of a dev database",
            description =
                    "Where it is, with all that it holds: no row is copied, its address, users, passwords and trusted"
                            + " sources stay, and every moment before can still be recovered. The server is restarted once"
                            + " for its plan; the operation's receipt says for how long nobody could write. The app's spec"
                            + " names the managed cluster from then on, and the app is deployed with it: the token"
                            + " needs app:update too.")
    public Uni<Converting> convert(String id, @Nullable Wanted asked) {
        if (asked == null) {
            throw ApiException.badRequest("error parsing request body: a JSON object is required");
        }
        if (!caller.may(Scopes.APP_UPDATE)) {
            throw new ForbiddenException("the token lacks the scope " + Scopes.APP_UPDATE);
        }
        Conversions.Wanted wanted =
                new Conversions.Wanted(asked.name(), asked.size(), asked.numNodes(), asked.version());
        Problems problems = new Problems();
        conversions.check(problems, wanted);
        problems.throwIfAny();
        return databases
                .dev(caller.team(), id)
                .chain(dev -> conversions
                        .checkVersion(caller.team(), dev.id(), dev.version(), wanted.version())
                        .chain(() -> apps.change(dev.app().toString(), app -> begin(app, dev, wanted))))
                .chain(begun -> operations
                        .find(begun.operation())
                        .map(operation -> new Converting(OperationView.of(operation), begun.deployment())));
    }

    private Uni<Begun> begin(App app, DevDatabaseOf dev, Conversions.Wanted wanted) {
        Apps.requireNotPinned(app);
        String name = Objects.requireNonNull(wanted.name(), "checked");
        return conversions.begin(app.team, dev.id(), wanted).chain(operation -> {
            app.spec = SpecDatabases.edit(
                    app.id,
                    app.spec,
                    database -> SpecDatabases.named(database, dev.component()) && !SpecDatabases.managed(database),
                    database -> managed(database, dev.component(), name));
            return reason(app, dev.component() + " converted to the managed database " + name)
                    .chain(reason -> deployments.queue(app, reason))
                    .map(deployment -> new Begun(operation, deployment));
        });
    }

    /** What runs goes on with the code that it has, which may be that of a deployment before the active one. */
    private Uni<Deployments.Reason> reason(App app, String cause) {
        return app.activeDeployment == null
                ? Uni.createFrom().item(new Deployments.Reason("MANUAL", "UPDATE_SPEC", cause, null, Map.of(), null))
                : reads.deployment(app.id, app.activeDeployment.toString())
                        .map(active -> new Deployments.Reason(
                                "MANUAL",
                                "UPDATE_SPEC",
                                cause,
                                active.facts().code(),
                                active.facts().commits(),
                                null));
    }

    private static ObjectNode managed(ObjectNode database, String component, String cluster) {
        String name = DevDatabase.nameOf(component);
        return database.put("production", true)
                .put("cluster_name", cluster)
                .put("db_name", name)
                .put("db_user", name);
    }
}
