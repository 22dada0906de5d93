package dev.mooring.dboscloud;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.mooring.access.Scopes;
import dev.mooring.app.AppUses;
import dev.mooring.dboscloud.instance.Instances;
import dev.mooring.dboscloud.instance.LinkedInstances;
import dev.mooring.web.ApiException;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Database instances: the clusters of {@code /v2/databases}, and servers that were linked. */
@Path("/v1alpha1/{organization}/databases")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "DBOS Cloud: database instances")
public class InstancesResource {

    private static final int FAILED_DEPENDENCY = 424;

    private final Instances instances;
    private final LinkedInstances linked;
    private final AppUses uses;

    InstancesResource(Instances instances, LinkedInstances linked, AppUses uses) {
        this.instances = instances;
        this.linked = linked;
        this.uses = uses;
    }

    @Schema(name = "NewCloudInstance")
    public record NewInstance(
            @Schema(required = true, description = "3 to 16 lower-case letters, digits and underscores")
            @JsonProperty("Name")
            String name,

            @Schema(required = true, description = "The apps' user: 3 to 16 lower-case letters, digits and underscores")
            @JsonProperty("AdminName")
            String adminName,

            @Schema(required = true, description = "8 to 128 characters") @JsonProperty("AdminPassword")
            String adminPassword) {}

    @Schema(name = "NewCloudPassword")
    public record NewPassword(
            @Schema(required = true) @JsonProperty("Password")
            String password) {}

    @Schema(name = "CloudRestore")
    public record Restore(
            @Schema(required = true, description = "Name of the new instance") @JsonProperty("RestoreName")
            String name,

            @Schema(required = true, description = "RFC 3339", examples = "2026-11-24T21:41:18Z")
            @JsonProperty("RestoreTimestamp")
            String timestamp) {}

    @Schema(name = "CloudLink")
    public record Link(
            @Schema(required = true) @JsonProperty("Name") String name,

            @Schema(required = true) @JsonProperty("HostName")
            String host,

            @Schema(required = true) @JsonProperty("Port") Integer port,

            @Schema(required = true) @JsonProperty("Password")
            String password,

            @Schema(description = "Not supported: must be false") @JsonProperty("captureProvenance")
            Boolean captureProvenance,

            @JsonProperty("supabaseReference") String supabaseReference,

            @Schema(description = "A role that may create databases; dbosadmin when absent")
            @JsonProperty("dbosAdminName")
            String dbosAdminName) {}

    @GET
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(summary = "List instances", description = "Oldest first.")
    public Uni<List<InstanceView>> list() {
        return instances.list().map(all -> all.stream().map(InstanceView::of).toList());
    }

    @GET
    @Path("userdb/info/{name}")
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(
            summary = "One instance",
            description = "424 with the reason when it could not be made: clients that wait know no status for that.")
    public Uni<InstanceView> info(String name) {
        return instances.find(name).map(instance -> {
            if (!instance.online() && instance.failure() != null) {
                throw new ApiException(FAILED_DEPENDENCY, "database " + name + " is not usable: " + instance.failure());
            }
            return InstanceView.of(instance);
        });
    }

    @POST
    @Path("userdb")
    @RolesAllowed(Scopes.DATABASE_CREATE)
    @Operation(summary = "Provision an instance", description = "Its status is available in a moment.")
    public Uni<Map<String, String>> provision(NewInstance wanted) {
        return instances
                .provision(required(wanted).name(), wanted.adminName(), wanted.adminPassword())
                .replaceWith(Map.of());
    }

    @POST
    @Path("userdb/{name}/credentials")
    @RolesAllowed(Scopes.DATABASE_UPDATE)
    @Operation(
            summary = "Set the password of an instance's user",
            description = "Answers once the server has it. Sessions that are open stay open.")
    public Uni<Map<String, String>> resetPassword(String name, NewPassword wanted) {
        return instances.resetPassword(name, required(wanted).password()).replaceWith(Map.of());
    }

    @POST
    @Path("userdb/{name}/restore")
    @RolesAllowed(Scopes.DATABASE_CREATE)
    @Operation(
            summary = "Make a new instance with what another one held at some moment",
            description = "The other one is not touched. The new one has the same users with the same passwords.")
    public Uni<Map<String, String>> restore(String name, Restore wanted) {
        return instances
                .restore(name, required(wanted).name(), wanted.timestamp())
                .replaceWith(Map.of());
    }

    @DELETE
    @Path("userdb/{name}")
    @RolesAllowed(Scopes.DATABASE_DELETE)
    @Operation(summary = "Destroy an instance", description = "409 while apps use it.")
    public Uni<Map<String, String>> destroy(String name) {
        return instances.destroy(name, uses::refuseWhileUsed).replaceWith(Map.of());
    }

    @POST
    @Path("byod")
    @RolesAllowed(Scopes.DATABASE_CREATE)
    @Operation(
            summary = "Link a server that somebody else runs",
            description = "Mooring connects to it before it answers. It has no recovery there.")
    public Uni<Map<String, String>> link(Link wanted) {
        if (Boolean.TRUE.equals(required(wanted).captureProvenance())) {
            throw ApiException.missing("captureProvenance: time travel");
        }
        return linked.link(new LinkedInstances.Wanted(
                        wanted.name(),
                        wanted.host(),
                        wanted.port(),
                        wanted.dbosAdminName(),
                        wanted.password(),
                        wanted.supabaseReference()))
                .replaceWith(Map.of());
    }

    @DELETE
    @Path("byod/{name}")
    @RolesAllowed(Scopes.DATABASE_DELETE)
    @Operation(summary = "Unlink a server", description = "The server and its data stay as they are.")
    public Uni<Map<String, String>> unlink(String name) {
        return linked.unlink(name, uses::refuseWhileUsed).replaceWith(Map.of());
    }

    static <T> T required(@Nullable T body) {
        if (body == null) {
            throw ApiException.badRequest("error parsing request body: a JSON object is required");
        }
        return body;
    }
}
