package dev.mooring.dboscloud;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.mooring.access.Scopes;
import dev.mooring.dboscloud.application.AppUpload;
import dev.mooring.web.ApiException;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Applications: apps whose code is uploaded, which {@code /v2/apps} shows as well. */
@Path("/v1alpha1/{organization}/applications")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "DBOS Cloud: applications")
public class ApplicationsResource {

    private final UploadedApps apps;
    private final UploadedDeployments deployments;
    private final AppSecrets secrets;

    ApplicationsResource(UploadedApps apps, UploadedDeployments deployments, AppSecrets secrets) {
        this.apps = apps;
        this.deployments = deployments;
        this.secrets = secrets;
    }

    @Schema(name = "NewCloudApplication")
    public record NewApplication(
            @Schema(required = true, description = "3 to 30 lower-case letters, digits, dashes and underscores")
            String name,

            @Schema(required = true, description = "Name of the database instance that it uses")
            String database,

            @Schema(enumeration = "node") String language,

            @Schema(description = "Not supported: must be empty")
            String provenancedb,

            @Schema(description = "512 to 5120, also as text")
            String executorsMemoryMib) {}

    @Schema(name = "CloudApplicationChange")
    public record Change(
            @Schema(description = "512 to 5120, also as text")
            String executorsMemoryMib,

            @Schema(description = "Not supported: must be 1")
            String minVms,

            @Schema(description = "Not supported: must be 1")
            String maxVms) {}

    @Schema(name = "CloudDeletion")
    public record Deletion(
            @Schema(description = "Whether its databases are dropped as well")
            Boolean dropdb) {}

    @Schema(name = "CloudVersion")
    @RegisterForReflection
    public record Version(
            @JsonProperty("ApplicationName") String application,
            @JsonProperty("Version") String version,
            @JsonProperty("CreationTime") String creationTime) {}

    @PUT
    @RolesAllowed(Scopes.APP_CREATE)
    @Operation(summary = "Register an application", description = "Answers its id.")
    public Uni<String> register(NewApplication wanted) {
        NewApplication given = InstancesResource.required(wanted);
        if (given.provenancedb() != null && !given.provenancedb().isEmpty()) {
            throw ApiException.missing("provenancedb: time travel");
        }
        return apps.register(given.name(), given.database(), given.language(), given.executorsMemoryMib())
                .map(ApplicationsResource::text);
    }

    private static String text(UUID id) {
        return "\"" + id + "\"";
    }

    @GET
    @RolesAllowed(Scopes.APP_READ)
    @Operation(summary = "List applications", description = "Oldest first.")
    public Uni<List<ApplicationView>> list() {
        return apps.list().map(all -> all.stream().map(ApplicationView::of).toList());
    }

    @GET
    @Path("{name}")
    @RolesAllowed(Scopes.APP_READ)
    @Operation(summary = "One application")
    public Uni<ApplicationView> get(String name) {
        return apps.find(name).map(ApplicationView::of);
    }

    @PATCH
    @Path("{name}")
    @RolesAllowed(Scopes.APP_UPDATE)
    @Operation(summary = "Change an application", description = "In force from the next deployment on.")
    public Uni<ApplicationView> update(String name, Change wanted) {
        Change given = InstancesResource.required(wanted);
        if (!isOne(given.minVms()) || !isOne(given.maxVms())) {
            throw ApiException.missing("min_vms and max_vms: more than one process of an application");
        }
        return apps.setMemory(name, given.executorsMemoryMib()).map(ApplicationView::of);
    }

    private static boolean isOne(@Nullable String count) {
        return count == null || count.equals("1");
    }

    @DELETE
    @Path("{name}")
    @RolesAllowed(Scopes.APP_DELETE)
    @Operation(
            summary = "Delete an application",
            description = "Its databases stay, unless dropdb is true. The instance stays in any case.")
    public Uni<Map<String, String>> delete(String name, @Nullable Deletion wanted) {
        boolean drop = wanted != null && Boolean.TRUE.equals(wanted.dropdb());
        return apps.delete(name, drop).replaceWith(Map.of());
    }

    @GET
    @Path("{name}/versions")
    @RolesAllowed(Scopes.APP_READ)
    @Operation(
            summary = "The versions of an application that have run",
            description = "In the order in which they were uploaded; any of them can be deployed again.")
    public Uni<List<Version>> versions(String name) {
        return deployments
                .versions(name)
                .map(all -> all.stream()
                        .map(upload -> new Version(name, upload.version(), time(upload)))
                        .toList());
    }

    private static String time(AppUpload upload) {
        return Objects.requireNonNull(upload.createdAt()).toInstant().toString();
    }

    @GET
    @Path("{name}/secrets")
    @RolesAllowed(Scopes.APP_READ)
    @Operation(summary = "The names of an application's environment variables")
    public Uni<List<String>> secrets(String name) {
        return secrets.names(name);
    }

    @DELETE
    @Path("{name}/secrets/{secret}")
    @RolesAllowed(Scopes.APP_UPDATE)
    @Operation(summary = "Delete an environment variable")
    public Uni<Void> deleteSecret(String name, String secret) {
        return secrets.delete(name, secret);
    }
}
