package dev.mooring.mcp;

import dev.mooring.web.ApiException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/**
 * Before the endpoint: whether there is one, and that no page of a browser uses it. A page that has the name of its own host
 * point to this machine (DNS rebinding) sends an Origin like any other page does; agents send none.
 */
class McpGate {

    static final String PATH = "/mooring/v1/mcp";

    private final boolean enabled;

    McpGate(@ConfigProperty(name = "mooring.mcp", defaultValue = "true") boolean enabled) {
        this.enabled = enabled;
    }

    @ServerRequestFilter(preMatching = true)
    public void check(RoutingContext context) {
        if (!context.normalizedPath().startsWith(PATH)) {
            return;
        }
        if (!enabled) {
            throw ApiException.notFound("this Mooring does not speak MCP: MOORING_MCP is false");
        }
        if (context.request().getHeader(HttpHeaders.ORIGIN) != null) {
            throw new ApiException(403, "pages of browsers (Origin) are not served here; nothing was done");
        }
    }
}
