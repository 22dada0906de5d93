package dev.mooring.dataplane.local.archive;

import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Whether a server answers commits only when its archive has them: to PostgreSQL the archive is a synchronous standby. That
 * holds only while the archive can be written, because otherwise nothing could be committed at all. It is kept by
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
    /** What the server was told; null when that is not known. */
    private Boolean told;

    CommitWait(ClusterFolder folder, LocalClusters clusters) {
        this.folder = folder;
        this.clusters = clusters;
    }

    /** Whether WAL should be stored as soon as it comes: somebody waits for it. */
    synchronized boolean inForce() {
        return Boolean.TRUE.equals(told);
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

    private void tell() {
        boolean wait = wanted && possible;
        if (told != null && told == wait) {
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

    private void tell(ClusterFolder.Manifest manifest, boolean wait) throws SQLException {
        try (Connection connection = clusters.open(manifest, "postgres");
                Statement statement = connection.createStatement()) {
            try (ResultSet row = statement.executeQuery("show synchronous_standby_names")) {
                row.next();
                if (row.getString(1).isEmpty() != wait) {
                    return;
                }
            }
            statement.execute(
                    wait
                            ? "alter system set synchronous_standby_names = '" + NAME + "'"
                            : "alter system reset synchronous_standby_names");
            statement.execute("select pg_reload_conf()");
        }
        LOG.infof("cluster %s: commits %s its archive", folder.id(), wait ? "wait for" : "no longer wait for");
    }
}
