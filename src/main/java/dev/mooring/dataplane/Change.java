package dev.mooring.dataplane;

import java.util.Arrays;
import java.util.Optional;

/** What can be done to a cluster. A plane has at most one program for each, by engine. */
public enum Change {
    /** Brings a new cluster into being, up to serving clients. */
    PROVISION("provision-cluster", "creating clusters"),
    /** Makes a running cluster match its spec: users, databases, sources, parameters, names. Restarts it where needed. */
    APPLY("apply-settings", "changing clusters"),
    /** The same for another size. */
    RESIZE("resize-cluster", "resizing"),
    /** Makes a managed cluster of a dev database. */
    CONVERT("convert-database", "converting dev databases"),
    /** Brings a new cluster into being with what another one held at some moment: the spec's origin. */
    RESTORE("restore-cluster", "restoring and forking"),
    /** Makes a base backup of a running cluster. */
    BACK_UP("back-up-cluster", "backups"),
    /** Tries whether a cluster could be brought back as it is now, without a trace. */
    DRILL("drill-recovery", "recovery drills"),
    /** Restarts a cluster with the newest minor version of its major, when it has an older one. */
    INSTALL_UPDATE("install-update", "installing updates"),
    /** Says whether the spec's upgrade can be done, and changes nothing. */
    CHECK_UPGRADE("check-upgrade", "checking upgrades"),
    /** Moves a cluster to the spec's version. */
    UPGRADE("upgrade-cluster", "upgrades"),
    /** Moves it back, with everything that was written meanwhile. */
    UNDO_UPGRADE("undo-upgrade", "undoing upgrades"),
    /** Gives up what is kept for undoing an upgrade. */
    SETTLE_UPGRADE("settle-upgrade", "settling upgrades"),
    /** Brings the databases of the spec's source into a running cluster, and goes on as long as they are written to there. */
    MIGRATE("migrate-online", "online migrations"),
    /** Lets another node take the primary's place, while that can still hand over everything. */
    SWITCH_OVER("switch-over", "switchover"),
    /** Tells how another node took the place of a primary that was lost, and brings the lost one back as one that follows. */
    FAIL_OVER("fail-over", "failover"),
    /** Brings a read-only node of another cluster into being: the spec says which. */
    FOLLOW("create-read-only-node", "read-only nodes"),
    /** Makes a cluster of its own of a read-only node, with everything that it has got from the cluster that it follows. */
    PROMOTE("promote-read-only-node", "promoting read-only nodes"),
    /** Ends a cluster and leaves nothing of it but its archive, for a while. Works in every state, also after a failed provisioning. */
    DESTROY("destroy-cluster", "deleting clusters");

    private final String kind;
    private final String words;

    Change(String kind, String words) {
        this.kind = kind;
        this.words = words;
    }

    /** The kind of the operations that make it, as users see it. */
    public String kind() {
        return kind;
    }

    /** As in "it has no …". */
    public String words() {
        return words;
    }

    /** Empty for operations that are about something else. */
    public static Optional<Change> of(String kind) {
        return Arrays.stream(values())
                .filter(change -> change.kind.equals(kind))
                .findFirst();
    }
}
