package dev.mooring.dataplane.kubernetes;

import dev.mooring.dataplane.ClusterNode;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.ComponentSecrets;
import dev.mooring.dataplane.DataPlane;
import dev.mooring.dataplane.DataPlanes;
import dev.mooring.dataplane.Endpoints;
import dev.mooring.dataplane.Question;
import dev.mooring.dataplane.RecoveryPreview;
import dev.mooring.dataplane.ServerLog;
import dev.mooring.dataplane.Topics;
import dev.mooring.dataplane.Unanswered;
import dev.mooring.dataplane.kubernetes.app.AppSecrets;
import dev.mooring.dataplane.kubernetes.client.Away;
import dev.mooring.dataplane.kubernetes.client.BucketArchive;
import dev.mooring.dataplane.kubernetes.client.KubeObjects;
import dev.mooring.dataplane.kubernetes.client.PostgresImages;
import dev.mooring.dataplane.kubernetes.kafka.StrimziPlane;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.dataplane.kubernetes.object.PoolObjects;
import dev.mooring.dataplane.kubernetes.program.Archive;
import dev.mooring.dataplane.kubernetes.program.Comparison;
import dev.mooring.dataplane.kubernetes.server.Effects;
import dev.mooring.dataplane.kubernetes.server.Instances;
import dev.mooring.dataplane.kubernetes.server.Sessions;
import dev.mooring.dataplane.kubernetes.watch.ArchivingWatch;
import dev.mooring.engine.kafka.KafkaEngine;
import dev.mooring.engine.postgres.PostgresEngine;
import dev.mooring.engine.postgres.ServerParameter;
import dev.mooring.operation.OperationFailed;
import io.quarkus.arc.lookup.LookupIfProperty;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** PostgreSQL clusters that CloudNativePG runs, and Kafka clusters that Strimzi runs. There when {@code MOORING_DATAPLANE} asks for it, else nothing of it is. */
@Singleton
@LookupIfProperty(name = DataPlanes.SETTING, stringValue = Names.PLANE)
public class KubernetesDataPlane implements DataPlane {

    private static final Logger LOG = Logger.getLogger(KubernetesDataPlane.class);
    private static final int MOST_NODES = 3;

    /** Of every version that is offered: the settings that sessions are opened with are those of the oldest. */
    private static final String OLDEST = "14";

    private final KubeObjects objects;
    private final PostgresImages images;
    private final BucketArchive bucket;
    private final Archive archive;
    private final Comparison comparison;
    private final ArchivingWatch watch;
    private final StrimziPlane kafka;
    private final AppSecrets apps;
    private final String appsRuntime;

    KubernetesDataPlane(
            KubeObjects objects,
            PostgresImages images,
            BucketArchive bucket,
            Archive archive,
            Comparison comparison,
            ArchivingWatch watch,
            StrimziPlane kafka,
            AppSecrets apps,
            @ConfigProperty(name = "mooring.apps.runtime", defaultValue = "none") String appsRuntime) {
        this.objects = objects;
        this.images = images;
        this.bucket = bucket;
        this.archive = archive;
        this.comparison = comparison;
        this.watch = watch;
        this.kafka = kafka;
        this.apps = apps;
        this.appsRuntime = appsRuntime;
    }

    @Override
    public String name() {
        return Names.PLANE;
    }

    /** No port of this machine is anybody's: clusters have names of their own. */
    @Override
    public Offer offer() {
        return new Offer(
                objects.namespace() + ".svc",
                Names.PORT,
                Names.PORT,
                "",
                bucket.location(),
                bucket.grace(),
                Map.of(
                        PostgresEngine.ENGINE,
                        images.versions(),
                        KafkaEngine.ENGINE,
                        kafka.versions().offered()),
                images.upgradeTargets());
    }

    @Override
    public void onOffer(Runnable changed) {}

    @Override
    public Optional<Endpoints> endpoints(UUID cluster, String engine, int nodes) {
        if (engine.equals(KafkaEngine.ENGINE)) {
            return Optional.of(kafka.endpoints(cluster));
        }
        List<Endpoints.Endpoint> all = new ArrayList<>();
        for (Endpoints.Role role : roles(engine, nodes)) {
            all.add(new Endpoints.Endpoint(
                    role,
                    role == Endpoints.Role.PRIMARY
                            ? Names.primaryHost(cluster, objects.namespace())
                            : Names.standbyHost(cluster, objects.namespace()),
                    Names.PORT));
        }
        return Optional.of(new Endpoints(all));
    }

    @Override
    public List<Endpoints.Role> roles(String engine, int nodes) {
        List<Endpoints.Role> roles = new ArrayList<>(List.of(Endpoints.Role.PRIMARY));
        if (engine.equals(KafkaEngine.ENGINE)) {
            return roles;
        }
        roles.addAll(Collections.nCopies(nodes - 1, Endpoints.Role.STANDBY));
        return roles;
    }

    /** Of Kafka nothing is compared: its next change puts it right. */
    @Override
    public Uni<Optional<Drift>> drift(UUID cluster, String engine) {
        return engine.equals(PostgresEngine.ENGINE)
                ? ask(() -> comparison.drift(cluster))
                : Uni.createFrom().item(Optional.empty());
    }

    @Override
    public boolean onMachines() {
        return false;
    }

    @Override
    public boolean upgradesFollowers() {
        return false;
    }

    @Override
    public int mostNodes(String engine) {
        return MOST_NODES;
    }

    @Override
    public Optional<Topics> topics(String engine) {
        return engine.equals(KafkaEngine.ENGINE) ? Optional.of(kafka.topics()) : Optional.empty();
    }

