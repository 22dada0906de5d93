package dev.mooring.dataplane.memory;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ChangeProgram;
import dev.mooring.dataplane.ClusterNode;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.DataPlane;
import dev.mooring.dataplane.Endpoints;
import dev.mooring.dataplane.ServerLog;
import dev.mooring.dataplane.facts.ClusterFacts;
import dev.mooring.engine.postgres.ServerParameter;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/** A plane that keeps its clusters in memory and does only some of what can be asked of a plane. */
@Singleton
public class MemoryDataPlane implements DataPlane {

    static final String NAME = "memory";
    /** What this plane refuses to have as a user. */
    static final String REFUSED = "unwelcome";

    private final Map<UUID, ClusterSpec> clusters = new ConcurrentHashMap<>();

    Optional<ClusterSpec> cluster(UUID id) {
        return Optional.ofNullable(clusters.get(id));
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Offer offer() {
        return new Offer(
                "localhost",
                21_000,
                21_499,
                "",
                "none",
                Duration.ZERO,
                Map.of(ToyEngine.SLUG, Map.of("3.9", "3.9.1", "3.10", "3.10.0")),
                List.of());
    }

    @Override
    public boolean servesApps() {
        return false;
    }

    @Override
    public void onOffer(Runnable changed) {}

    @Override
    public Uni<Map<String, ServerParameter>> parameters(UUID cluster) {
        return Uni.createFrom().item(Map.of());
    }

    @Override
    public Uni<String> metrics(UUID cluster) {
        return Uni.createFrom().item("toy_up 1\n");
    }

    @Override
    public List<Endpoints.Role> roles(String engine, int nodes) {
        return List.of(Endpoints.Role.PRIMARY, Endpoints.Role.METRICS);
    }

    @Override
    public int mostNodes(String engine) {
        return 1;
    }

    @Override
    public Uni<List<ClusterNode>> nodes(UUID cluster) {
        return Uni.createFrom().item(List.of());
    }

    @Override
    public Uni<ServerLog> log(UUID cluster, String node, String after, int lines) {
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

    enum Steps implements Step {
        MAKE,
        ROLL_BACK;

        @Override
        public String words() {
            return "Keeping it in mind";
        }
    }

    abstract static class MemoryProgram extends ChangeProgram<Steps, ClusterFacts> {

        protected final MemoryDataPlane plane;

        MemoryProgram(Change change, MemoryDataPlane plane) {
            super(change, NAME, ToyEngine.SLUG, Steps.class, Steps.ROLL_BACK, ClusterFacts.NONE);
            this.plane = plane;
        }

        abstract void make(ClusterSpec spec);

        @Override
        public Next run(Steps step, Task<ClusterSpec, ClusterFacts> task) {
            if (step == Steps.MAKE) {
                make(task.wish());
                task.keep(task.facts().withSemanticVersion(task.wish().version() + ".0"));
            }
            return Next.done(null);
        }
    }

    @Singleton
    static class Provision extends MemoryProgram {
        Provision(MemoryDataPlane plane) {
            super(Change.PROVISION, plane);
        }

        @Override
        void make(ClusterSpec spec) {
            plane.clusters.put(spec.id(), spec);
        }
    }

    @Singleton
    static class Apply extends MemoryProgram {
        Apply(MemoryDataPlane plane) {
            super(Change.APPLY, plane);
        }

        @Override
        void make(ClusterSpec spec) {
            if (spec.users().stream().anyMatch(user -> user.name().equals(REFUSED))) {
                throw new OperationFailed("the memory plane has no place for " + REFUSED);
            }
            plane.clusters.put(spec.id(), spec);
        }
    }

    @Singleton
    static class Destroy extends MemoryProgram {
        Destroy(MemoryDataPlane plane) {
            super(Change.DESTROY, plane);
        }

        @Override
        void make(ClusterSpec spec) {
            plane.clusters.remove(spec.id());
        }
    }
}
