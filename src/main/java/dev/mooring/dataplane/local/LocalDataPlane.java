package dev.mooring.dataplane.local;

import dev.mooring.dataplane.ClientSessions;
import dev.mooring.dataplane.ClusterNode;
import dev.mooring.dataplane.DataPlane;
import dev.mooring.dataplane.DataPlanes;
import dev.mooring.dataplane.Endpoints;
import dev.mooring.dataplane.Question;
import dev.mooring.dataplane.RecoveryPreview;
import dev.mooring.dataplane.ServerLog;
import dev.mooring.dataplane.Topics;
import dev.mooring.dataplane.local.archive.Archiver;
import dev.mooring.dataplane.local.archive.Archives;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.ClusterMetrics;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.cluster.LocalSettings;
import dev.mooring.dataplane.local.cluster.ServerLogs;
import dev.mooring.dataplane.local.kafka.KafkaPlane;
import dev.mooring.dataplane.local.pool.OpenSessions;
import dev.mooring.dataplane.local.pool.Pooler;
import dev.mooring.dataplane.local.recovery.RecoveryPlan;
import dev.mooring.dataplane.local.standby.StandbyKeeper;
import dev.mooring.dataplane.local.standby.Topology;
import dev.mooring.engine.kafka.KafkaEngine;
import dev.mooring.engine.postgres.PostgresEngine;
import dev.mooring.engine.postgres.ServerParameter;
import dev.mooring.operation.Node;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Servers of PostgreSQL and of Kafka on this machine. */
@ApplicationScoped
public class LocalDataPlane implements DataPlane {

    private static final Logger LOG = Logger.getLogger(LocalDataPlane.class);

    /** A primary and what the API calls one or two standby nodes. */
    private static final int MOST_NODES = 3;

    /** What is reached of a PostgreSQL cluster. */
    private static final List<Endpoints.Role> ROLES = List.of(
            Endpoints.Role.PRIMARY,
            Endpoints.Role.POOL,
            Endpoints.Role.METRICS,
            Endpoints.Role.BUILD,
            Endpoints.Role.DRILL);

    private final LocalClusters clusters;
    private final LocalSettings settings;
    private final Node node;
    private final Archives archives;
    private final Archiver archiver;
    private final RecoveryPlan plan;
    private final StandbyKeeper standbys;
    private final Topology topology;
    private final KafkaPlane kafka;
    private final boolean takesNew;

    LocalDataPlane(
            LocalClusters clusters,
            LocalSettings settings,
            Node node,
            Archives archives,
            Archiver archiver,
            RecoveryPlan plan,
            StandbyKeeper standbys,
            KafkaPlane kafka,
            @ConfigProperty(name = DataPlanes.SETTING, defaultValue = LocalClusters.PLANE) String chosen) {
        this.clusters = clusters;
        this.settings = settings;
        this.node = node;
        this.archives = archives;
        this.archiver = archiver;
        this.plan = plan;
        this.standbys = standbys;
        this.topology = new Topology(clusters, standbys, settings.hostname());
        this.kafka = kafka;
        this.takesNew = chosen.equals(LocalClusters.PLANE);
    }

    @Override
    public String name() {
        return LocalClusters.PLANE;
    }

    @Override
    public Offer offer() {
        String[] range = settings.ports().split("-");
        return new Offer(
                settings.hostname(),
                Integer.parseInt(range[0].strip()),
                Integer.parseInt(range[1].strip()),
                "MOORING_LOCAL_PORTS",
                archives.location(),
                archives.grace(),
                takesNew
                        ? Map.of(
                                PostgresEngine.ENGINE,
                                clusters.engines().versions(),
                                KafkaEngine.ENGINE,
                                kafka.versions())
                        : Map.of(),
                takesNew ? clusters.engines().upgradeTools().targetsSoFar() : List.of());
    }

    @Override
    public Optional<Pooling> pooling(String engine) {
        return engine.equals(PostgresEngine.ENGINE) ? Optional.of(Pooling.OF_ANY_KIND) : Optional.empty();
    }

    @Override
    public void onOffer(Runnable changed) {
        if (node.worker()) {
            clusters.engines().upgradeTools().onFound(changed);
        }
    }

