package dev.mooring.app;

import dev.mooring.access.Scopes;
import dev.mooring.app.record.AppQueries;
import dev.mooring.web.ApiException;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** What the API knows and this version of Mooring does not do: each answers 422 and says so. */
@Path("/v2/apps")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Not available yet")
public class UnsupportedAppResource {

    private static final String CONSOLE = "a console in a component";
    private static final String BANDWIDTH = "measuring bandwidth";

    private final AppQueries reads;

    UnsupportedAppResource(AppQueries reads) {
        this.reads = reads;
    }

    @GET
    @Path("{id}/components/{name}/exec")
    @RolesAllowed("app:access_console")
    @Operation(summary = "Open a console")
    public Uni<Void> console(String id, String name) {
        return missing(id, CONSOLE);
    }

    @GET
    @Path("{id}/deployments/{deployment}/components/{name}/exec")
    @RolesAllowed("app:access_console")
    @Operation(summary = "Open a console in a deployment")
    public Uni<Void> deploymentConsole(String id, String deployment, String name) {
        return missing(id, CONSOLE);
    }

    @GET
    @Path("{id}/metrics/bandwidth_daily")
    @RolesAllowed(Scopes.APP_READ)
    @Operation(summary = "Bandwidth of an app")
    public Uni<Void> bandwidth(String id) {
        return missing(id, BANDWIDTH);
    }

    @POST
    @Path("metrics/bandwidth_daily")
    @RolesAllowed(Scopes.APP_READ)
    @Operation(summary = "Bandwidth of apps")
    public Uni<Void> bandwidths() {
        throw ApiException.missing(BANDWIDTH);
    }

    @POST
    @Path("detect")
    @RolesAllowed(Scopes.APP_READ)
    @Operation(summary = "Find components in a repository")
    public Uni<Void> detect() {
        throw ApiException.missing("finding components in a repository");
    }

    @POST
    @Path("{id}/upgrade_buildpack")
    @RolesAllowed(Scopes.APP_UPDATE)
    @Operation(summary = "Upgrade a buildpack")
    public Uni<Void> upgradeBuildpack(String id) {
        return missing(id, "buildpacks: components are built by their build_command, and upgrading one");
    }

    /** Nobody learns from it whether another team has an app of that id. */
    private Uni<Void> missing(String id, String capability) {
        return reads.app(id)
                .onItem()
                .failWith(app -> ApiException.missing(capability))
                .replaceWithVoid();
    }
}
