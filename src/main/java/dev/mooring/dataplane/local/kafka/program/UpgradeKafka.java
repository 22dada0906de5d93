package dev.mooring.dataplane.local.kafka.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.UpgradeFacts;
import dev.mooring.dataplane.kafka.Features;
import dev.mooring.dataplane.local.kafka.broker.Brokers;
import dev.mooring.dataplane.local.kafka.cluster.KafkaManifest;
import dev.mooring.operation.Next;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import dev.mooring.process.kafka.KafkaBundle;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Another version of Kafka: the brokers first, one after the other; what they write in its new form last, because that cannot be undone. */
@Singleton
class UpgradeKafka extends KafkaProgram<UpgradeKafka.Steps, UpgradeFacts> {

    enum Steps implements Step {
        CHECK("Looking for what stands in the way of the upgrade"),
        RESTART("Restarting the brokers with the new version, one after the other"),
        RAISE("Raising the version of the metadata: from here on there is no way back"),
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

    UpgradeKafka(Brokers brokers) {
        super(Change.UPGRADE, Steps.class, Steps.ROLL_BACK, UpgradeFacts.NONE, brokers);
    }

    @Override
    protected Next step(Steps step, Task<ClusterSpec, UpgradeFacts> task) throws Exception {
        KafkaManifest manifest = manifest(task);
        return switch (step) {
            case CHECK -> check(task, manifest);
            case RESTART -> restart(task, manifest);
            case RAISE -> raise(task, manifest);
            case ROLL_BACK -> rollBack(task, manifest);
        };
    }

    private Next check(Task<ClusterSpec, UpgradeFacts> task, KafkaManifest manifest) throws Exception {
        CheckUpgradeKafka.check(brokers, task.wish(), manifest);
        task.keep(task.facts().withOldVersion(manifest.version()));
        return Next.go(Steps.RESTART);
    }

    private Next restart(Task<ClusterSpec, UpgradeFacts> task, KafkaManifest manifest) throws Exception {
        KafkaManifest upgraded =
                brokers.versions().upgraded(manifest, task.wish().version());
        Optional<Next> waits = roll(task, upgraded);
        if (waits.isPresent()) {
            return waits.get();
        }
        brokers.folder(manifest.id()).write(upgraded);
        brokers.watch(upgraded);
        task.keep(task.facts().withSemanticVersion(upgraded.version()));
        return Next.go(Steps.RAISE);
    }

    private Next raise(Task<ClusterSpec, UpgradeFacts> task, KafkaManifest manifest) throws Exception {
        short level = new Features(brokers.admin(manifest)).raise();
        task.keep(task.facts().withServesSince(Instant.now().toString()));
        Map<String, Object> receipt = new LinkedHashMap<>();
        receipt.put("from", task.facts().oldVersion());
        receipt.put("version", task.facts().semanticVersion());
        receipt.put("method", "rolling");
        receipt.put("metadata_version_level", level);
        receipt.putAll(pauses(task.facts()));
        receipt.put("undo_problem", CheckUpgradeKafka.NO_WAY_BACK);
        return Next.done(receipt);
    }

    /** The metadata have the form of before, as a rule: it is the last thing to be changed. */
    private Next rollBack(Task<ClusterSpec, UpgradeFacts> task, KafkaManifest manifest) throws Exception {
        if (task.facts().semanticVersion() != null && new Features(brokers.admin(manifest)).raised()) {
            // It was the answer that was lost.
            task.keep(task.facts().withServesSince(Instant.now().toString()));
        } else if (task.facts().oldVersion() != null) {
            String from = task.wish().requiredUpgrade().from();
            KafkaManifest before = KafkaBundle.minor(manifest.version()).equals(from)
                    ? manifest
                    : brokers.versions().upgraded(manifest, from);
            Next back = goBack(task, before);
            if (!(back instanceof Next.Done)) {
                return back;
            }
            brokers.folder(manifest.id()).write(before);
            brokers.watch(before);
            return back;
        }
        return Next.done(null);
    }
}
