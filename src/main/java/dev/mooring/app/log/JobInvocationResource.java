package dev.mooring.app.log;

import dev.mooring.access.Scopes;
import dev.mooring.app.DeploymentResource;
import dev.mooring.app.record.AppQueries;
import dev.mooring.app.record.DeploymentRow;
import dev.mooring.app.release.DeployFacts;
import dev.mooring.operation.OperationState;
import dev.mooring.web.ApiException;
import dev.mooring.web.Formats;
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
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** The jobs that deployments have run. */
@Path("/v2/apps/{id}/job-invocations")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Deployments")
public class JobInvocationResource {

    /** Jobs of older deployments are found by their deployment. */
    private static final int LATEST_DEPLOYMENTS = 200;

    private final AppQueries reads;
    private final DeploymentResource deployments;

    JobInvocationResource(AppQueries reads, DeploymentResource deployments) {
        this.reads = reads;
        this.deployments = deployments;
    }

    @Schema(name = "JobInvocation")
    public record Invocation(
            UUID id,
            String jobName,
            UUID deploymentId,

            @Schema(enumeration = {"RUNNING", "SUCCEEDED", "FAILED", "CANCELED"})
            String phase,

            Trigger trigger,
            String createdAt,
            String startedAt,
            @Nullable String completedAt) {}

    public record Trigger(String type) {}

    public record InvocationEnvelope(Invocation jobInvocation) {}

    public record InvocationList(List<Invocation> jobInvocations, Page.Links links, Page.Meta meta) {}

    @GET
    @RolesAllowed(Scopes.APP_READ)
    @Operation(summary = "List job invocations, newest first")
    public Uni<InvocationList> list(
            String id,
            @RestQuery("job_names") @Nullable List<String> jobNames,
            @RestQuery("deployment_id") String deploymentId,
            @Context UriInfo uri) {
        Page.Request request = Page.Request.of(uri, false);
        return rows(id, deploymentId)
                .map(rows -> rows.stream()
                        .flatMap(row -> invocations(row).stream())
                        .filter(job -> jobNames == null || jobNames.isEmpty() || jobNames.contains(job.jobName()))
                        .toList())
                .map(jobs -> Page.cut(jobs, request, uri))
                .map(page -> new InvocationList(page.items(), page.links(), page.meta()));
    }

    @GET
    @Path("{invocation}")
    @RolesAllowed(Scopes.APP_READ)
    @Operation(summary = "One job invocation")
    public Uni<InvocationEnvelope> get(String id, String invocation) {
        return find(id, invocation).map(InvocationEnvelope::new);
    }

    @POST
    @Path("{invocation}/cancel")
    @RolesAllowed(Scopes.APP_UPDATE)
    @Operation(summary = "Cancel a job", description = "And with it the deployment that it belongs to.")
    public Uni<InvocationEnvelope> cancel(String id, String invocation) {
        return find(id, invocation)
                .chain(job -> deployments.cancel(id, job.deploymentId().toString()))
                .chain(() -> find(id, invocation))
                .map(InvocationEnvelope::new);
    }

    Uni<Invocation> find(String id, String invocation) {
        return rows(id, null)
                .map(rows -> rows.stream()
                        .flatMap(row -> invocations(row).stream())
                        .filter(job -> job.id().toString().equals(invocation))
                        .findFirst()
                        .orElseThrow(() -> ApiException.notFound("job invocation not found")));
    }

    private Uni<List<DeploymentRow>> rows(String id, @Nullable String deploymentId) {
        return reads.app(id)
                .chain(app -> deploymentId == null || deploymentId.isBlank()
                        ? reads.deployments(app.id, LATEST_DEPLOYMENTS, 0)
                        : reads.deployment(app.id, deploymentId).map(List::of));
    }

    private static List<Invocation> invocations(DeploymentRow row) {
        return row.facts().tasks().stream()
                .filter(part -> part.work() != null && part.work().startsWith("run-job-"))
                .map(part -> new Invocation(
                        UUID.nameUUIDFromBytes((row.id() + part.work()).getBytes(StandardCharsets.UTF_8)),
                        part.component(),
                        row.id(),
                        phase(row, part),
                        new Trigger("UNKNOWN"),
                        Formats.time(part.startedAt()),
                        Formats.time(part.startedAt()),
                        part.endedAt() == null ? null : Formats.time(part.endedAt())))
                .toList();
    }

    private static String phase(DeploymentRow row, DeployFacts.Part part) {
        return switch (part.status()) {
            case DeployFacts.SUCCESS -> "SUCCEEDED";
            case DeployFacts.ERROR -> "FAILED";
            default -> row.state() == OperationState.CANCELLED ? "CANCELED" : "RUNNING";
        };
    }
}
