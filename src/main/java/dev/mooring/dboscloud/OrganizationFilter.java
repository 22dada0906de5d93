package dev.mooring.dboscloud;

import dev.mooring.access.Caller;
import dev.mooring.web.ApiException;
import jakarta.ws.rs.core.UriInfo;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/** The organization of a path is the caller's team. Clients of before 1.13 name the user instead. */
class OrganizationFilter {

    private static final String ORGANIZATION = "organization";

    private final Caller caller;

    OrganizationFilter(Caller caller) {
        this.caller = caller;
    }

    @ServerRequestFilter
    public void check(UriInfo uri) {
        String wanted = uri.getPathParameters().getFirst(ORGANIZATION);
        // Who is nobody is told so by the endpoint.
        if (wanted != null
                && caller.organization() != null
                && !wanted.equals(caller.organization())
                && !wanted.equals(caller.user())) {
            throw ApiException.notFound("organization " + wanted + " not found");
        }
    }
}
