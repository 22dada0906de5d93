package dev.mooring.dataplane.local.program.upgrade;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.UpgradeFacts;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.program.ClusterProgram;
import dev.mooring.operation.Next;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import jakarta.inject.Singleton;

/** The time in which an upgrade can be undone is over: the old version goes. */
@Singleton
public class SettleUpgrade extends ClusterProgram<SettleUpgrade.Steps, UpgradeFacts> {

    public enum Steps implements Step {
        REMOVE("Removing the version before the upgrade"),
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

    private final Upgrading upgrading;

    SettleUpgrade(LocalClusters clusters, Upgrading upgrading) {
        super(Change.SETTLE_UPGRADE, Steps.class, Steps.ROLL_BACK, UpgradeFacts.NONE, clusters);
        this.upgrading = upgrading;
    }

    @Override
    protected Next step(Steps step, Task<ClusterSpec, UpgradeFacts> task) throws Exception {
        if (step == Steps.REMOVE) {
            upgrading.settle(task.wish().id());
        }
        return Next.done(null);
    }
}
