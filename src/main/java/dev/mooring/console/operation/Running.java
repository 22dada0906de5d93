package dev.mooring.console.operation;

import dev.mooring.operation.api.OperationResource;
import dev.mooring.operation.api.OperationView;
import dev.mooring.web.Page;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.core.UriInfo;
import java.time.Instant;
import java.util.List;

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
