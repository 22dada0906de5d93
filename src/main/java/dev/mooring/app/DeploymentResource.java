package dev.mooring.app;

import dev.mooring.access.Scopes;
import dev.mooring.app.deployment.DeploymentView;
import dev.mooring.app.deployment.Deployments;
import dev.mooring.app.record.App;
import dev.mooring.app.record.AppId;
import dev.mooring.app.record.AppQueries;
import dev.mooring.operation.queue.Operations;
import dev.mooring.web.ApiException;
import dev.mooring.web.Page;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Deployments of an app. */
@Path("/v2/apps/{id}")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Deployments")
public class DeploymentResource {

    private final Apps apps;
    private final AppQueries reads;
    private final Deployments deployments;
    private final Operations operations;

    DeploymentResource(Apps apps, AppQueries reads, Deployments deployments, Operations operations) {
        this.apps = apps;
        this.reads = reads;
        this.deployments = deployments;
        this.operations = operations;
    }

    public record DeploymentEnvelope(DeploymentView deployment) {}

    public record DeploymentList(List<DeploymentView> deployments, Page.Links links, Page.Meta meta) {}

    public record NewDeployment(Boolean forceBuild) {}

    public record Restart(List<String> components) {}

    @GET
    @Path("deployments")
    @RolesAllowed(Scopes.APP_READ)
    @Operation(summary = "List deployments, newest first")
    public Uni<DeploymentList> list(String id, @Context UriInfo uri) {
        Page.Request request = Page.Request.of(uri, false);
        return reads.app(id)
                .chain(app -> reads.deployments(app.id, request.limit(), request.offset())
                        .chain(rows -> reads.deploymentCount(app.id)
                                .map(total -> Page.of(
                                        rows.stream().map(DeploymentView::of).toList(), total, request, uri))))
                .map(page -> new DeploymentList(page.items(), page.links(), page.meta()));
    }

    @POST
    @Path("deployments")
    @RolesAllowed(Scopes.APP_UPDATE)
    @Operation(summary = "Deploy the present spec again", description = "With the newest commits.")
    public Uni<DeploymentEnvelope> create(String id, NewDeployment wanted) {
        return apps.change(
                        id,
                        app -> deployments.queue(
                                app, Deployments.Reason.manual("CREATE_DEPLOYMENT", "manual deployment")))
                .chain(deployment -> answer(id, deployment.toString()));
    }

    @GET
    @Path("deployments/{deployment}")
    @RolesAllowed(Scopes.APP_READ)
    @Operation(summary = "One deployment")
    public Uni<DeploymentEnvelope> get(String id, String deployment) {
        return answer(id, deployment);
    }

    @POST
    @Path("deployments/{deployment}/cancel")
    @RolesAllowed(Scopes.APP_UPDATE)
    @Operation(
            summary = "Cancel a deployment",
            description = "It rolls back at its next step: the previous deployment goes on.")
    public Uni<DeploymentEnvelope> cancel(String id, String deployment) {
        return reads.app(id)
                .chain(app -> reads.deployment(app.id, deployment))
                .chain(row -> operations.cancel(row.operation()))
                .chain(operation -> {
                    if (operation == null) {
                        throw new ApiException(412, "the deployment has ended already");
                    }
                    return answer(id, deployment);
                });
    }

    @POST
    @Path("restart")
    @RolesAllowed(Scopes.APP_UPDATE)
    @Operation(
            summary = "Restart an app",
            description = "Starts all its components anew, with the same code and present credentials; no job runs.")
    public Uni<DeploymentEnvelope> restart(String id, Restart wanted) {
        return reads.app(id)
                .chain(app -> {
                    if (app.activeDeployment == null) {
                        throw new ApiException(412, "nothing is active yet, so there is nothing to restart");
                    }
                    checkNames(app, wanted);
                    return reads.deployment(app.id, app.activeDeployment.toString());
                })
                .chain(active -> apps.change(
                        id,
                        app -> deployments.queue(
                                app,
                                new Deployments.Reason(
                                        "MANUAL",
                                        "RESTART",
                                        "components restarted",
                                        active.facts().code(),
                                        active.facts().commits(),
                                        active.id()))))
                .chain(deployment -> answer(id, deployment.toString()));
    }

    private void checkNames(App app, @Nullable Restart wanted) {
        if (wanted == null || wanted.components() == null) {
            return;
        }
        Set<String> names = new HashSet<>();
        deployments.spec(app).parts().forEach(part -> names.add(part.name()));
        for (String name : wanted.components()) {
            if (!names.contains(name)) {
                throw ApiException.badRequest("components: " + name + " is no component of this app");
            }
        }
    }

    private Uni<DeploymentEnvelope> answer(String id, String deployment) {
        return reads.app(id)
                .chain(app -> reads.deployment(app.id, deployment))
                .map(row -> new DeploymentEnvelope(DeploymentView.of(row)));
    }

    static UUID uuid(@Nullable String text, String field) {
        UUID id = text == null ? null : AppId.uuid(text);
        if (id == null) {
            throw ApiException.badRequest(field + ": is required and must be a UUID");
        }
        return id;
    }
}
