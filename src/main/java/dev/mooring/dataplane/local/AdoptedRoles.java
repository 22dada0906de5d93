package dev.mooring.dataplane.local;

import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.postgres.ServerRoles;
import dev.mooring.process.postgres.Postmaster;
import dev.mooring.time.Deadline;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;

/**
 * Looks once at the roles of every cluster that an earlier Mooring left: it may have been an older one that allowed more,
 * and an owner may have renamed what it could.
 */
record AdoptedRoles(LocalClusters clusters) {

    private static final Logger LOG = Logger.getLogger(AdoptedRoles.class);
    /** A server that recovers for longer is looked at when it is changed the next time. */
    private static final Duration START_LIMIT = Duration.ofMinutes(1);

    private static final Duration LOCK_LIMIT = Duration.ofSeconds(5);
    private static final Duration PAUSE = Duration.ofMillis(200);

    Thread settle(List<ClusterFolder> folders) {
        return Thread.ofVirtual().name("adopted-roles").start(() -> {
            for (ClusterFolder folder : folders) {
                try {
                    settle(folder);
                } catch (InterruptedException e) {
                    return;
                } catch (IOException | SQLException | RuntimeException e) {
                    LOG.errorf(e, "the roles of cluster %s could not be looked at", folder.id());
                }
            }
        });
    }

    private void settle(ClusterFolder folder) throws IOException, SQLException, InterruptedException {
        Deadline end = Deadline.in(START_LIMIT);
        ReentrantLock lock = clusters.supervisor().lock(folder.id());
        while (true) {
            lock.lockInterruptibly();
            try {
                Optional<ClusterFolder.Manifest> manifest = folder.manifest().filter(known -> known.follows() == null);
                if (manifest.isEmpty()) {
                    return;
                }
                Postmaster postmaster = clusters.postmaster(folder, manifest.get());
                if (postmaster.alive() && postmaster.ready()) {
                    try (Connection connection = clusters.open(manifest.get(), "postgres");
                            Statement statement = connection.createStatement()) {
                        statement.execute("set lock_timeout = " + LOCK_LIMIT.toMillis());
                        for (String healed : ServerRoles.settle(connection, List.of())) {
                            LOG.infof("cluster %s: the roles differed from what they must be: %s", folder.id(), healed);
                        }
                        return;
                    }
                }
            } finally {
                lock.unlock();
            }
            if (end.passed()) {
                LOG.warnf("the server of cluster %s does not answer yet; its roles are not looked at", folder.id());
                return;
            }
            Thread.sleep(PAUSE);
        }
    }
}
