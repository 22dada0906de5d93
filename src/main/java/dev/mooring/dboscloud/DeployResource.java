package dev.mooring.dboscloud;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.dboscloud.UploadedDeployments.Queued;
import dev.mooring.dboscloud.UploadedDeployments.Wanted;
import dev.mooring.dboscloud.application.AppUpload;
import dev.mooring.dboscloud.upload.BadArchive;
import dev.mooring.dboscloud.upload.Uploads;
import dev.mooring.web.ApiException;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.quarkus.vertx.VertxContextSupport;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/**
 * Deployments. The answer comes when the new version serves: clients know no status for a deployment that has failed, so
 * that has to be the answer's.
 */
@Path("/v1alpha1/{organization}/applications/{name}")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "DBOS Cloud: applications")
public class DeployResource {

    private final UploadedDeployments deployments;
    private final Caller caller;

    DeployResource(UploadedDeployments deployments, Caller caller) {
        this.deployments = deployments;
        this.caller = caller;
    }

    /** The description of a request's body; it is read as it comes. */
    @Schema(name = "CloudDeployment")
    public record Body(
            @Schema(description = "base64 of a zip file of at most 512 MiB")
            String applicationArchive,

            @Schema(description = "A version of GET …/versions instead of an archive")
            String previousVersion,

            @Schema(description = "For changedbinstance: the instance to use from now on")
            String targetDatabaseName) {}

    @Schema(name = "CloudDeployed")
    @RegisterForReflection
    public record Deployed(
            @JsonProperty("ApplicationName") String application,
            @JsonProperty("ApplicationVersion") String version) {
        static Deployed of(Queued queued) {
            return new Deployed(queued.app(), queued.version());
        }
    }

    @POST
    @RunOnVirtualThread
    @RolesAllowed(Scopes.APP_UPDATE)
    @RequestBody(content = @Content(schema = @Schema(implementation = Body.class)))
    @Operation(
            summary = "Deploy an application",
            description =
                    "Migrates its database before the new code is started. 422 with the reason when that or anything"
                            + " else fails; the previous version goes on then.")
    public Deployed deploy(String name, InputStream body) throws Throwable {
        return deploy(name, body, false, false);
    }

    @POST
    @Path("rollback")
    @RunOnVirtualThread
    @RolesAllowed(Scopes.APP_UPDATE)
    @RequestBody(content = @Content(schema = @Schema(implementation = Body.class)))
    @Operation(
            summary = "Deploy an application and roll its schema back",
            description = "Runs the rollback commands of the configuration instead of the migrate commands.")
    public Deployed rollBack(String name, InputStream body) throws Throwable {
        return deploy(name, body, false, true);
    }

    @POST
    @Path("changedbinstance")
    @RunOnVirtualThread
    @RolesAllowed(Scopes.APP_UPDATE)
    @RequestBody(content = @Content(schema = @Schema(implementation = Body.class)))
    @Operation(
            summary = "Deploy an application onto another instance",
            description = "Such as one that was restored; the name of its database there stays the same.")
    public Deployed changeInstance(String name, InputStream body) throws Throwable {
        return deploy(name, body, true, false);
    }

    private Deployed deploy(String name, InputStream body, boolean moves, boolean rollBack) throws Throwable {
        Uploads.Draft draft = draft(name, body);
        Queued queued;
        try {
            queued = queue(name, body, draft, moves, rollBack);
        } catch (BadArchive e) {
            draft.discard();
            throw ApiException.unprocessable("application_archive: the archive " + e.getMessage());
        } catch (Throwable e) {
            draft.discard();
            throw e;
        }
        // A virtual thread: that it waits costs nothing. The archive is the deployment's from here on, whatever comes
        // of the wait.
        return Deployed.of(deployments.ended(queued).await().indefinitely());
    }

    private Queued queue(String name, InputStream body, Uploads.Draft draft, boolean moves, boolean rollBack)
            throws Throwable {
        DeployBody read = DeployBody.read(body, draft::open);
        if (moves == (read.targetDatabase() == null)) {
            throw ApiException.badRequest(
                    "target_database_name: " + (moves ? "is required" : "is for changedbinstance alone"));
        }
        AppUpload upload = null;
        if (read.archive()) {
            upload = UploadedDeployments.read(draft, name);
            draft.keep();
        } else {
            draft.discard();
        }
        return queue(new Wanted(caller.team(), name, read.previousVersion(), read.targetDatabase(), rollBack), upload);
    }

    /** Who is still sending does not hear an answer that comes too early. */
    private Uploads.Draft draft(String name, InputStream body) throws IOException {
        try {
            return deployments.draft(caller.team(), name);
        } catch (ApiException e) {
            body.transferTo(OutputStream.nullOutputStream());
            throw e;
        }
    }

    private Queued queue(Wanted wanted, @Nullable AppUpload upload) throws Throwable {
        return VertxContextSupport.subscribeAndAwait(() -> deployments.queue(wanted, upload));
    }
}
