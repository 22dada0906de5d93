package dev.mooring.dataplane.kubernetes.kafka.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.DataPlanes;
import dev.mooring.dataplane.facts.UpgradeFacts;
import dev.mooring.dataplane.kubernetes.client.KubernetesSettings;
import dev.mooring.dataplane.kubernetes.kafka.StrimziBrokers;
import dev.mooring.dataplane.kubernetes.kafka.StrimziProjection;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.dataplane.kubernetes.server.OperatorWord.Waiting;
import dev.mooring.operation.Next;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import io.quarkus.arc.lookup.LookupIfProperty;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Another version of Kafka: the brokers first, one after the other; what they write in its new form last, because that cannot be undone. */
@Singleton
@LookupIfProperty(name = DataPlanes.SETTING, stringValue = Names.PLANE)
public class UpgradeStrimzi extends StrimziProgram<UpgradeStrimzi.Steps, UpgradeFacts> {

    public enum Steps implements Step {
        CHECK("Looking for what stands in the way of the upgrade", Duration.ofMinutes(2)),
        RESTART(
                "Waiting for Strimzi to restart the brokers with the new version, one after the other",
                Duration.ofMinutes(30)),
        ASK("Asking the brokers whether every copy is in step", Duration.ofMinutes(30)),
        RAISE("Raising the version of the metadata: from here on there is no way back", Duration.ofMinutes(30)),
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

    UpgradeStrimzi(StrimziProjection projection, StrimziBrokers brokers, KubernetesSettings settings, Clock clock) {
        super(Change.UPGRADE, Steps.class, Steps.ROLL_BACK, UpgradeFacts.NONE, projection, brokers, settings, clock);
    }

    @Override
    protected Next change(Steps step, Task<ClusterSpec, UpgradeFacts> task) throws Exception {
        ClusterSpec spec = task.wish();
        return switch (step) {
            case CHECK -> check(task);
            case RESTART -> {
                String version = task.facts().requiredSemanticVersion();
                projection.run(spec, version, projection.metadata(spec.id()));
                yield after(projection.runs(spec, version), task, Steps.ASK);
            }
            case ASK -> ask(task);
            case RAISE -> raise(task);
            case ROLL_BACK -> {
                if (task.facts().oldVersion() != null && task.facts().servesSince() == null) {
                    projection.runBefore(spec, task.facts().oldVersion());
                }
                yield Next.done(null);
            }
        };
    }

    private Next check(Task<ClusterSpec, UpgradeFacts> task) throws Exception {
        ClusterSpec spec = task.wish();
        CheckUpgradeStrimzi.check(projection, brokers, spec);
        String wanted = projection.versions().exact(spec.version());
        task.keep(task.facts()
                .with(facts -> facts.oldVersion(projection.version(spec.id())).semanticVersion(wanted)));
        return Next.go(Steps.RESTART);
    }

    private Next ask(Task<ClusterSpec, UpgradeFacts> task) throws Exception {
        ClusterSpec spec = task.wish();
        Optional<Waiting> missing = brokers.missing(spec, spec.revision());
        if (missing.isEmpty()) {
            missing = brokers.behind(spec);
        }
        if (missing.isEmpty()) {
            // Before it is told: whatever comes of it, there may be no way back.
            task.keep(task.facts().withServesSince(now().toString()));
            projection.run(spec, task.facts().requiredSemanticVersion(), null);
        }
        return after(missing, task, Steps.RAISE);
    }

    private Next raise(Task<ClusterSpec, UpgradeFacts> task) {
        ClusterSpec spec = task.wish();
        Optional<Waiting> waiting = projection.runs(spec, task.facts().requiredSemanticVersion());
        if (waiting.isEmpty() && !projection.metadata(spec.id()).startsWith(spec.version())) {
            waiting =
                    Optional.of(Waiting.on("the metadata have the version " + projection.metadata(spec.id()) + " yet"));
        }
        if (waiting.isPresent()) {
            return wait(waiting.get(), task);
        }
        Map<String, Object> receipt = new LinkedHashMap<>();
        receipt.put("from", task.facts().oldVersion());
        receipt.put("version", task.facts().semanticVersion());
        receipt.put("method", "rolling");
        receipt.put("metadata_version", projection.metadata(spec.id()));
        receipt.put("undo_problem", CheckUpgradeStrimzi.NO_WAY_BACK);
        return Next.done(receipt);
    }

    @Override
    public boolean inForce(Task<ClusterSpec, UpgradeFacts> task) {
        return false;
    }

    @Override
    protected String afterFailure() {
        return "Until the metadata have the form of the new version, the version before is started again.";
    }
}
