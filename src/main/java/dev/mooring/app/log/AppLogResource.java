package dev.mooring.app.log;

import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.app.record.App;
import dev.mooring.app.record.AppQueries;
import dev.mooring.app.record.DeploymentRow;
import dev.mooring.app.runtime.RunningApps;
import dev.mooring.operation.Node;
import dev.mooring.web.ApiException;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** Where the logs of an app can be read: links that hold for a while and need no token. */
@Path("/v2/apps/{id}")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "App logs")
public class AppLogResource {

    private final AppQueries reads;
    private final AppLogLinks links;
    private final JobInvocationResource jobs;
    private final RunningApps apps;
    private final Node node;
    private final Caller caller;

    AppLogResource(
            AppQueries reads,
            AppLogLinks links,
            JobInvocationResource jobs,
            RunningApps apps,
            Node node,
            Caller caller) {
        this.reads = reads;
        this.links = links;
        this.jobs = jobs;
        this.apps = apps;
        this.node = node;
        this.caller = caller;
    }

    /** A client that gets a {@code live_url} follows that one, so it is there for those alone who want to follow. */
    public record Logs(
            @Schema(description = "A websocket, with follow=true") @Nullable
            String liveUrl,

            @Schema(description = "Plain text") List<String> historicUrls) {}

    @GET
    @Path("logs")
    @RolesAllowed(Scopes.APP_READ)
    @Operation(summary = "Logs of the active deployment", description = "type: BUILD, DEPLOY, RUN (default).")
    public Uni<Logs> ofApp(
            String id,
            @RestQuery String type,
            @RestQuery("component_name") String component,
            @RestQuery("tail_lines") Integer lines,
            @RestQuery Boolean follow,
            @Context UriInfo uri) {
        return logs(id, null, component, type, lines, follow, uri);
    }

    @GET
    @Path("components/{name}/logs")
    @RolesAllowed(Scopes.APP_READ)
    @Operation(summary = "Logs of a component of the active deployment")
    public Uni<Logs> ofComponent(
            String id,
            String name,
            @RestQuery String type,
            @RestQuery("tail_lines") Integer lines,
            @RestQuery Boolean follow,
            @Context UriInfo uri) {
        return logs(id, null, name, type, lines, follow, uri);
    }

    @GET
    @Path("deployments/{deployment}/logs")
    @RolesAllowed(Scopes.APP_READ)
    @Operation(summary = "Logs of a deployment")
    public Uni<Logs> ofDeployment(
            String id,
            String deployment,
            @RestQuery String type,
            @RestQuery("component_name") String component,
            @RestQuery("tail_lines") Integer lines,
            @RestQuery Boolean follow,
            @Context UriInfo uri) {
        return logs(id, deployment, component, type, lines, follow, uri);
    }

    @GET
    @Path("deployments/{deployment}/components/{name}/logs")
    @RolesAllowed(Scopes.APP_READ)
    @Operation(summary = "Logs of a component of a deployment")
    public Uni<Logs> ofDeploymentComponent(
            String id,
            String deployment,
            String name,
            @RestQuery String type,
            @RestQuery("tail_lines") Integer lines,
            @RestQuery Boolean follow,
            @Context UriInfo uri) {
        return logs(id, deployment, name, type, lines, follow, uri);
    }

    @GET
    @Path("events/{event}/logs")
    @RolesAllowed(Scopes.APP_READ)
    @Operation(summary = "Logs of the deployment that an event is about")
    public Uni<Logs> ofEvent(
            String id,
            String event,
            @RestQuery @Nullable String type,
            @RestQuery("tail_lines") Integer lines,
            @RestQuery Boolean follow,
            @Context UriInfo uri) {
        return logs(id, event, null, type == null ? "DEPLOY" : type, lines, follow, uri);
    }

    @GET
    @Path("jobs/{job}/invocations/{invocation}/logs")
    @RolesAllowed(Scopes.APP_READ)
    @Operation(summary = "Logs of a job invocation")
    public Uni<Logs> ofJob(
            String id,
            String job,
            String invocation,
            @RestQuery("tail_lines") Integer lines,
            @RestQuery Boolean follow,
            @Context UriInfo uri) {
        return jobs.find(id, invocation)
                .chain(found -> logs(id, found.deploymentId().toString(), job, "DEPLOY", lines, follow, uri));
    }

    private Uni<Logs> logs(
            String id,
            @Nullable String deployment,
            @Nullable String component,
            String type,
            Integer lines,
            Boolean follow,
            UriInfo uri) {
        AppLogLinks.Type chosenType = AppLogLinks.Type.of(type);
        UUID token = caller.token();
        return reads.app(id).chain(app -> {
            if (app.node == null) {
                return Uni.createFrom().item(new Logs(null, List.of()));
            }
            if (!app.node.equals(node.id()) || !apps.runs()) {
                throw ApiException.unprocessable("the logs lie on the node that runs the app: ask that one");
            }
            Uni<UUID> which = deployment != null
                    ? reads.deployment(app.id, deployment).map(DeploymentRow::id)
                    : newest(app, chosenType);
            return which.map(chosen -> chosen == null
                    ? new Logs(null, List.of())
                    : links(
                            uri,
                            new AppLogLinks.Wanted(token, app.id, chosen, component, chosenType, lines),
                            Boolean.TRUE.equals(follow)));
        });
    }

    private Logs links(UriInfo uri, AppLogLinks.Wanted wanted, boolean follow) {
        return new Logs(
                follow ? links.make(uri.getBaseUri(), AppLogStream.PATH + "?token=", wanted) : null,
                List.of(links.make(uri.getBaseUri(), AppLogTextResource.PATH, wanted)));
    }

    /** What runs writes into the folder of the active deployment; what is built, into that of the newest. */
    private Uni<UUID> newest(App app, AppLogLinks.Type type) {
        if (type == AppLogLinks.Type.RUN && app.activeDeployment != null) {
            return Uni.createFrom().item(app.activeDeployment);
        }
        return reads.deployments(app.id, 1, 0)
                .map(rows -> rows.isEmpty() ? null : rows.getFirst().id());
    }
}
