package dev.mooring.dataplane.local.program.upgrade;

import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.upgrade.Kept;
import dev.mooring.dataplane.local.upgrade.LostKeys;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.operation.Node;
import io.quarkus.scheduler.Scheduled;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * PostgreSQL refuses to change rows whose changes are published once their table has lost the key that tells them apart. As long as an
 * old version follows, somebody may take one away: the table is published without changes of its rows then, and an undo names it.
 */
@ApplicationScoped
class WayBackGuard {

    private static final Logger LOG = Logger.getLogger(WayBackGuard.class);

    private final LocalClusters clusters;
    private final Node node;

    WayBackGuard(LocalClusters clusters, Node node) {
        this.clusters = clusters;
        this.node = node;
    }

    @Scheduled(every = "2s", delayed = "2s", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    void look() throws InterruptedException {
        if (!node.worker()) {
            return;
        }
        for (ClusterFolder folder : clusters.folders()) {
            try {
                look(folder);
            } catch (IOException | UncheckedIOException | SQLException e) {
                // It comes up, or goes, or somebody has the table: the next look is soon.
                LOG.debugf(
                        "cluster %s: what its old version follows is not looked at: %s", folder.id(), e.getMessage());
            }
        }
    }

    private void look(ClusterFolder folder) throws IOException, SQLException, InterruptedException {
        Optional<Kept> kept = Kept.of(folder.side(ClusterFolder.PREVIOUS)).filter(Kept::follows);
        Optional<ClusterFolder.Manifest> manifest = folder.manifest();
        if (kept.isEmpty() || manifest.isEmpty()) {
            return;
        }
        PostgresServer serving = PostgresServer.of(clusters, folder, manifest.get());
        List<String> there = serving.everyDatabase();
        List<String> followed =
                kept.get().databases().stream().filter(there::contains).toList();
        for (String table : LostKeys.unpublish(serving, Upgrading.BACK, followed)) {
            LOG.infof(
                    "cluster %s: %s has lost its key, so the old version does not follow changes of its rows any more",
                    folder.id(), table);
        }
    }
}
