package dev.mooring.dboscloud;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.web.ApiException;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** What applications write. */
@Path("/v1alpha1/{organization}/logs/applications/{name}")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "DBOS Cloud: applications")
public class LogsResource {

    private static final int USUAL = 1000;

    private final UploadedLogs logs;
    private final Caller caller;

    LogsResource(UploadedLogs logs, Caller caller) {
        this.logs = logs;
        this.caller = caller;
    }

    @Schema(name = "CloudLogs")
    @RegisterForReflection
    public record Logs(
            @Schema(description = "Always true: everything comes at once") @JsonProperty("end")
            boolean end,

            @JsonProperty("next_timestamp") String nextTimestamp,
            @JsonProperty("body") String body) {}

    @GET
    @RunOnVirtualThread
    @RolesAllowed(Scopes.APP_READ)
    @Operation(
            summary = "The last lines of an application's logs",
            description = "Lines have no time that Mooring knows, so last and since do not narrow them down.")
    public Logs read(String name, @RestQuery @Nullable Integer limit) throws IOException {
        if (limit != null && limit < 0) {
            throw ApiException.badRequest("limit: must not be negative");
        }
        return new Logs(true, "", logs.read(caller.team(), name, limit == null ? USUAL : limit));
    }
}
