package dev.mooring.dataplane.kubernetes.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.DataPlanes;
import dev.mooring.dataplane.facts.ClusterFacts;
import dev.mooring.dataplane.kubernetes.client.KubernetesSettings;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.dataplane.kubernetes.server.OperatorWord.Waiting;
import dev.mooring.operation.Next;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import io.quarkus.arc.lookup.LookupIfProperty;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** A new cluster: its objects, its servers, its users and databases. */
@Singleton
@LookupIfProperty(name = DataPlanes.SETTING, stringValue = Names.PLANE)
public class ProvisionOnKubernetes extends KubernetesProgram<ProvisionOnKubernetes.Steps, ClusterFacts> {

    public enum Steps implements Step {
        CHECK("Checking version and image", Duration.ofMinutes(2)),
        CREATE("Waiting for CloudNativePG to start the servers", Duration.ofMinutes(15)),
        SET_UP("Creating users and databases", Duration.ofMinutes(5)),
        ASK("Asking every server whether it has its settings", Duration.ofMinutes(5)),
        ROLL_BACK("Removing what was made", Duration.ofMinutes(5));

        private final String words;
        private final Duration deadline;

        Steps(String words, Duration deadline) {
            this.words = words;
            this.deadline = deadline;
        }

        @Override
        public String words() {
            return words;
        }

        @Override
        public Duration deadline() {
            return deadline;
        }
    }

    ProvisionOnKubernetes(Projection projection, KubernetesSettings settings, Clock clock) {
        super(Change.PROVISION, Steps.class, Steps.ROLL_BACK, ClusterFacts.NONE, projection, settings, clock);
    }

    @Override
    protected Next step(Steps step, Task<ClusterSpec, ClusterFacts> task) throws Exception {
        ClusterSpec spec = task.wish();
        return switch (step) {
            case CHECK -> {
                projection.requireImage(spec);
                projection.create(spec);
                yield Next.go(Steps.CREATE);
            }
            case CREATE -> after(projection.servers(spec), task, Steps.SET_UP);
            case SET_UP -> {
                Optional<Waiting> waiting =
                        members(spec).settle().or(() -> poolers(spec).settle());
                yield after(waiting.or(() -> dropped(spec)), task, Steps.ASK);
            }
            case ASK -> ask(task);
            case ROLL_BACK ->
                new Removal(projection, spec.id())
                        .go(now())
                        .map(left -> Next.waitFor(LOOK, left.why()))
                        .orElseGet(() -> Next.done(null));
        };
    }

    private Next ask(Task<ClusterSpec, ClusterFacts> task) throws Exception {
        ClusterSpec spec = task.wish();
        Optional<Waiting> missing = settled(spec);
        if (missing.isPresent()) {
            return wait(missing.get(), task);
        }
        String version = projection.effects(spec).orElseThrow().version();
        task.keep(task.facts().withSemanticVersion(version).withRefusedSince(null));
        return Next.done(Map.of("version", version, "nodes", spec.nodes()));
    }

    @Override
    protected String afterFailure() {
        return "What was made is removed; create the cluster again when the cause is gone.";
    }
}
