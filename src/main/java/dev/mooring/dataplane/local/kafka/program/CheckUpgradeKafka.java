package dev.mooring.dataplane.local.kafka.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.UpgradeFacts;
import dev.mooring.dataplane.kafka.Lag;
import dev.mooring.dataplane.local.kafka.broker.Brokers;
import dev.mooring.dataplane.local.kafka.cluster.KafkaManifest;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import jakarta.inject.Singleton;
import java.util.LinkedHashMap;
import java.util.Map;

/** Says whether a cluster could be upgraded, and what that could not be undone. */
@Singleton
class CheckUpgradeKafka extends KafkaProgram<CheckUpgradeKafka.Steps, UpgradeFacts> {

    /** Once the metadata have the new form. */
    static final String NO_WAY_BACK =
            "there is none: brokers of the version before do not read what the new one writes."
                    + " Until all of them run the new one, a failure brings back the version before";

    enum Steps implements Step {
        CHECK("Looking for what stands in the way of the upgrade"),
        ROLL_BACK("Ending after a failure");

        private final String words;

        Steps(String words) {
            this.words = words;
        }

        @Override
        public String words() {
            return words;
        }
    }

    CheckUpgradeKafka(Brokers brokers) {
        super(Change.CHECK_UPGRADE, Steps.class, Steps.ROLL_BACK, UpgradeFacts.NONE, brokers);
    }

    @Override
    protected Next step(Steps step, Task<ClusterSpec, UpgradeFacts> task) throws Exception {
        if (step == Steps.ROLL_BACK) {
            return Next.done(null);
        }
        KafkaManifest manifest = manifest(task);
        check(brokers, task.wish(), manifest);
        Map<String, Object> receipt = new LinkedHashMap<>();
        receipt.put("method", "rolling");
        receipt.put("brokers", manifest.brokers().size());
        if (manifest.brokers().size() == 1) {
            receipt.put("follow_up", "the one broker is restarted: nobody can write or read meanwhile");
        }
        receipt.put("undo", NO_WAY_BACK);
        return Next.done(receipt);
    }

    /** Fails with what stands in the way; nothing has been stopped yet. */
    static void check(Brokers brokers, ClusterSpec wish, KafkaManifest manifest) throws Exception {
        if (wish.requiredUpgrade().method() != null) {
            throw new OperationFailed(
                    "method: a Kafka cluster is upgraded one broker after the other, there is no other"
                            + " way. Nothing was changed.");
        }
        if (!brokers.versions().offered().containsKey(wish.version())) {
            throw new OperationFailed("no Kafka " + wish.version() + " on this machine; it has "
                    + String.join(", ", brokers.versions().offered().keySet()) + ". Nothing was changed.");
        }
        long behind = brokers.complete(manifest) ? Lag.behind(brokers.admin(manifest)) : -1;
        if (behind != 0) {
            throw new OperationFailed(
                    (behind < 0 ? "not every broker is up" : behind + " partitions have copies that are not in step")
                            + ": an upgrade would take one more away. Nothing was changed; try again when the"
                            + " metrics endpoint shows all of them.");
        }
    }
}
