package dev.mooring.database.log;

import dev.mooring.access.Scopes;
import dev.mooring.database.cluster.ClusterQueries;
import dev.mooring.database.cluster.change.ClusterPlanes;
import dev.mooring.database.cluster.change.ClusterQueue;
import dev.mooring.web.ApiException;
import dev.mooring.web.Problems;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** The logs of a cluster's servers. */
@Path("/mooring/v1/databases/{id}/logs")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Logs")
public class LogResource {

    private static final int USUAL = 100;
    private static final int MOST = 1000;

    private final ClusterQueries reads;
    private final ClusterPlanes planes;

    LogResource(ClusterQueries reads, ClusterPlanes planes) {
        this.reads = reads;
        this.planes = planes;
    }

    @Schema(name = "DatabaseLog")
    public record LogView(
            @Schema(description = "The oldest first; none while the cluster does not run here")
            List<String> lines,

            @Schema(description = "For after, to be told what comes next; absent where there is no log yet") @Nullable
            String next) {}

    public record LogEnvelope(LogView log) {}

    /** What a server logs of statements that failed may hold passwords, so who may see those may see it. */
    @GET
    @RolesAllowed(Scopes.DATABASE_CREDENTIALS)
    @Operation(
            summary = "The log of a cluster's server",
            description =
                    "Its end, or what came after an answer before. Statements that failed are in it as they were sent.")
    public Uni<LogEnvelope> log(
            String id,
            @Parameter(description = "How many lines of the end, 1 to 1000") @QueryParam("lines") @Nullable
                    Integer lines,
            @Parameter(description = "What an answer before called next") @QueryParam("after") @Nullable String after,
            @Parameter(
                            description =
                                    "Which server's, by its name in the topology; else the primary's, or the first broker's")
                    @QueryParam("node")
                    @Nullable
                    String node) {
        Problems problems = new Problems();
        int most = lines == null ? USUAL : lines;
        problems.check(most >= 1 && most <= MOST, "lines", "must be 1 to " + MOST);
        problems.throwIfAny();
        return reads.find(id)
                .chain(cluster -> planes.ask(cluster.plane(), plane -> {
                    if (!plane.keepsLogs()) {
                        throw ClusterQueue.lacks("logs", cluster.engine(), cluster.plane());
                    }
                    return plane.log(cluster.id(), node, after, most);
                }))
                .onFailure(IllegalArgumentException.class)
                .transform(wrong -> ApiException.unprocessable(wrong.getMessage()))
                .map(log -> new LogEnvelope(new LogView(log.lines(), log.next())));
    }
}
