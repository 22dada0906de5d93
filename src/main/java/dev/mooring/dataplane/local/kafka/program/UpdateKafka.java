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
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The newest minor version of a cluster's major, one broker after the other. */
@Singleton
class UpdateKafka extends KafkaProgram<UpdateKafka.Steps, ClusterFacts> {

    enum Steps implements Step {
        CHECK("Looking for a newer minor version"),
        RESTART("Restarting the brokers with it, one after the other"),
        ROLL_BACK("Starting the version before again");

        private final String words;

        Steps(String words) {
            this.words = words;
        }

        @Override
        public String words() {
            return words;
        }

        @Override
        public boolean cancellable() {
            return this == CHECK;
        }
    }

    UpdateKafka(Brokers brokers) {
        super(Change.INSTALL_UPDATE, Steps.class, Steps.ROLL_BACK, ClusterFacts.NONE, brokers);
    }

    @Override
    protected Next step(Steps step, Task<ClusterSpec, ClusterFacts> task) throws Exception {
        KafkaManifest manifest = manifest(task);
        return switch (step) {
            case CHECK -> check(task, manifest);
            case RESTART -> restart(task, manifest);
            case ROLL_BACK -> goBack(task, manifest);
        };
    }

    private Next check(Task<ClusterSpec, ClusterFacts> task, KafkaManifest manifest) throws Exception {
        KafkaManifest newest = brokers.versions().newest(manifest);
        task.keep(task.facts().withSemanticVersion(newest.version()));
        return newest.version().equals(manifest.version())
                ? Next.done(Map.of("version", manifest.version(), "updated", false))
                : Next.go(Steps.RESTART);
    }

    private Next restart(Task<ClusterSpec, ClusterFacts> task, KafkaManifest manifest) throws Exception {
        KafkaManifest newest = brokers.versions().newest(manifest);
        Optional<Next> waits = roll(task, newest);
        if (waits.isPresent()) {
            return waits.get();
        }
        Map<String, Object> receipt = new LinkedHashMap<>();
        receipt.put("from", manifest.version());
        receipt.put("version", newest.version());
        receipt.put("updated", true);
        receipt.putAll(pauses(task.facts()));
        brokers.folder(manifest.id()).write(newest);
        brokers.watch(newest);
        task.keep(task.facts().withRestart());
        return Next.done(receipt);
    }
}
