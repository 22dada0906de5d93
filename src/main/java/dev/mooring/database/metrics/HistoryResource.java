package dev.mooring.database.metrics;

import dev.mooring.access.Scopes;
import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.ClusterQueries;
import dev.mooring.database.cluster.change.ClusterPlanes;
import dev.mooring.database.cluster.change.ClusterQueue;
import dev.mooring.operation.Node;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.stream.Stream;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** What was measured of a cluster lately. */
@Path("/mooring/v1/databases/{id}/metrics")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "Databases")
public class HistoryResource {

    private final ClusterQueries reads;
    private final Histories histories;
    private final Node node;
    private final ClusterPlanes planes;

    HistoryResource(ClusterQueries reads, Histories histories, Node node, ClusterPlanes planes) {
        this.reads = reads;
        this.histories = histories;
        this.node = node;
        this.planes = planes;
    }

    @Schema(name = "MetricPoint")
    public record Point(
            @Schema(description = "RFC 3339, with fractions of a second")
            String at,

            double value) {}

    @Schema(name = "MetricSeries")
    public record Series(
            @Schema(
                    examples = "connections",
                    enumeration = {"connections", "commits", "wal", "lag", "disk", "records", "group_lag"})
            String name,

            @Schema(examples = "bytes per second") String unit,

            @Schema(description = "Oldest first; a gap where it was not measured")
            List<Point> points) {}

    @Schema(name = "MetricHistory")
    public record HistoryView(
            @Schema(description = "Seconds between two measurements; it is measured when this is asked, too")
            long everySeconds,

            @Schema(description = "For how many seconds they are kept, in memory: they begin anew when Mooring does")
            long keptSeconds,

            @Schema(description = "Those that the engine has; none while the cluster does not run on this machine")
            List<Series> series) {}

    public record HistoryEnvelope(HistoryView metrics) {}

    @GET
    @RolesAllowed(Scopes.DATABASE_READ)
    @Operation(
            summary = "What was measured of a cluster lately",
            description =
                    "For a look; whoever wants to keep measurements collects them from the cluster's metrics_endpoints.")
    public Uni<HistoryEnvelope> history(String id) {
        return reads.find(id)
                .invoke(cluster -> {
                    if (!planes.get(cluster.plane()).measures()) {
                        throw ClusterQueue.lacks("measurements", cluster.engine(), cluster.plane());
                    }
                })
                .chain(cluster -> cluster.status().equals(Cluster.ONLINE)
                                && cluster.node().equals(node.id())
                        ? histories.of(cluster.id(), cluster.plane()).map(HistoryResource::series)
                        : Uni.createFrom().item(List.<Series>of()))
                .map(series -> new HistoryEnvelope(
                        new HistoryView(Histories.EVERY.toSeconds(), History.KEPT.toSeconds(), series)));
    }

    private static List<Series> series(History history) {
        return Stream.of(Measure.values())
                .map(measure -> new Series(
                        measure.wire(),
                        measure.unit(),
                        history.points(measure).stream()
                                .map(point -> new Point(point.at().toString(), point.value()))
                                .toList()))
                .filter(series -> !series.points().isEmpty())
                .toList();
    }
}
