package dev.mooring.dataplane.local.standby;

import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.process.postgres.Postmaster;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.jboss.logging.Logger;

/** Lets a primary go of the WAL that it keeps for read-only nodes that went, or became clusters, while it was down. */
record StraySlots(LocalClusters clusters) {

    private static final Logger LOG = Logger.getLogger(StraySlots.class);
    private static final Duration PAUSE = Duration.ofMillis(200);
    /** One that recovers for longer is looked at when it comes up the next time. */
    private static final Duration LIMIT = Duration.ofMinutes(5);

    private static final String PREFIX = "mooring_";
    private static final String IDLE =
            "select slot_name from pg_catalog.pg_replication_slots where slot_type = 'physical'"
                    + " and not active and slot_name ~ '^mooring_[0-9a-f]{8}(_[0-9a-f]{4}){3}_[0-9a-f]{12}$'";
    private static final String DROP = "select pg_catalog.pg_drop_replication_slot(slot_name)"
            + " from pg_catalog.pg_replication_slots where slot_name = ? and not active";

    /** Once, as soon as the cluster's server answers. */
    void look(UUID cluster) {
        Thread.ofVirtual().name("stray-slots-" + cluster).start(() -> {
            try {
                Instant end = Instant.now().plus(LIMIT);
                while (!looked(clusters.folder(cluster)) && Instant.now().isBefore(end)) {
                    Thread.sleep(PAUSE);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (IOException | SQLException e) {
                LOG.warnf("cluster %s may keep WAL for read-only nodes that are gone: %s", cluster, e.getMessage());
            }
        });
    }

    private boolean looked(ClusterFolder main) throws IOException, SQLException {
        Optional<ClusterFolder.Manifest> manifest = main.manifest();
        if (manifest.isEmpty() || manifest.get().follows() != null) {
            return true;
        }
        Postmaster postmaster = clusters.postmaster(main, manifest.get());
        if (!postmaster.alive()) {
            return true;
        }
        if (!postmaster.ready()) {
            return false;
        }
        try (Connection connection =
                PostgresServer.of(clusters, main, manifest.get()).open("postgres")) {
            for (String slot : PostgresServer.strings(connection, IDLE)) {
                if (!follows(slot, main.id())) {
                    drop(connection, slot);
                    LOG.infof("cluster %s keeps no WAL any more for %s, which is gone", main.id(), slot);
                }
            }
        }
        return true;
    }

    /** Of a node whose copy has just begun, too: its manifest is written before its slot is made. */
    private boolean follows(String slot, UUID cluster) throws IOException {
        UUID node = UUID.fromString(slot.substring(PREFIX.length()).replace('_', '-'));
        return clusters.folder(node)
                .manifest()
                .filter(manifest -> manifest.follows() != null
                        && manifest.requiredFollows().cluster().equals(cluster))
                .isPresent();
    }

    private static void drop(Connection connection, String slot) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(DROP)) {
            statement.setString(1, slot);
            statement.executeQuery().close();
        }
    }
}