    @Override
    public Uni<Map<String, ServerParameter>> parameters(UUID cluster) {
        return Question.ask(() -> {
            Optional<Map<String, ServerParameter>> ofBrokers = kafka.parameters(cluster);
            if (ofBrokers.isPresent()) {
                return ofBrokers.get();
            }
            Map<String, ServerParameter> parameters = new HashMap<>();
            Optional<ClusterFolder.Manifest> manifest = clusters.folder(cluster).manifest();
            if (manifest.isPresent()) {
                try (Connection connection = clusters.open(manifest.get(), "postgres");
                        Statement statement = connection.createStatement();
                        ResultSet rows = statement.executeQuery(
                                "select name, setting, unit, context = 'postmaster' from pg_settings")) {
                    while (rows.next()) {
                        parameters.put(
                                rows.getString(1),
                                new ServerParameter(rows.getString(2), rows.getString(3), rows.getBoolean(4)));
                    }
                }
            }
            return parameters;
        });
    }

    @Override
    public Uni<String> metrics(UUID cluster) {
        return Question.ask(() -> {
            Optional<String> ofBrokers = kafka.metrics(cluster);
            if (ofBrokers.isPresent()) {
                return ofBrokers.get();
            }
            ClusterFolder folder = clusters.folder(cluster);
            Optional<ClusterFolder.Manifest> manifest = folder.manifest();
            return manifest.isEmpty()
                    ? ClusterMetrics.DOWN
                    : ClusterMetrics.collect(database -> clusters.open(manifest.get(), database))
                            + ClusterMetrics.ofPlaces(manifest.get())
                            + new Pooler(clusters, folder).metrics();
        });
    }

    @Override
    public Optional<Topics> topics(String engine) {
        return engine.equals(KafkaEngine.ENGINE) ? Optional.of(kafka.topics()) : Optional.empty();
    }

    @Override
    public Optional<String> missing(String engine) {
        if (!takesNew) {
            return Optional.of("new clusters go where MOORING_DATAPLANE says, and there is none of it there");
        }
        return engine.equals(KafkaEngine.ENGINE) ? kafka.missing() : Optional.empty();
    }

    @Override
    public List<Endpoints.Role> roles(String engine, int nodes) {
        if (engine.equals(KafkaEngine.ENGINE)) {
            return kafka.roles();
        }
        List<Endpoints.Role> roles = new ArrayList<>(ROLES);
        roles.addAll(Collections.nCopies(nodes - 1, Endpoints.Role.STANDBY));
        return roles;
    }

    @Override
    public int mostNodes(String engine) {
        return MOST_NODES;
    }

    @Override
    public boolean servesApps() {
        return takesNew;
    }

    @Override
    public Uni<List<ClusterNode>> nodes(UUID cluster) {
        return Question.ask(() -> {
            Optional<List<ClusterNode>> ofBrokers = kafka.nodes(cluster);
            return ofBrokers.isPresent() ? ofBrokers.get() : topology.of(cluster);
        });
    }

    @Override
    public Uni<Optional<List<ClientSessions>>> sessions(UUID cluster, @Nullable List<String> networks) {
        return Question.ask(() -> new OpenSessions(clusters).of(cluster, networks));
    }

    @Override
    public Uni<ServerLog> log(UUID cluster, @Nullable String node, @Nullable String after, int lines) {
        return Question.ask(() -> {
            Optional<Map<String, Path>> ofBrokers = kafka.logs(cluster);
            Map<String, Path> logs = ofBrokers.isPresent() ? ofBrokers.get() : topology.logs(cluster);
            Path log = node == null ? logs.values().iterator().next() : logs.get(node);
            if (log == null) {
                throw new IllegalArgumentException("node: must be one of " + String.join(", ", logs.keySet()));
            }
            return ServerLogs.read(log, clusters.account(), after, lines);
        });
    }

    @Override
    public Uni<Optional<RecoveryPreview>> recovery(UUID cluster, @Nullable Instant at) {
        return Question.ask(() -> Optional.of(plan.preview(cluster, at)));
    }

    @Override
    public Uni<List<Integer>> taken(List<Integer> ports) {
        return Question.ask(
                () -> ports.stream().filter(port -> !clusters.portFree(port)).toList());
    }

    @Override
    public void onRestart(RestartListener listener) {
        clusters.supervisor().onRestart(listener);
    }

    @Override
    public void onFailover(FailoverListener listener) {
        standbys.onFailover(listener);
    }

    @Override
    public void onArchiving(ArchiveListener listener) {
        archiver.onChange(listener);
    }

    @Override
    public void onSweep(Predicate<UUID> promised) {
        archives.awaited(promised);
    }

    @Override
    public void sweepArchives() {
        Thread.ofVirtual().name("archive-sweep").start(() -> {
            try {
                archives.sweep();
            } catch (IOException | RuntimeException e) {
                LOG.warnf("old archives are not removed: %s", e.getMessage());
            }
        });
    }
}
