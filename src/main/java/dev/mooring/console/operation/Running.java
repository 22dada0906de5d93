package dev.mooring.console.operation;

import com.fasterxml.jackson.databind.ObjectMapper;
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
    private final ObjectMapper mapper;

    Running(OperationResource operations, ObjectMapper mapper) {
        this.operations = operations;
        this.mapper = mapper;
    }

    /** The newest ones of a cluster or an app. */
    public Uni<List<Timeline>> of(String subject, UriInfo uri) {
        return operations.list(subject, null, null, uri).map(list -> drawn(list.operations()));
    }

    /** All that have not ended. */
    public Uni<List<Timeline>> unfinished() {
        return operations
                .find(null, null, "queued,running", Page.Request.EVERYTHING)
                .map(found -> drawn(found.operations()));
    }

    List<Timeline> drawn(List<OperationView> list) {
        Instant now = Instant.now();
        return list.stream()
                .map(operation -> Timeline.of(operation, mapper, now))
                .toList();
    }
}
