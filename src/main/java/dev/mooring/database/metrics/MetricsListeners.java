package dev.mooring.database.metrics;

import dev.mooring.database.cluster.change.ClusterPlanes;
import dev.mooring.database.event.ClusterEvent;
import dev.mooring.database.event.ClusterEvents;
import dev.mooring.dataplane.DataPlanes;
import dev.mooring.dataplane.Endpoints;
import dev.mooring.operation.MetadataReady;
import dev.mooring.operation.Node;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.SSLOptions;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/** Serves each cluster's metrics on the cluster's own metrics port: TLS, basic authentication, {@code GET /metrics}. */
@ApplicationScoped
public class MetricsListeners {

    private static final Logger LOG = Logger.getLogger(MetricsListeners.class);
    private static final Duration RETRY = Duration.ofSeconds(30);
    private static final String BASIC = "Basic ";

    private final Vertx vertx;
    private final Pool pool;
    private final Node node;
    private final DataPlanes planes;
    private final ClusterPlanes places;
    private final ClusterEvents events;
    private final MetricsCredentials credentials;
    private final RecoveryMetrics recovery;
    private final MetricsCertificate certificate;
    private final Clock clock;
    private final String bind;
    /** As a future: a listener is closed once it has been opened, never before. */
    private final Map<UUID, Future<HttpServer>> open = new ConcurrentHashMap<>();

    MetricsListeners(
            Vertx vertx,
            Pool pool,
            Node node,
            DataPlanes planes,
            ClusterPlanes places,
            ClusterEvents events,
            MetricsCredentials credentials,
            RecoveryMetrics recovery,
            MetricsCertificate certificate,
            Clock clock,
            @ConfigProperty(name = "mooring.local.bind", defaultValue = "127.0.0.1") String bind) {
        this.vertx = vertx;
        this.pool = pool;
        this.node = node;
        this.planes = planes;
        this.places = places;
        this.events = events;
        this.credentials = credentials;
        this.recovery = recovery;
        this.certificate = certificate;
        this.clock = clock;
        this.bind = bind;
    }

    void start(@Observes @Priority(900) MetadataReady event) throws IOException, GeneralSecurityException {
        if (node.worker()) {
            certificate.renew(clock.instant());
            certificate.onRenewal(this::showNewCertificate);
            pool.preparedQuery(
                            "select id, plane, endpoints from cluster where node = $1 and status = 'online' and deleted_at is null")
                    .execute(Tuple.of(node.id()))
                    .await()
                    .indefinitely()
                    .forEach(row -> port(new JsonArray(row.getString(2)))
                            .ifPresent(port -> open(row.getUUID(0), row.getString(1), port)));
            // A server that had died and was started again is worth an event.
            planes.all()
                    .forEach(plane ->
                            plane.onRestart((cluster, node) -> events.happened(cluster, ClusterEvent.POWER_ON, node)));
        }
    }

    /** Empty where a plane serves no measurements at a port of this machine. */
    private static OptionalInt port(JsonArray endpoints) {
        return endpoints.stream()
                .map(JsonObject.class::cast)
                .filter(endpoint -> Endpoints.Role.METRICS.name().equals(endpoint.getString("role")))
                .mapToInt(endpoint -> endpoint.getInteger("port"))
                .findFirst();
    }

    /**
     * Ends when the port is served or cannot be, which the log says, and which is tried again later: others may have it for a
     * moment. Asked again it opens nothing more.
     */
    public Future<Void> open(UUID cluster, String plane, int port) {
        return open.computeIfAbsent(
                        cluster,
                        id -> vertx.createHttpServer(new HttpServerOptions()
                                        .setSsl(true)
                                        .setKeyCertOptions(certificate.keyAndCertificate()))
                                .requestHandler(request -> answer(cluster, plane, request))
                                .listen(port, bind)
                                .onSuccess(listening -> closeIfGone(cluster))
                                .onFailure(failure -> {
                                    LOG.errorf(
                                            "the metrics of cluster %s are not served, which is tried again in %d s: %s",
                                            cluster, RETRY.toSeconds(), failure.getMessage());
                                    vertx.setTimer(RETRY.toMillis(), timer -> openAgain(cluster, plane, port));
                                }))
                .<Void>mapEmpty()
                .otherwiseEmpty();
    }

    private void openAgain(UUID cluster, String plane, int port) {
        // One that was closed meanwhile is not in the map any more.
        if (open.remove(cluster) != null) {
            open(cluster, plane, port);
        }
    }

    /** A cluster can be deleted between the end of its provisioning and the opening of its port. */
    private void closeIfGone(UUID cluster) {
        pool.preparedQuery("select from cluster where id = $1 and deleted_at is null")
                .execute(Tuple.of(cluster))
                .subscribe()
                .with(
                        rows -> {
                            if (rows.rowCount() == 0) {
                                close(cluster);
                            }
                        },
                        failure -> LOG.warnf("cannot look after cluster %s: %s", cluster, failure.getMessage()));
    }

    /** Sessions that are open go on with the certificate that they have seen. */
    void showNewCertificate() {
        SSLOptions tls = new SSLOptions().setKeyCertOptions(certificate.keyAndCertificate());
        open.forEach((cluster, server) -> server.compose(listening -> listening.updateSSLOptions(tls))
                .onFailure(failure -> LOG.errorf(
                        "the metrics of cluster %s keep their old certificate: %s", cluster, failure.getMessage())));
    }

    public void close(UUID cluster) {
        Future<HttpServer> server = open.remove(cluster);
        if (server != null) {
            server.onSuccess(HttpServer::close);
        }
    }

    private void answer(UUID cluster, String plane, HttpServerRequest request) {
        if (!request.path().equals("/metrics")) {
            request.response().setStatusCode(404).end();
            return;
        }
        credentials
                .ofCluster(cluster)
                .chain(basic -> basic != null && allowed(basic, request)
                        ? places.ask(plane, there -> there.metrics(cluster))
                                .chain(server -> recovery.of(cluster).map(own -> server + own))
                        : Uni.createFrom().<String>nullItem())
                .subscribe()
                .with(
                        text -> {
                            if (text == null) {
                                request.response()
                                        .setStatusCode(401)
                                        .putHeader("WWW-Authenticate", "Basic realm=\"metrics\"")
                                        .end();
                            } else {
                                request.response()
                                        .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")
                                        .end(text);
                            }
                        },
                        failure -> {
                            LOG.warnf("the metrics of cluster %s cannot be read: %s", cluster, failure.getMessage());
                            request.response().setStatusCode(503).end();
                        });
    }

    private static boolean allowed(MetricsCredentials.Basic basic, HttpServerRequest request) {
        String header = request.getHeader(HttpHeaders.AUTHORIZATION);
        if (header == null || !header.startsWith(BASIC)) {
            return false;
        }
        String[] parts;
        try {
            parts = new String(Base64.getDecoder().decode(header.substring(BASIC.length())), StandardCharsets.UTF_8)
                    .split(":", 2);
        } catch (IllegalArgumentException e) {
            return false;
        }
        return parts.length == 2 && basic.matches(parts[0], parts[1]);
    }
}
