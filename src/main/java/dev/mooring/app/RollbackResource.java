package dev.mooring.app;

import dev.mooring.access.Scopes;
import dev.mooring.app.deployment.DeploymentView;
import dev.mooring.app.deployment.Deployments;
import dev.mooring.app.record.App;
import dev.mooring.app.record.AppQueries;
import dev.mooring.app.record.DeploymentRow;
import dev.mooring.app.record.Phase;
import dev.mooring.app.spec.AppSpec;
import dev.mooring.app.spec.Database;
import dev.mooring.app.spec.rule.SpecReader;
import dev.mooring.database.binding.AppDatabase;
import dev.mooring.database.binding.AppDatabases;
import dev.mooring.web.ApiException;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Back to an earlier deployment: its spec and its commits. The app is pinned to it until that is committed or reverted. */
@Path("/v2/apps/{id}/rollback")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Deployments")
public class RollbackResource {

    private final Apps apps;
    private final AppQueries reads;
    private final Deployments deployments;
    private final AppDatabases databases;
    private final SpecReader reader;
    private final Specs specs;

    RollbackResource(
            Apps apps,
            AppQueries reads,
            Deployments deployments,
            AppDatabases databases,
            SpecReader reader,
            Specs specs) {
        this.apps = apps;
        this.reads = reads;
        this.deployments = deployments;
        this.databases = databases;
        this.reader = reader;
        this.specs = specs;
    }

    public record Rollback(@Schema(required = true) String deploymentId, Boolean skipPin) {}

    @Schema(name = "RollbackCondition")
    public record Condition(String code, String message, List<String> components) {}

    public record Validation(boolean valid, @Nullable Condition error, List<Condition> warnings) {}

    @POST
    @RolesAllowed(Scopes.APP_UPDATE)
    @Operation(summary = "Roll an app back", description = "The data in its databases stays as it is.")
    public Uni<DeploymentResource.DeploymentEnvelope> rollback(String id, Rollback wanted) {
        return target(id, wanted)
                .chain(target -> conditions(id, target).chain(conditions -> {
                    if (!conditions.isEmpty()) {
                        throw ApiException.badRequest(conditions.getFirst().message());
                    }
                    boolean pin = wanted.skipPin() == null || !wanted.skipPin();
                    return apps.change(
                            id,
                            app -> to(app, target, "MANUAL_ROLLBACK", "ROLLBACK_APP", "rollback")
                                    .invoke(deployment -> {
                                        app.pinnedFrom = pin ? app.activeDeployment : null;
                                        app.pinnedDeployment = pin ? deployment : null;
                                    }));
                }))
                .chain(deployment -> answer(id, deployment));
    }

    @POST
    @Path("validate")
    @RolesAllowed(Scopes.APP_READ)
    @Operation(summary = "Whether an app can be rolled back")
    public Uni<Validation> validate(String id, Rollback wanted) {
        return target(id, wanted)
                .chain(target -> conditions(id, target))
                .map(conditions -> new Validation(
                        conditions.isEmpty(), conditions.isEmpty() ? null : conditions.getFirst(), List.of()));
    }

    @POST
    @Path("commit")
    @RolesAllowed(Scopes.APP_UPDATE)
    @Operation(summary = "Keep a rollback", description = "Answers 200 without a body.")
    public Uni<Map<String, Object>> commit(String id) {
        return apps.change(id, app -> {
            requirePin(app);
            app.pinnedDeployment = null;
            app.pinnedFrom = null;
            return Uni.createFrom().item(Map.of());
        });
    }

    @POST
    @Path("revert")
    @RolesAllowed(Scopes.APP_UPDATE)
    @Operation(summary = "Undo a rollback")
    public Uni<DeploymentResource.DeploymentEnvelope> revert(String id) {
        return reads.app(id)
                .chain(app -> {
                    requirePin(app);
                    return reads.deployment(
                            app.id, Objects.requireNonNull(app.pinnedFrom).toString());
                })
                .chain(before -> apps.change(id, app -> {
                    requirePin(app);
                    app.pinnedDeployment = null;
                    app.pinnedFrom = null;
                    return to(app, before, "MANUAL", "REVERT_APP_ROLLBACK", "rollback reverted");
                }))
                .chain(deployment -> answer(id, deployment));
    }

    private Uni<UUID> to(App app, DeploymentRow target, String type, String action, String cause) {
        app.spec = target.spec();
        app.region = specs.slug(spec(target).region());
        return deployments.queue(
                app,
                new Deployments.Reason(type, action, cause, null, target.facts().commits(), target.id()));
    }

    private static void requirePin(App app) {
        if (app.pinnedDeployment == null) {
            throw new ApiException(412, "the app is not pinned to a rollback");
        }
    }

    private Uni<DeploymentRow> target(String id, @Nullable Rollback wanted) {
        UUID deployment = DeploymentResource.uuid(wanted == null ? null : wanted.deploymentId(), "deployment_id");
        return reads.app(id).chain(app -> reads.deployment(app.id, deployment.toString()));
    }

    private Uni<List<Condition>> conditions(String id, DeploymentRow target) {
        return reads.app(id)
                .chain(app -> databases.of(app.team, app.id).map(present -> conditions(app, target, present)));
    }

    private List<Condition> conditions(App app, DeploymentRow target, Map<String, AppDatabase> present) {
        List<Condition> conditions = new ArrayList<>();
        if (app.pinnedDeployment != null) {
            conditions.add(new Condition("app_pinned", "the app is pinned to a rollback already", List.of()));
        }
        if (target.phase() != Phase.ACTIVE && target.phase() != Phase.SUPERSEDED) {
            conditions.add(new Condition(
                    "incompatible_phase",
                    "the deployment never was active: its phase is " + target.phase(),
                    List.of()));
        }
        AppSpec spec = spec(target);
        if (!specs.slug(spec.region()).equals(app.region)) {
            conditions.add(new Condition("region_conflict", "the deployment was in another region", List.of()));
        }
        for (Database database : spec.appDatabases()) {
            AppDatabase now = present.get(database.name());
            boolean conflict = !database.managed()
                    && (now == null
                            || database.version() != null
                                    && !database.version().isEmpty()
                                    && !database.version().equals(now.version()));
            if (conflict) {
                conditions.add(new Condition(
                        "database_config_conflict",
                        "the dev database " + database.name() + (now == null ? " is gone" : " has another version now"),
                        List.of(database.name())));
            }
        }
        return conditions;
    }

    private AppSpec spec(DeploymentRow row) {
        return reader.stored(DeploymentView.spec(row));
    }

    private Uni<DeploymentResource.DeploymentEnvelope> answer(String id, UUID deployment) {
        return reads.app(id)
                .chain(app -> reads.deployment(app.id, deployment.toString()))
                .map(row -> new DeploymentResource.DeploymentEnvelope(DeploymentView.of(row)));
    }
}
