package dev.mooring.app.deployment;

import dev.mooring.app.runtime.AppsSettings;
import dev.mooring.app.runtime.RunningApps;
import dev.mooring.operation.MetadataReady;
import dev.mooring.operation.Node;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The nodes that run the code of apps, and which one an app goes to. */
@ApplicationScoped
class AppNodes {

    private static final Logger LOG = Logger.getLogger(AppNodes.class);
    private static final int CANDIDATES = 32;

    private final Pool pool;
    private final Node node;
    private final RunningApps apps;
    private final AppsSettings settings;
    private final String host;
    private volatile boolean ready;

    AppNodes(
            Pool pool,
            Node node,
            RunningApps apps,
            AppsSettings settings,
            @ConfigProperty(name = "mooring.local.hostname", defaultValue = "localhost") String host) {
        this.pool = pool;
        this.node = node;
        this.apps = apps;
        this.settings = settings;
        this.host = host;
    }

    /** Where an app is run and served. */
    record Place(UUID node, int port) {}

    void start(@Observes @Priority(200) MetadataReady event) {
        ready = true;
        register().await().indefinitely();
    }

    @Scheduled(every = "10s", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    Uni<Void> register() {
        if (!ready || !node.worker()) {
            return Uni.createFrom().voidItem();
        }
        String[] range = settings.ports().split("-");
        return (apps.runs()
                        ? pool.preparedQuery(
                                        "insert into app_node (id, host, first_port, last_port)"
                                                + " values ($1, $2, $3, $4) on conflict (id) do update set host = excluded.host,"
                                                + " first_port = excluded.first_port, last_port = excluded.last_port, seen_at = now()")
                                .execute(Tuple.of(
                                        node.id(),
                                        host,
                                        Integer.parseInt(range[0].strip()),
                                        Integer.parseInt(range[1].strip())))
                        : pool.preparedQuery("delete from app_node where id = $1")
                                .execute(Tuple.of(node.id())))
                .replaceWithVoid()
                .onFailure()
                .invoke(failure -> LOG.warnf("cannot register this node for apps: %s", failure.getMessage()));
    }

    /** The node with the fewest apps and a free port there, in the caller's transaction; null where none runs apps. */
    Uni<Place> reserve() {
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(
                                "select cast(pg_advisory_xact_lock(hashtext('mooring app placement')) as text)")
                        .getSingleResultOrNull()
                        .chain(locked -> session.createNativeQuery(
                                        "select n.id, p from (select * from app_node"
                                                + " where seen_at > now() - interval '45 seconds'"
                                                + " order by (select count(*) from app a where a.node = app_node.id), id limit 1) n,"
                                                + " generate_series(n.first_port, n.last_port) p"
                                                + " where not exists (select from app a where a.node = n.id and a.port = p)"
                                                + " order by p limit " + CANDIDATES,
                                        Object[].class)
                                .getResultList()))
                .map(this::firstFree);
    }

    private @Nullable Place firstFree(List<Object[]> candidates) {
        for (Object[] candidate : candidates) {
            Place place = new Place((UUID) candidate[0], ((Number) candidate[1]).intValue());
            if (!place.node().equals(node.id()) || free(place.port())) {
                return place;
            }
        }
        return null;
    }

    private boolean free(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(settings.bind(), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** The name of the node that clients are told; null for a node that is gone. */
    Uni<String> hostOf(UUID id) {
        return pool.preparedQuery("select host from app_node where id = $1")
                .execute(Tuple.of(id))
                .map(rows ->
                        rows.rowCount() == 0 ? null : rows.iterator().next().getString(0));
    }
}
