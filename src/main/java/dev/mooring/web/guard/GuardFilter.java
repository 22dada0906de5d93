package dev.mooring.web.guard;

import dev.mooring.web.ClientAddress;
import io.quarkus.vertx.http.HttpServerStart;
import io.quarkus.vertx.http.HttpsServerStart;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.ObservesAsync;
import java.time.Duration;

/** Tells the guard of a connection of its requests, and that the API's ports are to be guarded. */
@ApplicationScoped
class GuardFilter {

    /** Settings. */
    @ConfigMapping(prefix = "mooring.connections")
    interface Settings {
        /** What a new connection has for its first request, and a body until it has to come at 500 bytes a second. */
        @WithDefault("20s")
        Duration request();

        /** How long a connection is kept for another request. */
        @WithDefault("75s")
        Duration idle();

        /** Connections that one address may have at a time: one more takes the place of the one that waits longest for another
         * request, and is closed where none waits. Proxies of MOORING_TRUSTED_PROXIES may have more. */
        @WithDefault("512")
        int perAddress();
    }

    /** Before whatever may take time or answer. */
    private static final int FIRST = 2000;

    private final GuardedPorts.Limits limits;

    GuardFilter(Settings settings, ClientAddress addresses) {
        limits = new GuardedPorts.Limits(settings.request(), settings.idle(), settings.perAddress(), addresses::trusts);
    }

    void http(@ObservesAsync HttpServerStart event) {
        guard(event.options().getPort());
    }

    void https(@ObservesAsync HttpsServerStart event) {
        guard(event.options().getPort());
    }

    /** Where the system chose the port, its first request tells. */
    private void guard(int port) {
        if (port > 0) {
            GuardedPorts.guard(port, limits);
        }
    }

    void register(@Observes Filters filters) {
        filters.register(this::handle, FIRST);
    }

    private void handle(RoutingContext context) {
        HttpServerRequest request = context.request();
        ConnectionGuard guard = ConnectionGuard.of(request);
        if (guard != null) {
            guard(guard.port());
            guard.began(request);
            context.addEndHandler(ended -> guard.ended(request));
        }
        context.next();
    }
}
