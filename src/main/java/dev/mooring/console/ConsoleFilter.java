package dev.mooring.console;

import dev.mooring.access.session.SessionCookie;
import dev.mooring.access.session.Transport;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Before everything under {@code /console}: whether there is a console at all, whether the connection may carry a session, and
 * that whatever writes comes from a page of its own. All answers, those of paths that do not exist too, say what a browser may
 * do with them.
 */
@ApplicationScoped
class ConsoleFilter {

    private static final int EARLY = 900;
    private static final String ORIGIN = "Origin";
    private static final String FETCH_SITE = "Sec-Fetch-Site";

    /** Nothing that is not named comes from anywhere, and no text becomes part of a page by itself. */
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
            + " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none';"
            + " require-trusted-types-for 'script'; trusted-types 'none'";

    private final boolean enabled;
    private final Transport transport;
    private final int sslPort;

    ConsoleFilter(
            @ConfigProperty(name = "mooring.console", defaultValue = "true") boolean enabled,
            @ConfigProperty(name = "quarkus.http.ssl-port") int sslPort,
            Transport transport) {
        this.enabled = enabled;
        this.transport = transport;
        this.sslPort = sslPort;
    }

    void register(@Observes Filters filters) {
        filters.register(this::handle, EARLY);
    }

    private void handle(RoutingContext context) {
        if (!SessionCookie.counts(context.normalizedPath())
                && !SessionCookie.counts(context.request().path())) {
            context.next();
            return;
        }
        HttpServerRequest request = context.request();
        HttpServerResponse response = request.response();
        response.putHeader("Content-Security-Policy", POLICY)
                .putHeader("Cache-Control", "no-store")
                .putHeader("X-Content-Type-Options", "nosniff")
                .putHeader("Referrer-Policy", "no-referrer")
                .putHeader("X-Frame-Options", "DENY")
                .putHeader("Cross-Origin-Opener-Policy", "same-origin")
                .putHeader("Cross-Origin-Resource-Policy", "same-origin");
        if (!enabled) {
            end(response, 404, "There is no console here: MOORING_CONSOLE is false.");
        } else if (!transport.safe(request)) {
            end(
                    response,
                    403,
                    "The console shows passwords, so it is served in https, and in plain http to this machine alone, under"
                            + " the name localhost. Use https, port " + sslPort + ".");
        } else if (writes(request) && !sameOrigin(request)) {
            end(response, 403, "This request does not come from a page of this console. Nothing was changed.");
        } else {
            context.next();
        }
    }

    private static boolean writes(HttpServerRequest request) {
        return !request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.HEAD);
    }

    /** As the browser says, which a page cannot say for it. */
    private static boolean sameOrigin(HttpServerRequest request) {
        String site = request.getHeader(FETCH_SITE);
        if (site != null) {
            return site.equals("same-origin");
        }
        String origin = request.getHeader(ORIGIN);
        return origin != null
                && request.authority() != null
                && origin.replaceFirst("^https?://", "")
                        .equalsIgnoreCase(request.authority().toString());
    }

    private static void end(HttpServerResponse response, int status, String text) {
        response.setStatusCode(status)
                .putHeader("Content-Type", "text/plain;charset=utf-8")
                .end(text + "\n");
    }
}
