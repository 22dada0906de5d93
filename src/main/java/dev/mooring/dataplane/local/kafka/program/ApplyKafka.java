package dev.mooring.dataplane.local.kafka.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.ClusterFacts;
import dev.mooring.dataplane.local.kafka.broker.Brokers;
import dev.mooring.dataplane.local.kafka.cluster.KafkaManifest;
import dev.mooring.operation.Next;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import jakarta.inject.Singleton;

/** Users, their rights, trusted sources, names and settings of a running cluster. */
@Singleton
class ApplyKafka extends ReconcileKafka<ApplyKafka.Steps> {

    enum Steps implements Step {
        APPLY("Applying users, rights, trusted sources and settings"),
        RESTART("Restarting the brokers one after the other for settings that need it"),
        ROLL_BACK("Putting the previous settings back");

        private final String words;

        Steps(String words) {
            this.words = words;
        }

        @Override
        public String words() {
            return words;
        }
    }

    ApplyKafka(Brokers brokers) {
        super(Change.APPLY, Steps.class, Steps.ROLL_BACK, brokers);
    }

    @Override
    protected Next step(Steps step, Task<ClusterSpec, ClusterFacts> task) throws Exception {
        KafkaManifest manifest = manifest(task);
        return switch (step) {
            case APPLY -> apply(task, manifest, Steps.RESTART);
            case RESTART -> restart(task, manifest);
            case ROLL_BACK -> putBack(task, manifest);
        };
    }
}
