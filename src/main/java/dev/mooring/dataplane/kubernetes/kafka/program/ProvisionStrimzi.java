package dev.mooring.dataplane.kubernetes.kafka.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.DataPlanes;
import dev.mooring.dataplane.facts.ClusterFacts;
import dev.mooring.dataplane.kubernetes.client.KubernetesSettings;
import dev.mooring.dataplane.kubernetes.kafka.StrimziBrokers;
import dev.mooring.dataplane.kubernetes.kafka.StrimziProjection;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.dataplane.kubernetes.server.OperatorWord.Waiting;
import dev.mooring.engine.kafka.KafkaEngine;
import dev.mooring.operation.Next;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import io.quarkus.arc.lookup.LookupIfProperty;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** A new cluster, up to brokers that let its administrator in. */
@Singleton
@LookupIfProperty(name = DataPlanes.SETTING, stringValue = Names.PLANE)
public class ProvisionStrimzi extends StrimziProgram<ProvisionStrimzi.Steps, ClusterFacts> {

    public enum Steps implements Step {
        CHECK("Writing what the cluster is to be", Duration.ofMinutes(2)),
        CREATE("Waiting for Strimzi to start the brokers", Duration.ofMinutes(15)),
        SET_UP("Making the cluster's users", Duration.ofMinutes(5)),
        ASK("Asking every broker whether it has its settings", Duration.ofMinutes(5)),
        ROLL_BACK("Removing what was made", Duration.ofMinutes(10));

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

    ProvisionStrimzi(StrimziProjection projection, StrimziBrokers brokers, KubernetesSettings settings, Clock clock) {
        super(Change.PROVISION, Steps.class, Steps.ROLL_BACK, ClusterFacts.NONE, projection, brokers, settings, clock);
    }

    @Override
    protected Next change(Steps step, Task<ClusterSpec, ClusterFacts> task) throws Exception {
        ClusterSpec spec = task.wish();
        return switch (step) {
            case CHECK -> {
                projection.versions().exact(spec.version());
                projection.create(spec);
                yield Next.go(Steps.CREATE);
            }
            case CREATE -> after(projection.servers(spec), task, Steps.SET_UP);
            case SET_UP -> after(brokers.members(spec, 0), task, Steps.ASK);
            case ASK -> ask(task);
            case ROLL_BACK -> {
                brokers.forget(spec);
                yield projection
                        .remove(spec.id())
                        .map(left -> Next.waitFor(LOOK, left.why()))
                        .orElseGet(() -> Next.done(null));
            }
        };
    }

    private Next ask(Task<ClusterSpec, ClusterFacts> task) throws Exception {
        ClusterSpec spec = task.wish();
        Optional<Waiting> missing = brokers.missing(spec, 0);
        if (missing.isPresent()) {
            return wait(missing.get(), task);
        }
        projection.remember(spec);
        String version = projection.version(spec.id());
        task.keep(task.facts().withSemanticVersion(version).withRefusedSince(null));
        return Next.done(Map.of("version", version, "brokers", KafkaEngine.brokers(spec.size())));
    }

    @Override
    protected String afterFailure() {
        return "What was made is removed; create the cluster again when the cause is gone.";
    }
}
