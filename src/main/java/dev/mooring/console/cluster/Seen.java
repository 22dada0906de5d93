package dev.mooring.console.cluster;

import dev.mooring.console.operation.Timeline;
import dev.mooring.database.cluster.ClusterView;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A cluster as its pages show it.
 *
 * @param follows the id of the cluster that it follows as a read-only node; empty for every other
 * @param app whose dev database it is; empty for a managed cluster
 * @param component likewise
 * @param undoTo version that the last upgrade can be undone to; empty when it cannot
 * @param undoUntil RFC 3339; empty likewise
 * @param failure of the last change; empty when it has not failed
 * @param poolModes that connection pools of it can have; empty where it can have none
 * @param operations newest first
 */
public record Seen(
        ClusterView cluster,
        String follows,
        String app,
        String component,
        String undoTo,
        String undoUntil,
        String failure,
        List<String> poolModes,
        List<Timeline> operations) {

    /** Kinds that other changes do not wait for. */
    private static final Set<String> BESIDE = Set.of("back-up-cluster", "drill-recovery", "check-upgrade");

    private static final int SHORTEST_NAME = 3;

    public boolean dev() {
        return !app.isEmpty();
    }

    /** Whether it can have connection pools and read-only nodes. */
    public boolean postgres() {
        return cluster.engine().equals("pg");
    }

    /** Whether it is a read-only node. */
    public boolean replica() {
        return !follows.isEmpty();
    }

    /** Whether users are added here; those of a read-only node are its primary's. */
    public boolean ownUsers() {
        return !dev() && !replica();
    }

    /** Whether databases are added here. */
    public boolean ownDatabases() {
        return ownUsers() && postgres();
    }

    /** Whether there are read-only nodes, or can be. */
    public boolean followable() {
        return postgres() && ownUsers();
    }

    /** Whether it has an archive of its own. */
    public boolean archived() {
        return postgres() && !replica();
    }

    /** Whether it can have connection pools where it runs. */
    public boolean pooled() {
        return !poolModes.isEmpty();
    }

    /** Whether they can have that mode. */
    public boolean pools(String mode) {
        return poolModes.contains(mode);
    }

    /** What a dev database may be called as a cluster: components have shorter names than clusters may. */
    public String managedName() {
        return component.length() < SHORTEST_NAME ? component + "-managed" : component;
    }

    public boolean undoable() {
        return !undoTo.isEmpty();
    }

    public @Nullable Timeline running() {
        return operations.stream()
                .filter(operation -> !operation.ended())
                .findFirst()
                .orElse(null);
    }

    /** Whether another change would be refused now. */
    public boolean busy() {
        return !cluster.status().equals("online")
                || operations.stream().anyMatch(operation -> !operation.ended() && !BESIDE.contains(operation.slug()));
    }

    public boolean restricted() {
        return !cluster.rules().isEmpty();
    }

    public String engineName() {
        return Offer.name(cluster.engine());
    }
}
