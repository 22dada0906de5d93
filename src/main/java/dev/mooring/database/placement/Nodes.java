package dev.mooring.database.placement;

import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.change.ClusterPlanes;
import dev.mooring.database.cluster.change.ClusterSpecs;
import dev.mooring.dataplane.DataPlane;
import dev.mooring.dataplane.DataPlanes;
import dev.mooring.dataplane.Endpoints;
import dev.mooring.engine.Engine;
import dev.mooring.engine.EngineCatalog;
import dev.mooring.home.Authorities;
import dev.mooring.operation.MetadataReady;
import dev.mooring.operation.Node;
import dev.mooring.web.ApiException;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The worker nodes that can take clusters, and where a new cluster goes. */
@ApplicationScoped
public class Nodes {

    private static final Logger LOG = Logger.getLogger(Nodes.class);
    /** A node not heard of for longer takes no new clusters. */
    private static final String FRESH = "seen_at > now() - interval '45 seconds'";

    private static final int MOST_TAKEN_PORTS = 256;

    private static final String CHOOSE =
            "select n.id, n.plane, n.host, cast(n.versions as jsonb) -> :engine ->> :version as exact"
                    + " from worker_node n where " + FRESH + " and jsonb_exists(n.versions -> :engine, :version)"
                    + " and (cast(:archive as text) is null or n.archive = :archive)"
                    + " order by (select count(*) from cluster c where c.node = n.id and c.plane = n.plane), n.id limit 1";

    private static final String PORTS = "select p from worker_node n, generate_series(n.first_port, n.last_port) as p"
            + " where n.id = :node and n.plane = :plane and p <> all (cast(string_to_array(:taken, ',') as int[]))"
            + " and p not in (select cast(e ->> 'port' as int) from cluster c, jsonb_array_elements(cast(c.endpoints as jsonb)) as e"
            + " where c.node = n.id) order by p limit :count";

    /**
     * Schedules are each worker's own, for the clusters that say its name: those of one that is not heard of any more are anybody's on a
     * plane whose clusters are on no machine of it. So is what was queued for it alone before that was so.
     */
    private static final List<String> ADOPT = List.of(
            "update cluster set node = $1 where id in (select c.id from cluster c join worker_node n on n.id = c.node and n.plane = c.plane"
                    + " where c.plane = $2 and c.node <> $1 and n.seen_at < now() - interval '1 minute' for no key update of c skip locked)",
            "update operation set node = null where plane = $2 and node <> $1 and finished_at is null and state = 'queued'"
                    + " and node in (select id from worker_node where plane = $2 and seen_at < now() - interval '1 minute')");

    private final Pool pool;
    private final Node node;
    private final DataPlanes planes;
    private final ClusterPlanes places;
    private final EngineCatalog engines;
    private final Authorities authorities;
    private final ClusterSpecs specs;
    private volatile boolean ready;

    Nodes(
            Pool pool,
            Node node,
            DataPlanes planes,
            ClusterPlanes places,
            EngineCatalog engines,
            Authorities authorities,
            ClusterSpecs specs) {
        this.pool = pool;
        this.node = node;
        this.planes = planes;
        this.places = places;
        this.engines = engines;
        this.authorities = authorities;
        this.specs = specs;
    }

