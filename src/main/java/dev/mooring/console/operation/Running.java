package dev.mooring.console.operation;

import dev.mooring.operation.api.OperationResource;
import dev.mooring.operation.api.OperationView;
import dev.mooring.web.Page;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.core.UriInfo;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/** Operations for pages about something else. */
@ApplicationScoped
public class Running {

    private final OperationResource operations;

    Running(OperationResource operations) {
        this.operations = operations;
    }

    /** The newest ones of a cluster or an app. */
    public Uni<List<Timeline>> of(String subject, UriInfo uri) {
        return operations.newest(subject, null, Page.Request.of(uri, false)).map(Running::drawn);
    }

    /** The newest ones of a kind. */
    public Uni<List<Timeline>> of(String subject, String kind, UriInfo uri) {
        return operations
                .newestOf(subject, Set.of(kind), null, Page.Request.of(uri, false))
                .map(Running::drawn);
    }

    /**
     * All of those kinds that were carried out since then, however many there are.
     *
     * @param since RFC 3339
     */
    public Uni<List<Timeline>> done(String subject, Set<String> kinds, String since) {
        return operations
                .newestOf(subject, kinds, since, Page.Request.EVERYTHING)
                .map(Running::drawn);
    }

    /** All that have not ended. */
    public Uni<List<Timeline>> unfinished() {
        return operations
                .newest(null, "queued,running", Page.Request.EVERYTHING)
                .map(Running::drawn);
    }

    static List<Timeline> drawn(List<OperationView> list) {
        Instant now = Instant.now();
        return list.stream().map(operation -> Timeline.row(operation, now)).toList();
    }
}
