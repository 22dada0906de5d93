package dev.mooring.dataplane.local.standby;

import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.pool.PoolPause;
import dev.mooring.dataplane.local.pool.Pooler;
import dev.mooring.dataplane.local.standby.node.FollowerFiles;
import dev.mooring.dataplane.local.standby.node.Standby;
import dev.mooring.dataplane.local.upgrade.server.PhysicalCopy;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.process.postgres.Postmaster;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;

/** Has every read-only node of this machine follow the primary of its cluster. */
public final class ReadOnlyNodes {

    private static final Logger LOG = Logger.getLogger(ReadOnlyNodes.class);

    private final LocalClusters clusters;
    private final Map<UUID, ReadOnlyNode> kept = new ConcurrentHashMap<>();

    ReadOnlyNodes(LocalClusters clusters) {
        this.clusters = clusters;
    }

    Collection<ReadOnlyNode> all() {
        return kept.values();
    }

    /** From now on the node of the folder's manifest follows. */
    public void look(ClusterFolder folder) {
        looked(folder);
    }

    private ReadOnlyNode looked(ClusterFolder folder) {
        ReadOnlyNode node = kept.computeIfAbsent(folder.id(), id -> new ReadOnlyNode(clusters, folder));
        node.wake();
        return node;
    }

    /** Nobody makes a follower of it any more when this returns. */
    public void forget(UUID node) throws InterruptedException {
        ReadOnlyNode known = kept.remove(node);
        if (known != null) {
            known.end();
        }
    }

    /** What is seen of it. */
    public Follower seen(UUID node) throws IOException {
        ReadOnlyNode known = kept.get(node);
        return known == null ? Follower.of(0, Follower.State.ABSENT, null) : known.seen();
    }

    /**
     * Puts the manifest's settings and trusted sources in force, and ends sessions of those who are not let in any more. With the node's
     * lock held.
     *
     * @return false as long as that has to wait
     * @throws SQLException while the node or its primary does not answer
     */
    public boolean settle(ClusterFolder folder) throws IOException, SQLException, InterruptedException {
        Optional<Standby> standby = looked(folder).standby();
        if (standby.isEmpty() || !standby.get().whole() || !standby.get().settle()) {
            return false;
        }
        if (!standby.get().hasTaken()) {
            return false;
        }
        standby.get().endStrangers();
        return true;
    }

    /** Whether it is a node that follows, and nothing else yet. */
    public boolean isWhole(ClusterFolder folder) {
        return FollowerFiles.areThere(folder);
    }

    /** The cluster that it followed keeps no WAL for it any more; where that is down, {@link StraySlots} follows. */
    public void release(ClusterFolder folder, UUID followed) throws IOException, InterruptedException {
        ClusterFolder main = clusters.folder(followed);
        Optional<ClusterFolder.Manifest> primary = main.manifest();
        if (primary.isEmpty() || !clusters.postmaster(main, primary.get()).ready()) {
            return;
        }
        PostgresServer source = PostgresServer.of(clusters, main, primary.get());
        try {
            new PhysicalCopy(source, new PostgresServer(clusters, folder, source.engine(), 0, source.password()))
                    .release();
        } catch (SQLException e) {
            LOG.warnf("cluster %s may keep WAL for the read-only node %s: %s", followed, folder.id(), e.getMessage());
        }
    }

    /**
     * Each that follows the cluster once more, with another version of its server.
     *
     * @param manifest the primary's, with that version
     */
    void restart(ClusterFolder main, ClusterFolder.Manifest manifest) throws IOException, InterruptedException {
        for (UUID node : kept.keySet()) {
            ClusterFolder folder = clusters.folder(node);
            ReentrantLock lock = clusters.supervisor().lock(folder.key());
            lock.lockInterruptibly();
            try {
                Optional<ClusterFolder.Manifest> own = folder.manifest()
                        .filter(now -> now.follows() != null
                                && now.requiredFollows().cluster().equals(main.id()));
                if (own.isPresent() && FollowerFiles.areThere(folder)) {
                    Postmaster postmaster = clusters.postmaster(folder, manifest);
                    folder.write(own.get().withVersion(manifest.version()));
                    clusters.supervisor().watch(folder.key(), postmaster);
                    try (PoolPause pools = new Pooler(clusters, folder).pause()) {
                        postmaster.stop(Postmaster.Stop.FAST, StandbyKeeper.STOP_LIMIT);
                        postmaster.fence();
                        postmaster.start();
                    }
                }
            } finally {
                lock.unlock();
            }
        }
    }
}