    @Override
    public Optional<String> missing(String engine) {
        return engine.equals(KafkaEngine.ENGINE) ? kafka.versions().missing() : Optional.empty();
    }

    @Override
    public Optional<Pooling> pooling(String engine) {
        return engine.equals(PostgresEngine.ENGINE) ? Optional.of(new OwnPools(objects.namespace())) : Optional.empty();
    }

    /** What CloudNativePG's poolers can be: each has a Service, and knows no name but that of a database. */
    private record OwnPools(String namespace) implements Pooling {

        @Override
        public Optional<Endpoints.Endpoint> address(UUID cluster, String pool) {
            return Optional.of(new Endpoints.Endpoint(
                    Endpoints.Role.POOL, Names.poolerHost(cluster, pool, namespace), Names.PORT));
        }

        /** What they log in with is made by the operator where it can write, and only for pools that are there. */
        @Override
        public Optional<String> ofFollowers() {
            return Optional.of(
                    "CloudNativePG's pools do not work in front of servers that take no writes; use a pool of"
                            + " the cluster itself, or connect to the read-only node without one");
        }

        @Override
        public Optional<String> refusal(ClusterSpec.PoolMode mode) {
            return mode == ClusterSpec.PoolMode.STATEMENT
                    ? Optional.of("must be session or transaction on the data plane kubernetes: CloudNativePG has no"
                            + " pools of the mode statement")
                    : Optional.empty();
        }

        @Override
        public Optional<String> refusal(String database) {
            return PoolObjects.fits(database)
                    ? Optional.empty()
                    : Optional.of(
                            "must have 1 to 63 letters, digits, underscores, dots and dashes, begin with a letter or"
                                    + " underscore, and not be pgbouncer: on the data plane kubernetes clients connect to a pool"
                                    + " by its database's name");
        }
    }

    /** Others run them here, and have to be told of the variables. */
    @Override
    public boolean servesApps() {
        return appsRuntime.equalsIgnoreCase(Names.PLANE);
    }

    @Override
    public Optional<ComponentSecrets> componentSecrets() {
        return servesApps() ? Optional.of(apps) : Optional.empty();
    }

    @Override
    public Uni<Optional<String>> authority(UUID cluster) {
        return ask(() -> Optional.of(kafka.authority(cluster)
                .or(() -> new Instances(objects, cluster).publishedAuthority())
                .orElseThrow(() ->
                        new OperationFailed("the cluster's CA is not known yet: it is when the cluster is online"))));
    }

    @Override
    public Uni<List<ClusterNode>> nodes(UUID cluster) {
        return ask(() -> new Instances(objects, cluster).nodes());
    }

    @Override
    public Uni<Map<String, ServerParameter>> parameters(UUID cluster) {
        return ask(() -> {
            Optional<Map<String, ServerParameter>> ofBrokers = kafka.parameters(cluster);
            if (ofBrokers.isPresent()) {
                return ofBrokers.get();
            }
            Instances instances = new Instances(objects, cluster);
            Optional<Sessions> sessions = Sessions.of(instances, OLDEST);
            return sessions.isEmpty() ? Map.of() : new Effects(instances, sessions.get()).parameters();
        });
    }

    /** The operator serves them at each pod, for the cluster's own Prometheus. */
    @Override
    public boolean measures() {
        return false;
    }

    @Override
    public Uni<String> metrics(UUID cluster) {
        return Uni.createFrom().failure(new UnsupportedOperationException("measurements are read at the pods"));
    }

    /** Kubernetes has them: they are read there. */
    @Override
    public boolean keepsLogs() {
        return false;
    }

    @Override
    public Uni<ServerLog> log(UUID cluster, @Nullable String node, @Nullable String after, int lines) {
        return Uni.createFrom().failure(new UnsupportedOperationException("logs are read where the pods' are"));
    }

    /** Whoever asks is told why there is no answer. */
    private static <T> Uni<T> ask(Callable<T> question) {
        return Question.ask(() -> {
            try {
                return question.call();
            } catch (Away | OperationFailed | Topics.Unreachable e) {
                throw new Unanswered(e.getMessage(), e);
            } catch (SQLException e) {
                throw new Unanswered("the cluster's server does not answer Mooring: " + e.getMessage(), e);
            }
        });
    }

    @Override
    public Uni<List<Integer>> taken(List<Integer> ports) {
        return Uni.createFrom().item(List.of());
    }

    @Override
    public void onRestart(RestartListener listener) {}

    @Override
    public void onFailover(FailoverListener listener) {}

    @Override
    public void onArchiving(ArchiveListener listener) {
        watch.tell(listener);
    }

    @Override
    public boolean archivesEachCommit() {
        return false;
    }

    /** What barman has stored is told by nobody before it is recovered. */
    @Override
    public Uni<Optional<RecoveryPreview>> recovery(UUID cluster, @Nullable Instant at) {
        return Uni.createFrom()
                .failure(new OperationFailed(
                        "what a restore is made of cannot be told before on the data plane kubernetes;"
                                + " that does not keep it from being made"));
    }

    @Override
    public void onSweep(Predicate<UUID> promised) {
        archive.awaited(promised);
    }

    @Override
    public void sweepArchives() {
        if (bucket.bucket().isEmpty()) {
            return;
        }
        Thread.ofVirtual().name("archive-sweep").start(() -> {
            try {
                archive.sweep(Instant.now());
            } catch (IOException | RuntimeException e) {
                LOG.warnf("old archives on Kubernetes are not removed: %s", e.getMessage());
            }
        });
    }
}
