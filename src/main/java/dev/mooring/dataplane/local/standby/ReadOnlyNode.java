package dev.mooring.dataplane.local.standby;

import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.pool.Pooler;
import dev.mooring.dataplane.local.postgres.SystemIdentifier;
import dev.mooring.dataplane.local.standby.node.FollowerFiles;
import dev.mooring.dataplane.local.standby.node.FollowerPlace;
import dev.mooring.dataplane.local.standby.node.Standby;
import dev.mooring.dataplane.local.standby.node.SwapIntent;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/** A server that follows another cluster's primary, under an address of its own, and never takes its place. */
final class ReadOnlyNode extends Looks {

    private final LocalClusters clusters;
    private final ClusterFolder folder;
    private final FollowerCare care;
    /** The primary, by its system identifier, that is known to have what pools before this node ask for. */
    private volatile long answersPools;

    ReadOnlyNode(LocalClusters clusters, ClusterFolder folder) {
        super(folder);
        this.clusters = clusters;
        this.folder = folder;
        this.care = new FollowerCare(clusters, 0, () -> !ended());
    }

    @Override
    void wake() {
        super.wake();
        care.wake();
    }

    Follower seen() throws IOException {
        Optional<Standby> standby = standby();
        Follower now = standby.isPresent() ? care.seen(standby.get()) : care.last();
        if (now.state() != Follower.State.FOLLOWING) {
            super.wake();
        }
        return now;
    }

    /** Empty when it is no read-only node any more, or the cluster that it follows is not there. */
    Optional<Standby> standby() throws IOException {
        Optional<ClusterFolder.Manifest> own = folder.manifest().filter(ReadOnlyNode::stays);
        if (own.isEmpty()) {
            return Optional.empty();
        }
        ClusterFolder main = clusters.folder(own.get().requiredFollows().cluster());
        return main.manifest()
                .map(primary ->
                        new Standby(clusters, main, primary, FollowerPlace.readOnly(folder, own.get()), care.taken()));
    }

    private static boolean stays(ClusterFolder.Manifest manifest) {
        return manifest.follows() != null && !manifest.follows().leaving();
    }

    @Override
    boolean lookOnce() throws IOException, SQLException, InterruptedException {
        keepUp();
        Optional<Standby> standby = standby();
        if (standby.isEmpty()
                || SwapIntent.isThere(standby.get().main())
                || !standby.get().primary().postmaster().ready()) {
            return false;
        }
        boolean follows = care.seeTo(standby.get());
        takeVersion(standby.get().main());
        if (follows && standby.get().place().requiredOwn().pools()) {
            answerPools(standby.get());
        }
        return follows;
    }

    /** What an upgrade has made anew may not have it. */
    private void answerPools(Standby standby) throws IOException, SQLException {
        long primary = SystemIdentifier.read(standby.main().data());
        if (primary != answersPools) {
            try (Connection connection = standby.primary().open("postgres")) {
                Pooler.install(connection);
            }
            answersPools = primary;
        }
    }

    /** It can be read from while there is no primary, too. */
    private void keepUp() throws IOException, InterruptedException {
        ReentrantLock lock = clusters.supervisor().lock(folder.key());
        if (lock.tryLock()) {
            try {
                Optional<ClusterFolder.Manifest> own = folder.manifest().filter(ReadOnlyNode::stays);
                if (own.isPresent() && FollowerFiles.areThere(folder)) {
                    clusters.supervisor().watchIfNew(folder.key(), clusters.postmaster(folder, own.get()));
                }
            } finally {
                lock.unlock();
            }
        }
    }

    /** The version is always the primary's. */
    private void takeVersion(ClusterFolder main) throws IOException {
        ReentrantLock lock = clusters.supervisor().lock(folder.key());
        if (!lock.tryLock()) {
            return;
        }
        try {
            Optional<ClusterFolder.Manifest> own = folder.manifest().filter(ReadOnlyNode::stays);
            Optional<ClusterFolder.Manifest> primary = main.manifest();
            if (own.isPresent()
                    && primary.isPresent()
                    && !own.get().version().equals(primary.get().version())) {
                folder.write(own.get()
                        .with(now -> now.major(primary.get().major())
                                .version(primary.get().version())));
            }
        } finally {
            lock.unlock();
        }
    }
}
