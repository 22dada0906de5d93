package dev.mooring.console.operation;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.access.session.Sessions;
import dev.mooring.console.Forms;
import dev.mooring.console.Frame;
import dev.mooring.console.Html;
import dev.mooring.console.Neighbours;
import dev.mooring.console.Page;
import dev.mooring.console.Shell;
import dev.mooring.console.Typed;
import dev.mooring.operation.api.EventsResource;
import dev.mooring.operation.api.OperationResource;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jboss.resteasy.reactive.RestHeader;

/** All operations, one of them, and the stream that keeps pages true. */
@Page
@Path("/console")
public class OperationPages {

    private static final String ALL = "/console/operations";

    private final OperationResource operations;
    private final EventsResource events;
    private final Sessions sessions;
    private final Shell shell;
    private final Forms forms;
    private final ObjectMapper mapper;

    OperationPages(
            OperationResource operations,
            EventsResource events,
            Sessions sessions,
            Shell shell,
            Forms forms,
            ObjectMapper mapper) {
        this.operations = operations;
        this.events = events;
        this.sessions = sessions;
        this.shell = shell;
        this.forms = forms;
        this.mapper = mapper;
    }

    /** The pages. */
    @CheckedTemplate(basePath = "console/operation")
    static class Templates {
        private Templates() {}

        static native TemplateInstance list(Frame frame, List<Timeline> operations, Neighbours neighbours);

        static native TemplateInstance one(Frame frame, Timeline operation, boolean mayChange, Typed typed);
    }

    @GET
    @Path("operations")
    public Uni<Response> list(@Context UriInfo uri) {
        return operations
                .list(null, null, null, uri)
                .chain(list -> Html.ok(
                        Templates.list(shell.frame(), Running.drawn(list.operations()), Neighbours.of(list.links()))));
    }

    @GET
    @Path("operations/{id}")
    public Uni<Response> one(String id) {
        return draw(id, Typed.NOTHING);
    }

    private Uni<Response> draw(String id, Typed typed) {
        return operations
                .get(id)
                .chain(found -> Html.ok(Templates.one(
                        shell.frame(),
                        Timeline.of(found.operation(), mapper, Instant.now()),
                        operations.mayChange(found.operation().kind()),
                        typed)));
    }

    @POST
    @Path("operations/{id}/cancel")
    public Uni<Response> cancel(String id, MultivaluedMap<String, String> form) {
        return forms.act(form, () -> operations.cancel(id).map(OperationPages::page), typed -> draw(id, typed));
    }

    @POST
    @Path("operations/{id}/retry")
    public Uni<Response> retry(String id, MultivaluedMap<String, String> form) {
        return forms.act(form, () -> operations.retry(id).map(OperationPages::page), typed -> draw(id, typed));
    }

    private static String page(OperationResource.OperationEnvelope envelope) {
        return ALL + "/" + envelope.operation().id();
    }

    /** The API's own stream, for a browser that has signed in here: it ends with the session. */
    @GET
    @Path("events")
    @Produces(MediaType.SERVER_SENT_EVENTS)
    public Multi<OutboundSseEvent> events(@RestHeader("Last-Event-ID") String last, @Context Sse sse) {
        String session = Objects.requireNonNull(shell.session(), "a page's filter has asked for it");
        return events.during(() -> sessions.goesOn(session), last, sse);
    }
}
