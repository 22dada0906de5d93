package dev.mooring.dataplane.local.program.upgrade;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.UpgradeFacts.Method;
import dev.mooring.dataplane.local.upgrade.UpgradePreflight;
import dev.mooring.operation.OperationFailed;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which way an upgrade takes: online, whose pause is the shorter one, where logical decoding can carry what the databases write, else
 * the brief one.
 *
 * @param reason why not online; null when this one was asked for or nothing speaks against it
 */
record UpgradeChoice(Method method, @Nullable String reason) {

    /** @throws OperationFailed with everything that stands in the way */
    static UpgradeChoice of(Upgrading upgrading, ClusterSpec wish) throws Exception {
        if (!upgrading.clusters.engines().offers(wish.version())) {
            throw new OperationFailed("no PostgreSQL " + wish.version() + " server on this machine; it has "
                    + String.join(", ", upgrading.clusters.engines().majors()));
        }
        UpgradePreflight.Found found = new UpgradePreflight(
                        upgrading.serving(wish), upgrading.clusters.engines().engine(wish.version()))
                .look();
        List<String> inTheWay = new ArrayList<>(found.always());
        Method asked = wish.requiredUpgrade().method();
        if (asked == Method.ONLINE) {
            inTheWay.addAll(found.online());
        }
        if (!inTheWay.isEmpty()) {
            throw refused(wish, String.join("; ", inTheWay));
        }
        if (asked != null) {
            return new UpgradeChoice(asked, null);
        }
        return found.online().isEmpty()
                ? new UpgradeChoice(Method.ONLINE, null)
                : new UpgradeChoice(Method.BRIEF, "not online: " + String.join("; ", found.online()));
    }

    static OperationFailed refused(ClusterSpec wish, String reasons) {
        return new OperationFailed(
                "the cluster cannot be upgraded to " + wish.version() + " yet: " + reasons + ". Nothing was changed.");
    }
}
