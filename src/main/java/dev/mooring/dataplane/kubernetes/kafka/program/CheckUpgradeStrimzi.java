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
import dev.mooring.engine.kafka.KafkaEngine;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import io.quarkus.arc.lookup.LookupIfProperty;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Says whether a cluster could be upgraded, and what that could not be undone. */
@Singleton
@LookupIfProperty(name = DataPlanes.SETTING, stringValue = Names.PLANE)
public class CheckUpgradeStrimzi extends StrimziProgram<CheckUpgradeStrimzi.Steps, UpgradeFacts> {

    /** Once the metadata have the new form. */
    static final String NO_WAY_BACK =
            "there is none: brokers of the version before do not read what the new one writes."
                    + " Until all of them run the new one, a failure brings back the version before";

    public enum Steps implements Step {
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

    CheckUpgradeStrimzi(
            StrimziProjection projection, StrimziBrokers brokers, KubernetesSettings settings, Clock clock) {
        super(
                Change.CHECK_UPGRADE,
                Steps.class,
                Steps.ROLL_BACK,
                UpgradeFacts.NONE,
                projection,
                brokers,
                settings,
                clock);
    }

    @Override
    protected Next change(Steps step, Task<ClusterSpec, UpgradeFacts> task) throws Exception {
        if (step == Steps.ROLL_BACK) {
            return Next.done(null);
        }
        ClusterSpec spec = task.wish();
        check(projection, brokers, spec);
        int count = KafkaEngine.brokers(spec.size());
        Map<String, Object> receipt = new LinkedHashMap<>();
        receipt.put("method", "rolling");
        receipt.put("brokers", count);
        if (count == 1) {
            receipt.put("follow_up", "the one broker is restarted: nobody can write or read meanwhile");
        }
        receipt.put("undo", NO_WAY_BACK);
        return Next.done(receipt);
    }

    /** Fails with what stands in the way; nothing has been changed yet. */
    static void check(StrimziProjection projection, StrimziBrokers brokers, ClusterSpec spec) throws Exception {
        if (spec.requiredUpgrade().method() != null) {
            throw new OperationFailed(
                    "method: a Kafka cluster is upgraded one broker after the other, there is no other"
                            + " way. Nothing was changed.");
        }
        projection.versions().exact(spec.version());
        Optional<Waiting> waiting = projection.servers(spec);
        if (waiting.isEmpty()) {
            waiting = brokers.behind(spec);
        }
        if (waiting.isPresent()) {
            throw new OperationFailed(waiting.get().why()
                    + ": an upgrade would take one more broker away. Nothing was changed; try again when all is well.");
        }
    }

    @Override
    public boolean inForce(Task<ClusterSpec, UpgradeFacts> task) {
        return false;
    }

    @Override
    protected String afterFailure() {
        return "Nothing was changed.";
    }
}
