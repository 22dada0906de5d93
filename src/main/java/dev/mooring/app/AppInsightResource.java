package dev.mooring.app;

import dev.mooring.access.Scopes;
import dev.mooring.app.deployment.Deployments;
import dev.mooring.app.record.App;
import dev.mooring.app.record.AppQueries;
import dev.mooring.app.runtime.ActiveApp;
import dev.mooring.app.runtime.RunningApps;
import dev.mooring.app.spec.AppSpec;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** What of an app runs, and how it does. Known to the node that runs it. */
@Path("/v2/apps/{id}")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Apps")
public class AppInsightResource {

    private final AppQueries reads;
    private final RunningApps apps;
    private final Deployments deployments;

    AppInsightResource(AppQueries reads, RunningApps apps, Deployments deployments) {
        this.reads = reads;
        this.apps = apps;
        this.deployments = deployments;
    }

    @Schema(name = "AppInstance")
    public record Instance(String componentName, String componentType, String instanceName, String instanceAlias) {}

    public record InstanceList(List<Instance> instances) {}

    @Schema(name = "AppComponentHealth")
    public record ComponentHealth(
            String name,
            int replicasDesired,
            int replicasReady,

            @Schema(enumeration = {"HEALTHY", "UNHEALTHY", "UNKNOWN"})
            String state,

            @Schema(description = "How often its processes were started again")
            int restarts) {}

    public record Health(List<ComponentHealth> components, List<Object> functionsComponents) {}

    public record HealthEnvelope(Health appHealth) {}

    @GET
    @Path("instances")
    @RolesAllowed(Scopes.APP_READ)
    @Operation(summary = "List the processes of an app that run")
    public Uni<InstanceList> instances(String id) {
        return app(id).map(app -> new InstanceList(running(app).stream()
                .filter(process -> work(app, process))
                .map(process -> new Instance(
                        process.component(), process.kind().toUpperCase(Locale.ROOT), process.name(), process.name()))
                .toList()));
    }

    @GET
    @Path("health")
    @RolesAllowed(Scopes.APP_READ)
    @Operation(summary = "Whether the components of an app run")
    public Uni<HealthEnvelope> health(String id) {
        return app(id).map(app -> {
            List<ActiveApp.Running> running = running(app);
            List<ComponentHealth> components = deployments.spec(app).parts().stream()
                    .filter(part -> part.kind() == AppSpec.Kind.SERVICE || part.kind() == AppSpec.Kind.WORKER)
                    .map(part -> health(app, part, running))
                    .toList();
            return new HealthEnvelope(new Health(components, List.of()));
        });
    }

    /** Off the event loop: what runs is told by files and the system's process table. */
    private Uni<App> app(String id) {
        return reads.app(id).emitOn(Infrastructure.getDefaultWorkerPool());
    }

    private ComponentHealth health(App app, AppSpec.Part part, List<ActiveApp.Running> running) {
        List<ActiveApp.Running> own = running.stream()
                .filter(process -> process.component().equals(part.name())
                        && process.kind().equals(part.kind().name()))
                .toList();
        int ready = (int) own.stream().filter(process -> work(app, process)).count();
        int restarts = own.stream()
                .mapToInt(process -> apps.restarts(app.id, app.activeDeployment, process.name()))
                .sum();
        String state = own.isEmpty() ? "UNKNOWN" : ready == own.size() ? "HEALTHY" : "UNHEALTHY";
        return new ComponentHealth(part.name(), own.size(), ready, state, restarts);
    }

    private List<ActiveApp.Running> running(App app) {
        ActiveApp active = apps.active(app.id);
        return active == null ? List.of() : active.processes();
    }

    private boolean work(App app, ActiveApp.Running process) {
        ActiveApp active = apps.active(app.id);
        return active != null
                && apps.work(app.id, active.deployment(), process.name()).running();
    }
}
