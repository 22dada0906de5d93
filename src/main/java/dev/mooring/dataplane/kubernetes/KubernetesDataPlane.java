package dev.mooring.dataplane.kubernetes;

import dev.mooring.dataplane.ClusterNode;
import dev.mooring.dataplane.DataPlane;
import dev.mooring.dataplane.DataPlanes;
import dev.mooring.dataplane.Endpoints;
import dev.mooring.dataplane.Question;
import dev.mooring.dataplane.ServerLog;
import dev.mooring.dataplane.kubernetes.client.KubeObjects;
import dev.mooring.dataplane.kubernetes.client.PostgresImages;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.dataplane.kubernetes.server.Effects;
import dev.mooring.dataplane.kubernetes.server.Instances;
import dev.mooring.dataplane.kubernetes.server.Sessions;
import dev.mooring.engine.postgres.PostgresEngine;
import dev.mooring.engine.postgres.ServerParameter;
import io.quarkus.arc.lookup.LookupIfProperty;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;

/** PostgreSQL clusters that CloudNativePG runs. There when {@code MOORING_DATAPLANE} asks for it, else nothing of it is. */
@Singleton
@LookupIfProperty(name = DataPlanes.SETTING, stringValue = Names.PLANE)
public class KubernetesDataPlane implements DataPlane {

    private static final int MOST_NODES = 3;

    /** Of every version that is offered: the settings that sessions are opened with are those of the oldest. */
    private static final String OLDEST = "14";

    private final KubeObjects objects;
    private final PostgresImages images;

    KubernetesDataPlane(KubeObjects objects, PostgresImages images) {
        this.objects = objects;
        this.images = images;
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
                "",
                Duration.ZERO,
                Map.of(PostgresEngine.ENGINE, images.versions()),
                List.of());
    }

    @Override
    public void onOffer(Runnable changed) {}

    @Override
    public Optional<Endpoints> endpoints(UUID cluster, String engine, int nodes) {
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
        roles.addAll(Collections.nCopies(nodes - 1, Endpoints.Role.STANDBY));
        return roles;
    }

    @Override
    public int mostNodes(String engine) {
        return engine.equals(PostgresEngine.ENGINE) ? MOST_NODES : 1;
    }

    @Override
    public boolean servesApps() {
        return false;
    }

    @Override
    public Uni<Optional<String>> authority(UUID cluster) {
        return Question.ask(() -> new Instances(objects, cluster).authority());
    }

    @Override
    public Uni<List<ClusterNode>> nodes(UUID cluster) {
        return Question.ask(() -> new Instances(objects, cluster).nodes());
    }

    @Override
    public Uni<Map<String, ServerParameter>> parameters(UUID cluster) {
        return Question.ask(() -> {
            Instances instances = new Instances(objects, cluster);
            Optional<Sessions> sessions = Sessions.of(instances, OLDEST);
            return sessions.isEmpty() ? Map.of() : new Effects(instances, sessions.get()).parameters();
        });
    }

    /** The operator serves them at each pod, for the cluster's own Prometheus. */
    @Override
    public Uni<String> metrics(UUID cluster) {
        return Uni.createFrom().item("");
    }

    /** Kubernetes has it: it is read there. */
    @Override
    public Uni<ServerLog> log(UUID cluster, String after, int lines) {
        return Uni.createFrom().item(new ServerLog(List.of(), null));
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
    public void onArchiving(ArchiveListener listener) {}

    @Override
    public void onSweep(Predicate<UUID> promised) {}

    @Override
    public void sweepArchives() {}
}
