package dev.mooring.database.placement;

import dev.mooring.dataplane.DataPlane;
import dev.mooring.dataplane.DataPlanes;
import dev.mooring.engine.EngineCatalog;
import dev.mooring.home.Authorities;
import dev.mooring.operation.MetadataReady;
import dev.mooring.operation.Node;
import dev.mooring.web.ApiException;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import io.vertx.pgclient.data.Interval;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.StreamSupport;
import org.jboss.logging.Logger;

/** The worker nodes that can take clusters, and where a new cluster goes. */
@ApplicationScoped
public class Nodes {

    private static final Logger LOG = Logger.getLogger(Nodes.class);
    /** A node not heard of for longer takes no new clusters. */
    private static final String FRESH = "seen_at > now() - interval '45 seconds'";

    private static final int MOST_TAKEN_PORTS = 64;

    private final Pool pool;
    private final Node node;
    private final DataPlanes planes;
    private final EngineCatalog engines;
    private final Authorities authorities;
    private volatile boolean ready;

    Nodes(Pool pool, Node node, DataPlanes planes, EngineCatalog engines, Authorities authorities) {
        this.pool = pool;
        this.node = node;
        this.planes = planes;
        this.engines = engines;
        this.authorities = authorities;
    }

    /**
     * Where a cluster will run, reserved in the caller's transaction.
     *
     * @param exactVersion of the server there
     */
    public record Place(String plane, UUID node, String host, int port, String exactVersion) {}

    void start(@Observes @Priority(200) MetadataReady event) {
        ready = true;
        planes.all().forEach(plane -> plane.onOffer(() -> register().subscribe().with(done -> {})));
        register().await().indefinitely();
    }

    @Scheduled(every = "10s", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    Uni<Void> register() {
        if (!node.worker() || !ready) {
            return Uni.createFrom().voidItem();
        }
        return Multi.createFrom()
                .iterable(planes.all())
                .onItem()
                .transformToUniAndConcatenate(this::register)
                .collect()
                .asList()
                .replaceWithVoid()
                .onFailure()
                .invoke(failure -> LOG.warnf("cannot register this node: %s", failure.getMessage()));
    }

    private Uni<Void> register(DataPlane plane) {
        DataPlane.Offer offer = plane.offer();
        return pool.preparedQuery(
                        "insert into worker_node (id, plane, host, first_port, last_port, ports_per_cluster, versions, ca_certificate,"
                                + " archive, archive_grace, upgrade_targets) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
                                + " on conflict (id, plane) do update set host = excluded.host,"
                                + " first_port = excluded.first_port, last_port = excluded.last_port,"
                                + " ports_per_cluster = excluded.ports_per_cluster, versions = excluded.versions, ca_certificate = excluded.ca_certificate,"
                                + " archive = excluded.archive, archive_grace = excluded.archive_grace,"
                                + " upgrade_targets = excluded.upgrade_targets, seen_at = now()")
                .execute(Tuple.from(List.of(
                        node.id(),
                        plane.name(),
                        offer.host(),
                        offer.firstPort(),
                        offer.lastPort(),
                        offer.portsPerCluster(),
                        JsonObject.mapFrom(offer.versions()),
                        clustersCa(),
                        offer.archive(),
                        Interval.of(offer.archiveGrace()),
                        new JsonArray(offer.upgradeTargets()))))
                .replaceWithVoid();
    }

    private String clustersCa() {
        try {
            return authorities.clusters().bundle();
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException("the clusters' CA cannot be read", e);
        }
    }

    /** The certificates, as PEM, of the CA that signs for the servers of the cluster's node: two while one replaces the other. */
    public Uni<String> caOf(UUID cluster) {
        return pool.preparedQuery(
                        "select n.ca_certificate from cluster c join worker_node n on n.id = c.node and n.plane = c.plane where c.id = $1")
                .execute(Tuple.of(cluster))
                .map(rows -> rows.iterator().next().getString(0));
    }

    /** The versions that some living node offers, oldest first. */
    public Uni<List<String>> versions(String engine) {
        return pool.preparedQuery("select distinct jsonb_object_keys(versions -> $1) from worker_node where " + FRESH)
                .execute(Tuple.of(engine))
                .map(rows -> StreamSupport.stream(rows.spliterator(), false)
                        .map(row -> row.getString(0))
                        .sorted(engines.get(engine).versions())
                        .toList());
    }

    /** The major versions that some living node can upgrade to the brief way, oldest first. */
    public Uni<List<String>> upgradeTargets(String engine) {
        return pool.preparedQuery("select distinct jsonb_array_elements_text(upgrade_targets) from worker_node"
                        + " where jsonb_exists(versions, $1) and " + FRESH)
                .execute(Tuple.of(engine))
                .map(rows -> StreamSupport.stream(rows.spliterator(), false)
                        .map(row -> row.getString(0))
                        .sorted(engines.get(engine).versions())
                        .toList());
    }

    /**
     * Chooses the node with the fewest clusters and its lowest free port. One reservation at a time: the lock lasts until
     * the caller's transaction ends.
     *
     * @param archive that the node must reach; null for any
     */
    public Uni<Place> reserve(String engine, String major, String archive) {
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(
                                "select cast(pg_advisory_xact_lock(hashtext('mooring placement')) as text)")
                        .getSingleResultOrNull())
                .chain(locked -> reserve(engine, major, archive, new TreeSet<>()));
    }

    private Uni<Place> reserve(String engine, String major, String archive, TreeSet<Integer> taken) {
        String exclude = taken.isEmpty()
                ? "0"
                : String.join(",", taken.stream().map(String::valueOf).toList());
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(
                                "select n.id, n.plane, n.host, (select min(p) from generate_series(n.first_port,"
                                        + " n.last_port - n.ports_per_cluster + 1, n.ports_per_cluster) p"
                                        + " where p not in (" + exclude + ")"
                                        + " and not exists (select from cluster c where c.node = n.id and c.port = p)) as port,"
                                        + " cast(n.versions as jsonb) -> :engine ->> :major as exact"
                                        + " from worker_node n where " + FRESH
                                        + " and jsonb_exists(n.versions -> :engine, :major)"
                                        + " and (cast(:archive as text) is null or n.archive = :archive)"
                                        + " order by (select count(*) from cluster c where c.node = n.id and c.plane = n.plane), n.id limit 1",
                                Object[].class)
                        .setParameter("engine", engine)
                        .setParameter("major", major)
                        .setParameter("archive", archive)
                        .getSingleResultOrNull())
                .chain(found -> {
                    if (found == null) {
                        throw ApiException.unprocessable(
                                "invalid cluster engine version: no worker node that is up offers " + engine + " "
                                        + major
                                        + (archive == null ? "" : " and reaches the archive " + archive));
                    }
                    if (found[3] == null || taken.size() > MOST_TAKEN_PORTS) {
                        throw ApiException.unprocessable(
                                "no port is free for another cluster: delete one, or widen MOORING_LOCAL_PORTS");
                    }
                    Place place = new Place(
                            (String) found[1],
                            (UUID) found[0],
                            (String) found[2],
                            ((Number) found[3]).intValue(),
                            (String) found[4]);
                    if (place.node().equals(node.id())
                            && !planes.get(place.plane()).portsFree(place.port())) {
                        taken.add(place.port());
                        return reserve(engine, major, archive, taken);
                    }
                    return Uni.createFrom().item(place);
                });
    }
}
