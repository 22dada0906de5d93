package dev.mooring.operation.api;

import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/** Refuses with 403 or 404 while a status can still be sent. */
class ReadableFilter {

    private final KnownRules rules;

    ReadableFilter(KnownRules rules) {
        this.rules = rules;
    }

    @Readable
    @ServerRequestFilter
    public Uni<Response> check(UriInfo uri) {
        return rules.readable(uri.getPathParameters().getFirst("id")).map(operation -> null);
    }
}
