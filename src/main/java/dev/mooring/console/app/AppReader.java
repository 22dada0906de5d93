package dev.mooring.console.app;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.app.AppView;
import dev.mooring.app.AppsResource;
import dev.mooring.app.AppsResource.AppEnvelope;
import dev.mooring.console.operation.Running;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.UriInfo;
import java.util.function.Consumer;

/** Reads what the pages of an app have in common, and gives it another spec. */
@ApplicationScoped
class AppReader {

    private final AppsResource apps;
    private final Running running;
    private final ObjectMapper mapper;

    AppReader(AppsResource apps, Running running, ObjectMapper mapper) {
        this.apps = apps;
        this.running = running;
        this.mapper = mapper;
    }

    Uni<AppView> view(String id, HttpHeaders headers) {
        return apps.get(id, headers).map(answer -> ((AppEnvelope) answer.getEntity()).app());
    }

    Uni<SeenApp> find(String id, HttpHeaders headers, UriInfo uri) {
        return view(id, headers).chain(app -> running.of(id, uri).map(operations -> SeenApp.of(app, operations)));
    }

    /** The same as editing the spec by hand. */
    Uni<Void> edit(String id, HttpHeaders headers, Consumer<ObjectNode> change) {
        return view(id, headers).chain(app -> {
            ObjectNode spec = app.spec().deepCopy();
            change.accept(spec);
            return update(id, spec, headers);
        });
    }

    Uni<Void> update(String id, ObjectNode spec, HttpHeaders headers) {
        return apps.update(
                        id,
                        mapper.createObjectNode().<ObjectNode>set("spec", spec).toString(),
                        headers)
                .replaceWithVoid();
    }
}
