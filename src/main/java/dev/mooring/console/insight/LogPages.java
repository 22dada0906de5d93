package dev.mooring.console.insight;

import dev.mooring.access.Caller;
import dev.mooring.access.Scopes;
import dev.mooring.console.Frame;
import dev.mooring.console.Html;
import dev.mooring.console.Page;
import dev.mooring.console.Shell;
import dev.mooring.console.cluster.ClusterReader;
import dev.mooring.console.cluster.Seen;
import dev.mooring.database.log.LogResource;
import dev.mooring.database.log.LogResource.LogView;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import java.util.regex.Pattern;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;

/** The log of a cluster's server. */
@Page
@Path("/console/databases/{id}/logs")
public class LogPages {

    private static final List<Integer> LENGTHS = List.of(100, 300, 1000);
    private static final Pattern BAD = Pattern.compile("\\b(PANIC|FATAL|ERROR)\\b");
    private static final Pattern ODD = Pattern.compile("\\b(WARNING|WARN)\\b");

    private final ClusterReader reader;
    private final LogResource logs;
    private final Shell shell;
    private final Caller caller;

    LogPages(ClusterReader reader, LogResource logs, Shell shell, Caller caller) {
        this.reader = reader;
        this.logs = logs;
        this.shell = shell;
        this.caller = caller;
    }

    /** The page. */
    @CheckedTemplate(basePath = "console/insight")
    static class Templates {
        private Templates() {}

        static native TemplateInstance logs(
                Frame frame, Seen seen, List<Line> lines, String next, int length, List<Integer> lengths);
    }

    /** @param tone bad, busy or calm, by how grave it is */
    public record Line(String text, String tone) {
        static Line of(String text) {
            return new Line(
                    text, BAD.matcher(text).find() ? "bad" : ODD.matcher(text).find() ? "busy" : "calm");
        }
    }

    @GET
    public Uni<Response> page(String id, @RestQuery String lines, @Context UriInfo uri) {
        int length = LENGTHS.stream()
                .filter(known -> known.toString().equals(lines))
                .findFirst()
                .orElse(LENGTHS.getFirst());
        return reader.find(id, false, uri)
                .chain(seen -> end(id, length)
                        .chain(log -> Html.ok(Templates.logs(
                                shell.frame(),
                                seen,
                                log.lines().stream().map(Line::of).toList(),
                                log.next() == null ? "" : log.next(),
                                length,
                                LENGTHS))));
    }

    /** Whoever may not see it is told so by the page. */
    private Uni<LogView> end(String id, int length) {
        return caller.may(Scopes.DATABASE_CREDENTIALS)
                ? logs.log(id, length, null, null).map(LogResource.LogEnvelope::log)
                : Uni.createFrom().item(new LogView(List.of(), null));
    }

    /** What came after, as the API tells it, for a page that is open. */
    @GET
    @Path("more")
    @Produces(MediaType.APPLICATION_JSON)
    public Uni<LogResource.LogEnvelope> more(String id, @RestQuery @Nullable String after) {
        return logs.log(id, LENGTHS.getLast(), after == null || after.isEmpty() ? null : after, null);
    }
}
