package dev.mooring.dataplane.local;

import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.postgres.ClosedDatabases;
import dev.mooring.process.postgres.Postmaster;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;

/**
 * Opens what an upgrade has closed on a server that serves again without it: one that came up when nobody tried any more, or that was
 * adopted. Whoever works on the cluster has its lock, and closes it again when that goes on.
 */
record ReopenedDatabases(LocalClusters clusters) {

    private static final Logger LOG = Logger.getLogger(ReopenedDatabases.class);
    private static final Duration PAUSE = Duration.ofMillis(200);

    /** From now on, with every server that comes up by itself. */
    void watch() {
        clusters.supervisor().onRestart((key, node) -> look(clusters.folder(key)));
    }

    /** Once, as soon as the server answers; one that dies before that is looked at when it has been started again. */
    void look(ClusterFolder folder) {
        Thread.ofVirtual().name("reopen-" + folder.id()).start(() -> {
            try {
                while (!looked(folder)) {
                    Thread.sleep(PAUSE);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (IOException | SQLException e) {
                LOG.errorf(e, "whether databases of cluster %s are closed could not be looked at", folder.id());
            }
        });
    }

    private boolean looked(ClusterFolder folder) throws IOException, SQLException, InterruptedException {
        ReentrantLock lock = clusters.supervisor().lock(folder.id());
        lock.lockInterruptibly();
        try {
            // The version before an upgrade has no folder of its own: nobody is let in there.
            Optional<ClusterFolder.Manifest> manifest = folder.manifest().filter(known -> known.follows() == null);
            if (manifest.isEmpty()) {
                return true;
            }
            Postmaster postmaster = clusters.postmaster(folder, manifest.get());
            if (!postmaster.alive()) {
                return true;
            }
            if (!postmaster.ready()) {
                return false;
            }
            try (Connection connection = clusters.open(manifest.get(), "postgres")) {
                if (new ClosedDatabases(connection).open()) {
                    LOG.infof(
                            "cluster %s: its databases, closed by an upgrade that has ended, are open again",
                            folder.id());
                }
                return true;
            }
        } finally {
            lock.unlock();
        }
    }
}