    /**
     * Where a cluster will run, reserved in the caller's transaction.
     *
     * @param exactVersion of the server there
     */
    public record Place(String plane, UUID node, Endpoints endpoints, String exactVersion) {}

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
                        "insert into worker_node (id, plane, host, first_port, last_port, versions, ca_certificate,"
                                + " archive, archive_grace, upgrade_targets) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
                                + " on conflict (id, plane) do update set host = excluded.host,"
                                + " first_port = excluded.first_port, last_port = excluded.last_port,"
                                + " versions = excluded.versions, ca_certificate = excluded.ca_certificate,"
                                + " archive = excluded.archive, archive_grace = excluded.archive_grace,"
                                + " upgrade_targets = excluded.upgrade_targets, seen_at = now()")
                .execute(Tuple.from(List.of(
                        node.id(),
                        plane.name(),
                        offer.host(),
                        offer.firstPort(),
                        offer.lastPort(),
                        JsonObject.mapFrom(offer.versions()),
                        clustersCa(),
                        offer.archive(),
                        Interval.of(offer.archiveGrace()),
                        new JsonArray(offer.upgradeTargets()))))
                .chain(() -> plane.onMachines() ? Uni.createFrom().voidItem() : adopt(plane));
    }

    private Uni<Void> adopt(DataPlane plane) {
        Uni<Void> all = Uni.createFrom().voidItem();
        for (String statement : ADOPT) {
            all = all.chain(() -> pool.preparedQuery(statement)
                    .execute(Tuple.of(node.id(), plane.name()))
                    .invoke(adopted -> {
                        if (adopted.rowCount() > 0) {
                            LOG.infof(
                                    "%d clusters or operations of workers of the data plane %s that are not heard of any more are this one's now",
                                    adopted.rowCount(), plane.name());
                        }
                    })
                    .replaceWithVoid());
        }
        return all;
    }

    private String clustersCa() {
        try {
            return authorities.clusters().bundle();
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException("the clusters' CA cannot be read", e);
        }
    }

    /** The certificates, as PEM, of the CA that signs for the cluster's servers: two while one replaces the other. */
    public Uni<String> caOf(UUID cluster, String plane) {
        return places.ask(plane, there -> there.authority(cluster))
                .chain(own -> own.isPresent() ? Uni.createFrom().item(own.get()) : caOfNode(cluster));
    }

    private Uni<String> caOfNode(UUID cluster) {
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
     * Chooses the node with the fewest clusters and its lowest free ports. One reservation at a time: the lock lasts until
     * the caller's transaction ends.
     *
     * @param archive that the node must reach; null for any
     */
    public Uni<Place> reserve(Cluster cluster, @Nullable String archive) {
        String engine = cluster.engine;
        String version = cluster.version;
        int count = cluster.numNodes;
        return alone().chain(() -> Panache.getSession())
                .chain(session -> session.createNativeQuery(CHOOSE, Object[].class)
                        .setParameter("engine", engine)
                        .setParameter("version", version)
                        .setParameter("archive", archive)
                        .getSingleResultOrNull())
                .onItem()
                .ifNull()
                .failWith(() -> ApiException.unprocessable(
                        "invalid cluster engine version: no worker node that is up offers " + engine + " " + version
                                + (archive == null ? "" : " and reaches the archive " + archive)))
                .chain(found -> {
                    UUID chosen = (UUID) found[0];
                    DataPlane plane = places.get((String) found[1]);
                    Optional<Endpoints> own = plane.endpoints(cluster.id, engine, count);
                    if (own.isPresent()) {
                        return Uni.createFrom().item(new Place(plane.name(), chosen, own.get(), (String) found[3]));
                    }
                    List<Endpoints.Role> roles = plane.roles(engine, count);
                    return ports(chosen, plane, roles.size(), new TreeSet<>())
                            .map(ports -> new Place(
                                    plane.name(),
                                    chosen,
                                    new Endpoints(endpoints(roles, (String) found[2], ports)),
                                    (String) found[3]));
                });
    }

    /** In the caller's transaction: endpoints for a read-only node, on the machine of the cluster that it follows. */
    public Uni<Endpoints> beside(Cluster cluster, UUID node) {
        DataPlane plane = places.get(cluster.plane);
        Optional<Endpoints> own = plane.endpoints(node, cluster.engine, 1);
        if (own.isPresent()) {
            return Uni.createFrom().item(own.get());
        }
        List<Endpoints.Role> roles = plane.roles(cluster.engine, 1);
        String host = specs.endpoints(cluster).primary().host();
        return alone().chain(() -> ports(cluster.node, plane, roles.size(), new TreeSet<>()))
                .map(ports -> new Endpoints(endpoints(roles, host, ports)));
    }

    /** One reservation at a time. */
    private static Uni<Void> alone() {
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(
                                "select cast(pg_advisory_xact_lock(hashtext('mooring placement')) as text)")
                        .getSingleResultOrNull())
                .replaceWithVoid();
    }

    /** How many nodes a cluster of the engine can have, wherever it is placed best. */
    public List<Integer> counts(Engine engine) {
        int most = planes.mostNodes(engine.slug());
        return engine.nodeCounts().stream().filter(count -> count <= most).toList();
    }

    /** The same for a cluster that has its place. */
    public List<Integer> counts(Cluster cluster, Engine engine) {
        int most = places.get(cluster.plane).mostNodes(engine.slug());
        return engine.nodeCounts().stream().filter(count -> count <= most).toList();
    }

    /** In the caller's transaction: endpoints for as many nodes as the cluster is to have, where it is. Those that it has stay its own. */
    public Uni<Void> makeRoom(Cluster cluster) {
        DataPlane plane = places.get(cluster.plane);
        Optional<Endpoints> own = plane.endpoints(cluster.id, cluster.engine, cluster.numNodes);
        if (own.isPresent()) {
            cluster.endpoints = specs.json(own.get());
            return Uni.createFrom().voidItem();
        }
        Endpoints present = specs.endpoints(cluster);
        List<Endpoints.Role> missing = new ArrayList<>(plane.roles(cluster.engine, cluster.numNodes));
        present.all().forEach(endpoint -> missing.remove(endpoint.role()));
        if (missing.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        return alone().chain(() -> ports(cluster.node, plane, missing.size(), new TreeSet<>()))
                .invoke(ports -> cluster.endpoints = specs.json(
                        present.and(endpoints(missing, present.primary().host(), ports))))
                .replaceWithVoid();
    }

    private static List<Endpoints.Endpoint> endpoints(List<Endpoints.Role> roles, String host, List<Integer> ports) {
        return IntStream.range(0, roles.size())
                .mapToObj(i -> new Endpoints.Endpoint(roles.get(i), host, ports.get(i)))
                .toList();
    }

    /**
     * The lowest that no cluster of the node has, and no other program as far as that can be seen from here.
     *
     * @param taken by other programs, as is known by now
     */
    private Uni<List<Integer>> ports(UUID chosen, DataPlane plane, int count, TreeSet<Integer> taken) {
        Executor there = here();
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(PORTS, Integer.class)
                        .setParameter("node", chosen)
                        .setParameter("plane", plane.name())
                        .setParameter(
                                "taken", taken.stream().map(String::valueOf).collect(Collectors.joining(",")))
                        .setParameter("count", count)
                        .getResultList())
                .chain(ports -> {
                    if (ports.size() < count || taken.size() > MOST_TAKEN_PORTS) {
                        throw ApiException.unprocessable("no port is free for another cluster: delete one, or widen "
                                + plane.offer().rangeSetting());
                    }
                    return !chosen.equals(node.id())
                            ? Uni.createFrom().item(ports)
                            : plane.taken(ports).emitOn(there).chain(others -> {
                                taken.addAll(others);
                                return others.isEmpty()
                                        ? Uni.createFrom().item(ports)
                                        : ports(chosen, plane, count, taken);
                            });
                });
    }

    /** A session lives on the context of the request; what looks at ports answers elsewhere. */
    private static Executor here() {
        Context request = Vertx.currentContext();
        return command -> request.runOnContext(nothing -> command.run());
    }
}
