package dev.mooring.dataplane.local.program;

import dev.mooring.dataplane.ClusterWish;
import dev.mooring.dataplane.UpgradeFacts;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.upgrade.UpgradeCheck;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;

/** Looks for everything that stands in the way of an upgrade, and fails with all of it. */
@Singleton
public class CheckUpgrade extends ClusterProgram<CheckUpgrade.Steps, UpgradeFacts> {

    public enum Steps implements Step {
        CHECK("Looking for what stands in the way of the upgrade"),
        END("Ending after a failure");

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

    CheckUpgrade(LocalClusters clusters, Upgrading upgrading) {
        super("check-upgrade", Steps.class, Steps.END, UpgradeFacts.NONE, clusters);
        this.upgrading = upgrading;
    }

    @Override
    protected boolean exclusive(Steps step) {
        return false;
    }

    @Override
    protected Next step(Steps step, Task<ClusterWish, UpgradeFacts> task) throws Exception {
        if (step == Steps.END) {
            return Next.done(null);
        }
        check(upgrading, task.wish());
        return Next.done(Map.of("blockers", List.of()));
    }

    static void check(Upgrading upgrading, ClusterWish wish) throws Exception {
        if (!upgrading.clusters.engines().offers(wish.version())) {
            throw new OperationFailed("no PostgreSQL " + wish.version() + " server on this machine; it has "
                    + String.join(", ", upgrading.clusters.engines().majors()));
        }
        List<String> blockers = new UpgradeCheck(
                        upgrading.serving(wish),
                        upgrading.clusters.engines().engine(wish.version()),
                        wish.upgrade().inPlace())
                .blockers();
        if (!blockers.isEmpty()) {
            throw new OperationFailed("the cluster cannot be upgraded to " + wish.version() + " yet: "
                    + String.join("; ", blockers) + ". Nothing was changed.");
        }
    }
}
