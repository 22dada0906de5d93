package dev.mooring.console.insight;

import dev.mooring.console.Frame;
import dev.mooring.console.Html;
import dev.mooring.console.Page;
import dev.mooring.console.Shell;
import dev.mooring.console.cluster.ClusterReader;
import dev.mooring.console.cluster.Seen;
import dev.mooring.database.metrics.HistoryResource;
import dev.mooring.database.metrics.HistoryResource.HistoryView;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** What was measured of a cluster lately. */
@Page
@Path("/console/databases/{id}/metrics")
public class MetricPages {

    /** However young the measurements are, that much time is drawn. */
    private static final Duration LEAST = Duration.ofMinutes(10);

    private final ClusterReader reader;
    private final HistoryResource histories;
    private final Shell shell;

    MetricPages(ClusterReader reader, HistoryResource histories, Shell shell) {
        this.reader = reader;
        this.histories = histories;
        this.shell = shell;
    }

    /** The page. */
    @CheckedTemplate(basePath = "console/insight")
    static class Templates {
        private Templates() {}

        static native TemplateInstance metrics(Frame frame, Seen seen, Drawn drawn);
    }

    /**
     * All that was measured.
     *
     * @param from RFC 3339: left edge of the plots
     * @param to RFC 3339: right edge
     * @param first RFC 3339: since when there is anything; empty for nothing
     */
    public record Drawn(List<Plot> plots, long every, long hours, String from, String to, String first) {
        static Drawn of(HistoryView view, Instant now) {
            Instant first = view.series().stream()
                    .map(series -> Instant.parse(series.points().getFirst().at()))
                    .min(Instant::compareTo)
                    .orElse(null);
            Instant least = now.minus(LEAST);
            Instant from = first == null || first.isAfter(least) ? least : first;
            return new Drawn(
                    view.series().stream()
                            .map(series -> Plot.of(series, from, now))
                            .toList(),
                    view.everySeconds(),
                    view.keptSeconds() / 3600,
                    second(from),
                    second(now),
                    first == null ? "" : second(first));
        }

        private static String second(Instant time) {
            return time.truncatedTo(ChronoUnit.SECONDS).toString();
        }
    }

    @GET
    public Uni<Response> page(String id, @Context UriInfo uri) {
        return reader.find(id, false, uri)
                .chain(seen -> histories
                        .history(id)
                        .chain(history -> Html.ok(
                                Templates.metrics(shell.frame(), seen, Drawn.of(history.metrics(), Instant.now())))));
    }
}
