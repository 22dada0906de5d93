package dev.mooring.dataplane.local.archive;

import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Whether a server answers commits only when its archive has them, or another node: to PostgreSQL the archive is a synchronous standby. That
 * holds only while there is one that takes them, because otherwise nothing could be committed at all. It is kept by
 * {@code ALTER SYSTEM}, so a server that starts before Mooring does waits for it.
 */
final class CommitWait {

    /** The standby's name. */
    static final String NAME = WalReceiver.SLOT;

    private static final Logger LOG = Logger.getLogger(CommitWait.class);

    private final ClusterFolder folder;
    private final LocalClusters clusters;
    private boolean wanted;
    private boolean possible;
    /** Nodes that follow, for which commits are to wait. */
    private List<String> nodes = List.of();
    /** What the server was told; null when that is not known. */
    private String told;

    CommitWait(ClusterFolder folder, LocalClusters clusters) {
        this.folder = folder;
        this.clusters = clusters;
    }

    /** Whether WAL should be stored as soon as it comes: somebody waits for it. */
    synchronized boolean inForce() {
        return told != null && told.contains(NAME);
    }

    synchronized void want(boolean synchronous) {
        wanted = synchronous;
        tell();
    }

    /** What is committed is stored. */
    synchronized void possible() {
        if (!possible) {
            possible = true;
            tell();
        }
    }

    /** What is committed cannot be stored for now, so nothing may wait for it. */
    synchronized void impossible() {
        possible = false;
        tell();
    }

    /** Commits wait for one of these nodes; empty for none. */
    synchronized void nodes(List<String> following) {
        nodes = List.copyOf(following);
        tell();
    }

    /** As synchronous_standby_names has it. */
    private String waitFor() {
        boolean archive = wanted && possible;
        if (nodes.isEmpty()) {
            return archive ? NAME : "";
        }
        String all = String.join(", ", nodes);
        // For the archive, and for whichever node is the first to have it.
        return archive ? "FIRST 2 (" + NAME + ", " + all + ")" : "ANY 1 (" + all + ")";
    }

    private void tell() {
        String wait = waitFor();
        if (wait.equals(told)) {
            return;
        }
        told = null;
        try {
            Optional<ClusterFolder.Manifest> manifest = folder.manifest();
            if (manifest.isPresent()) {
                tell(manifest.get(), wait);
                told = wait;
            }
        } catch (SQLException | IOException e) {
            // A server that is away is told when it is back: possible() follows each connection.
            possible = false;
            LOG.warnf(
                    "cluster %s: whether commits wait for the archive could not be set: %s",
                    folder.id(), e.getMessage());
        }
    }

    private void tell(ClusterFolder.Manifest manifest, String wait) throws SQLException {
        try (Connection connection = clusters.open(manifest, "postgres");
                Statement statement = connection.createStatement()) {
            try (ResultSet row = statement.executeQuery("show synchronous_standby_names")) {
                row.next();
                if (row.getString(1).equals(wait)) {
                    return;
                }
            }
            statement.execute(
                    wait.isEmpty()
                            ? "alter system reset synchronous_standby_names"
                            : "alter system set synchronous_standby_names = '" + wait + "'");
            statement.execute("select pg_reload_conf()");
        }
        LOG.infof("cluster %s: commits wait for %s", folder.id(), wait.isEmpty() ? "nobody" : wait);
    }
}
