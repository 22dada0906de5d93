package dev.mooring.dataplane.kubernetes.kafka.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.DataPlanes;
import dev.mooring.dataplane.facts.ClusterFacts;
import dev.mooring.dataplane.kubernetes.client.KubernetesSettings;
import dev.mooring.dataplane.kubernetes.kafka.StrimziBrokers;
import dev.mooring.dataplane.kubernetes.kafka.StrimziProjection;
import dev.mooring.dataplane.kubernetes.kafka.StrimziVersions;
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

/** The newest patch of a cluster's version that the setting names, one broker after the other. */
@Singleton
@LookupIfProperty(name = DataPlanes.SETTING, stringValue = Names.PLANE)
public class UpdateStrimzi extends StrimziProgram<UpdateStrimzi.Steps, ClusterFacts> {

    public enum Steps implements Step {
        CHECK("Looking for a newer version", Duration.ofMinutes(2)),
        RESTART("Waiting for Strimzi to restart the brokers with it, one after the other", Duration.ofMinutes(30)),
        ASK("Asking the brokers whether all of them are back", Duration.ofMinutes(5)),
        ROLL_BACK("Starting the version before again", Duration.ofMinutes(30));

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

        @Override
        public boolean cancellable() {
            return this == CHECK;
        }
    }

    UpdateStrimzi(StrimziProjection projection, StrimziBrokers brokers, KubernetesSettings settings, Clock clock) {
        super(
                Change.INSTALL_UPDATE,
                Steps.class,
                Steps.ROLL_BACK,
                ClusterFacts.NONE,
                projection,
                brokers,
                settings,
                clock);
    }

    @Override
    protected Next change(Steps step, Task<ClusterSpec, ClusterFacts> task) throws Exception {
        ClusterSpec spec = task.wish();
        return switch (step) {
            case CHECK -> check(task);
            case RESTART -> {
                String version = task.facts().requiredSemanticVersion();
                projection.run(spec, version, null);
                yield after(projection.runs(spec, version), task, Steps.ASK);
            }
            case ASK -> ask(task);
            case ROLL_BACK -> {
                if (task.facts().update() != null) {
                    projection.runBefore(spec, task.facts().update().from());
                }
                yield Next.done(null);
            }
        };
    }

    private Next check(Task<ClusterSpec, ClusterFacts> task) {
        ClusterSpec spec = task.wish();
        String newest = projection.versions().exact(spec.version());
        String running = projection.version(spec.id());
        if (!StrimziVersions.newer(newest, running)) {
            task.keep(task.facts().withSemanticVersion(running));
            return Next.done(Map.of("version", running, "updated", false));
        }
        task.keep(task.facts().withSemanticVersion(newest).withUpdate(new ClusterFacts.Update(running, null, null)));
        return Next.go(Steps.RESTART);
    }

    private Next ask(Task<ClusterSpec, ClusterFacts> task) throws Exception {
        ClusterSpec spec = task.wish();
        Optional<Waiting> missing = brokers.missing(spec, spec.revision());
        if (missing.isPresent()) {
            return wait(missing.get(), task);
        }
        task.keep(task.facts().withRestart());
        return Next.done(Map.of(
                "from",
                task.facts().requiredUpdate().from(),
                "version",
                task.facts().requiredSemanticVersion(),
                "updated",
                true));
    }

    @Override
    public boolean inForce(Task<ClusterSpec, ClusterFacts> task) {
        return false;
    }

    @Override
    protected String afterFailure() {
        return "The version before is started again.";
    }
}
