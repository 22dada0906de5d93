package dev.mooring.dataplane.local.program;

import dev.mooring.dataplane.ClusterWish;
import dev.mooring.dataplane.UpgradeFacts.Method;
import dev.mooring.dataplane.local.upgrade.UpgradeCheck;
import dev.mooring.operation.OperationFailed;
import java.util.ArrayList;
import java.util.List;

/**
 * Which way an upgrade takes. The brief one brings everything by construction, so it is taken where this machine can and nobody
 * asks for the other, whose pause is shorter and which names what it cannot carry. That other one is only there where whoever
 * runs Mooring has allowed it: rows are loaded by the superuser, and functions of users with them.
 *
 * @param reason why this way; null when it was asked for
 */
record UpgradeChoice(Method method, String reason) {

    private static final String NOT_ALLOWED =
            "online upgrades are not allowed on this machine: they run functions of the"
                    + " database's users with the rights of the servers' account (MOORING_LOCAL_ONLINE_UPGRADES allows them)";

    /** @throws OperationFailed with everything that stands in the way */
    static UpgradeChoice of(Upgrading upgrading, ClusterWish wish) throws Exception {
        if (!upgrading.clusters.engines().offers(wish.version())) {
            throw new OperationFailed("no PostgreSQL " + wish.version() + " server on this machine; it has "
                    + String.join(", ", upgrading.clusters.engines().majors()));
        }
        UpgradeCheck.Found found = new UpgradeCheck(
                        upgrading.serving(wish), upgrading.clusters.engines().engine(wish.version()))
                .look();
        List<String> inTheWay = new ArrayList<>(found.always());
        List<String> online = upgrading.clusters.onlineUpgrades() ? found.online() : List.of(NOT_ALLOWED);
        Method asked = wish.upgrade().method();
        UpgradeChoice choice;
        if (asked != null) {
            inTheWay.addAll(asked == Method.BRIEF ? found.brief() : online);
            choice = new UpgradeChoice(asked, null);
        } else if (found.brief().isEmpty()) {
            choice = new UpgradeChoice(Method.BRIEF, "everything comes along as it is");
        } else if (online.isEmpty()) {
            choice = new UpgradeChoice(Method.ONLINE, String.join("; ", found.brief()));
        } else {
            choice = new UpgradeChoice(Method.BRIEF, null);
            inTheWay.addAll(found.brief());
            if (found.tools() && upgrading.clusters.onlineUpgrades()) {
                online.forEach(reason -> inTheWay.add("online does not do: " + reason));
            }
        }
        if (!inTheWay.isEmpty()) {
            throw refused(wish, String.join("; ", inTheWay));
        }
        return choice;
    }

    static OperationFailed refused(ClusterWish wish, String reasons) {
        return new OperationFailed(
                "the cluster cannot be upgraded to " + wish.version() + " yet: " + reasons + ". Nothing was changed.");
    }
}
