package dev.mooring.console.operation;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.operation.api.OperationResource;
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
        return operations.list(subject, null, null, uri).map(this::drawn);
    }

    /** All that have not ended. */
    public Uni<List<Timeline>> unfinished(UriInfo uri) {
        return operations
                .list(null, null, "running", uri)
                .chain(running -> operations.list(null, null, "queued", uri).map(queued -> {
                    List<Timeline> all = new java.util.ArrayList<>(drawn(running));
                    all.addAll(drawn(queued));
                    return all;
                }));
    }

    List<Timeline> drawn(OperationResource.OperationList list) {
        Instant now = Instant.now();
        return list.operations().stream()
                .map(operation -> Timeline.of(operation, mapper, now))
                .toList();
    }
}
