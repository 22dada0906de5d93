package dev.mooring.dataplane.kubernetes.kafka.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.ClusterFacts;
import dev.mooring.dataplane.kubernetes.client.KubernetesSettings;
import dev.mooring.dataplane.kubernetes.kafka.StrimziBrokers;
import dev.mooring.dataplane.kubernetes.kafka.StrimziProjection;
import dev.mooring.dataplane.kubernetes.program.Grown;
import dev.mooring.dataplane.kubernetes.server.OperatorWord.Waiting;
import dev.mooring.engine.kafka.KafkaEngine;
import dev.mooring.operation.Next;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** Makes a running cluster match its spec. What is refused goes back to the spec that was in force before. */
abstract class ReconcileStrimzi extends StrimziProgram<ReconcileStrimzi.Steps, ClusterFacts> {

    public enum Steps implements Step {
        CHECK("Checking what can be changed", Duration.ofMinutes(2)),
        APPLY(
                "Waiting for Strimzi to change the brokers, one after the other where they have to be restarted",
                Duration.ofMinutes(30)),
        MEMBERS("Changing users and what they may do", Duration.ofMinutes(5)),
        ASK("Asking every broker whether it has its settings", Duration.ofMinutes(10)),
        ROLL_BACK("Putting the previous settings back", Duration.ofMinutes(5));

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

    ReconcileStrimzi(
            Change change,
            StrimziProjection projection,
            StrimziBrokers brokers,
            KubernetesSettings settings,
            Clock clock) {
        super(change, Steps.class, Steps.ROLL_BACK, ClusterFacts.NONE, projection, brokers, settings, clock);
    }

    @Override
    protected Next change(Steps step, Task<ClusterSpec, ClusterFacts> task) throws Exception {
        ClusterSpec spec = task.wish();
        return switch (step) {
            case CHECK -> {
                projection.requireRoom(spec);
                projection.apply(spec);
                yield Next.go(Steps.APPLY);
            }
            case APPLY -> after(projection.servers(spec), task, Steps.MEMBERS);
            case MEMBERS -> after(brokers.members(spec, applied(spec)), task, Steps.ASK);
            case ASK -> ask(task);
            case ROLL_BACK -> putBack(task);
        };
    }

    private Next ask(Task<ClusterSpec, ClusterFacts> task) throws Exception {
        ClusterSpec spec = task.wish();
        Optional<Waiting> missing = brokers.missing(spec, applied(spec));
        if (missing.isPresent()) {
            return wait(missing.get(), task);
        }
        projection.remember(spec);
        task.keep(task.facts().refused(null));
        return Next.done(Map.of("brokers", KafkaEngine.brokers(spec.size())));
    }

    private Next putBack(Task<ClusterSpec, ClusterFacts> task) throws Exception {
        ClusterSpec refused = task.wish();
        Optional<ClusterSpec> before = projection.remembered(refused.id());
        if (before.isEmpty()) {
            return Next.done(null);
        }
        projection.apply(before.get());
        brokers.putBack(before.get(), refused);
        return Grown.end(task, before.get(), projection.storageMib(refused.id()));
    }

    @Override
    protected String afterFailure() {
        return "What was in force before is applied again.";
    }
}
