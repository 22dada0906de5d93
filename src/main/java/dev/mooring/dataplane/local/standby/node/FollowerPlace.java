package dev.mooring.dataplane.local.standby.node;

import dev.mooring.dataplane.local.cluster.ClusterFolder;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where a server that follows is.
 *
 * @param folder of its files
 * @param name as people know it
 * @param port its own
 * @param own what a read-only node has otherwise than the primary; null for a server that may take the primary's place
 */
public record FollowerPlace(ClusterFolder folder, String name, int port, ClusterFolder.@Nullable Follows own) {

    /** With which the names begin under which servers follow. */
    public static final String CONNECTION = "mooring_";

    public static FollowerPlace of(ClusterFolder main, ClusterFolder.Standby standby) {
        return new FollowerPlace(main.standby(standby.slot()), standby.name(), standby.port(), null);
    }

    /** Of a read-only node, which has a folder like a cluster's. */
    public static FollowerPlace readOnly(ClusterFolder folder, ClusterFolder.Manifest manifest) {
        return new FollowerPlace(folder, "read-only node " + folder.id(), manifest.port(), manifest.follows());
    }

    /** What a read-only node has of its own. */
    public ClusterFolder.Follows requiredOwn() {
        return Objects.requireNonNull(own, "it is no read-only node");
    }

    /** As the primary's slot and its list of followers call it. */
    public String connection() {
        return connection(folder);
    }

    /** The same of whatever is in that folder. */
    public static String connection(ClusterFolder folder) {
        return CONNECTION + folder.root().getFileName().toString().replace('-', '_');
    }
}
