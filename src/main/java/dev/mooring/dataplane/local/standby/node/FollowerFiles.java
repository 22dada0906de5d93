package dev.mooring.dataplane.local.standby.node;

import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.postgres.ControlFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jboss.logging.Logger;

/** What lies in a follower's folder: its own data, or those of the node whose place as the primary another one has taken. */
public final class FollowerFiles {

    private static final Logger LOG = Logger.getLogger(FollowerFiles.class);

    private static final String FOLLOW = """
            set -e
            umask 077
            cd "$1"
            mkdir -p pg_replslot pg_logical/snapshots pg_logical/mappings
            rm -f postgresql.auto.conf
            : > standby.signal
            """;

    private FollowerFiles() {}

    /** Whether there is a server that follows, or followed, and has not been anything else since. */
    public static boolean areThere(ClusterFolder follower) {
        return Files.exists(follower.data().resolve(StandbyConfiguration.SIGNAL));
    }

    /** Where the data of a server wait that was the primary. */
    public static Path left(ClusterFolder follower) {
        return follower.root().resolve("data.left");
    }

    /** Whether the one that was the primary was shut down, rather than lost: it ended where the new one has begun. */
    static boolean leftInPeace(ClusterFolder follower) throws InterruptedException {
        Path left = left(follower);
        try {
            return ControlFile.isThere(left) && ControlFile.wasShutDown(left);
        } catch (IOException broken) {
            LOG.infof("what was the primary in %s is of no use any more: %s", left, broken.getMessage());
            return false;
        }
    }

    /** Out of one that was shut down: its WAL and slots have gone along, and the new primary has what it needs to begin. */
    static void makeFollower(LocalClusters clusters, Path left) throws IOException, InterruptedException {
        clusters.account()
                .run(null, "sh", "-c", FOLLOW, "sh", left.toString())
                .orFail("making a follower of the old primary");
    }
}
