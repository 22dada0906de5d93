package dev.mooring.console;

import dev.mooring.access.Caller;
import dev.mooring.access.session.SessionCookie;
import dev.mooring.web.ErrorBody;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.Priority;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;
import org.jspecify.annotations.Nullable;

/** Sends whoever has not signed in to where that is done, and draws failures as pages. */
class PageFilter {

    private final Caller caller;
    private final Shell shell;
    private final RoutingContext routing;

    PageFilter(Caller caller, Shell shell, RoutingContext routing) {
        this.caller = caller;
        this.shell = shell;
        this.routing = routing;
    }

    /** A form that comes without a session is dealt with where it is read: what was typed must not be lost. */
    @Page
    @ServerRequestFilter
    public @Nullable Response signedIn(ContainerRequestContext request) {
        if (caller.token() != null && shell.session() != null
                || request.getMethod().equals("POST")) {
            return null;
        }
        if (MediaType.SERVER_SENT_EVENTS.equals(request.getHeaderString("Accept"))) {
            // A stream is no page: whoever follows it is told, and asks for the page that it is on.
            return Response.status(Response.Status.UNAUTHORIZED).build();
        }
        String here = routing.request().uri();
        return Response.seeOther(URI.create("/console/login?next=" + URLEncoder.encode(here, StandardCharsets.UTF_8)))
                .build();
    }

    /** The API's error bodies, for people. */
    @Priority(Priorities.USER + 600)
    @ServerResponseFilter
    public void draw(ContainerResponseContext response) {
        if (response.getEntity() instanceof ErrorBody error
                && SessionCookie.counts(routing.request().path())) {
            String text = ConsoleTemplates.problem(
                            shell.frame(),
                            response.getStatus(),
                            List.of(error.message().split("; ")),
                            error.requestId())
                    .render();
            response.getHeaders().putSingle("Content-Type", MediaType.TEXT_HTML + ";charset=utf-8");
            response.setEntity(text, null, MediaType.valueOf(MediaType.TEXT_HTML + ";charset=utf-8"));
        }
    }
}
