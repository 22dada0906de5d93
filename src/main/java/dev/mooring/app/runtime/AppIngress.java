package dev.mooring.app.runtime;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.PoolOptions;
import io.vertx.httpproxy.HttpProxy;
import io.vertx.httpproxy.ProxyContext;
import io.vertx.httpproxy.ProxyInterceptor;
import io.vertx.httpproxy.ProxyResponse;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** One address for each app: passes requests on to the component that the app's rules name. */
@ApplicationScoped
class AppIngress {

    private static final Logger LOG = Logger.getLogger(AppIngress.class);
    private static final int NOT_FOUND = 404;
    /** To one process at the same time; more requests wait their turn. */
    private static final int MOST_CONNECTIONS = 512;

    private final Vertx vertx;
    private final AppsSettings settings;
    private final HttpClient client;
    private final Map<UUID, ActiveApp> apps = new ConcurrentHashMap<>();
    private final Map<UUID, Future<HttpServer>> servers = new ConcurrentHashMap<>();
    private final Map<Integer, AtomicInteger> underWay = new ConcurrentHashMap<>();
    private final OwnConnections own;
    private final AtomicInteger turn = new AtomicInteger();

    AppIngress(Vertx vertx, AppsSettings settings) {
        this.vertx = vertx;
        this.settings = settings;
        this.own = new OwnConnections(vertx);
        this.client = vertx.createHttpClient(new PoolOptions().setHttp1MaxSize(MOST_CONNECTIONS));
    }

    void serve(ActiveApp app) {
        apps.put(app.app(), app);
        servers.computeIfAbsent(app.app(), id -> listen(id, app.port()));
    }

    void close(UUID app) {
        apps.remove(app);
        Future<HttpServer> server = servers.remove(app);
        if (server != null) {
            server.onSuccess(HttpServer::close);
        }
    }

    /** How many requests to the port are not answered yet. */
    int underWay(int port) {
        return open(port).get();
    }

    private AtomicInteger open(int port) {
        return underWay.computeIfAbsent(port, key -> new AtomicInteger());
    }

    private Future<HttpServer> listen(UUID app, int port) {
        return vertx.createHttpServer(
                        new HttpServerOptions().setHost(settings.bind()).setPort(port))
                .requestHandler(request -> handle(app, request))
                .listen()
                .onFailure(failure ->
                        LOG.errorf("app %s cannot be served on port %d: %s", app, port, failure.getMessage()));
    }

    private void handle(UUID app, HttpServerRequest request) {
        ActiveApp active = apps.get(app);
        ActiveApp.Route route = active == null ? null : find(active, request);
        if (active == null || route == null) {
            request.response().setStatusCode(NOT_FOUND).end("no component of this app answers here\n");
        } else if (route.redirect() != null) {
            redirect(request, route.redirect());
        } else {
            int port = route.ports()
                    .get(Math.floorMod(turn.getAndIncrement(), route.ports().size()));
            AtomicInteger open = open(port);
            open.incrementAndGet();
            request.response().endHandler(ended -> open.decrementAndGet());
            HttpProxy.reverseProxy(client)
                    .origin(context -> own.request(context.client(), active, port))
                    .addInterceptor(new SeenPath(route))
                    .handle(request);
        }
    }

    private static void redirect(HttpServerRequest request, ActiveApp.Redirect redirect) {
        String authority = redirect.authority() != null ? redirect.authority() : host(request);
        String location = redirect.scheme() + "://" + authority
                + (redirect.port() == null ? "" : ":" + redirect.port())
                + (redirect.uri() == null ? request.uri() : redirect.uri());
        request.response()
                .setStatusCode(redirect.code())
                .putHeader("location", location)
                .end();
    }

    private static ActiveApp.@Nullable Route find(ActiveApp app, HttpServerRequest request) {
        return app.routes().stream()
                .filter(route -> route.authority() == null || route.authority().equals(host(request)))
                .filter(route -> route.fits(request.path()))
                .findFirst()
                .orElse(null);
    }

    private static String host(HttpServerRequest request) {
        return request.authority() == null ? "localhost" : request.authority().host();
    }

    /** The path that the component sees. */
    private record SeenPath(ActiveApp.Route route) implements ProxyInterceptor {
        @Override
        public Future<ProxyResponse> handleProxyRequest(ProxyContext context) {
            context.request().setURI(route.seen(context.request().getURI()));
            return context.sendRequest();
        }

        /** What is said of the connection to the component is not said of the client's, where HTTP/2 forbids it altogether. */
        @Override
        public Future<Void> handleProxyResponse(ProxyContext context) {
            context.response().headers().remove(HttpHeaders.CONNECTION).remove(HttpHeaders.KEEP_ALIVE);
            return context.sendResponse();
        }
    }
}
