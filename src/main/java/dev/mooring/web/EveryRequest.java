package dev.mooring.web;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.UUID;
import org.jboss.logging.MDC;

/** Before every request: an id, and a content type for clients that send JSON under another name or none. */
@ApplicationScoped
class EveryRequest {

    private static final int EARLY = 1000;
    private static final String JSON = "application/json";

    void register(@Observes Filters filters) {
        filters.register(this::handle, EARLY);
    }

    private void handle(RoutingContext context) {
        HttpServerRequest request = context.request();
        String given = request.getHeader("x-request-id");
        String id = given != null && given.matches("[A-Za-z0-9-]{8,64}")
                ? given
                : UUID.randomUUID().toString();
        context.put(RequestId.KEY, id);
        MDC.put("request", id);
        context.response().putHeader("x-request-id", id);
        if (request.path().startsWith("/v2/") || request.path().startsWith("/mooring/")) {
            String type = request.getHeader(HttpHeaders.CONTENT_TYPE);
            if (type == null || !(type.startsWith(JSON) || type.contains("yaml"))) {
                request.headers().set(HttpHeaders.CONTENT_TYPE, JSON);
            }
        }
        context.next();
    }
}
