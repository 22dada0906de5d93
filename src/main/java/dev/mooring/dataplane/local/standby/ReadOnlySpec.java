package dev.mooring.dataplane.local.standby;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.pool.Pooler;
import dev.mooring.engine.postgres.PlanParameters;
import dev.mooring.operation.OperationFailed;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Makes a read-only node match its spec: its address, size, trusted sources, pools and names. All else is the primary's. */
public record ReadOnlySpec(LocalClusters clusters, StandbyKeeper standbys) {

    /** What should run, with the version and the superuser of the primary. */
    public ClusterFolder.Manifest manifest(ClusterSpec wish) throws IOException {
        ClusterFolder.Manifest primary = clusters.folder(wish.requiredFollows())
                .manifest()
                .orElseThrow(() -> new OperationFailed("the cluster that it follows does not run here any more"));
        return new ClusterFolder.Manifest(
                primary.major(),
                primary.version(),
                clusters.bind(),
                wish.port(),
                primary.superuserSecret(),
                wish.hostNames(),
                wish.revision(),
                false,
                true,
                ClusterFolder.FIRST_NODE,
                0,
                0,
                List.of(),
                follows(wish));
    }

    private static ClusterFolder.Follows follows(ClusterSpec wish) {
        return new ClusterFolder.Follows(
                wish.requiredFollows(),
                PlanParameters.of(wish.size()),
                wish.networks(),
                !wish.pools().isEmpty(),
                wish.revision(),
                false);
    }

    /**
     * With the node's lock held.
     *
     * @return false as long as it is not in force
     * @throws SQLException while the node or its primary does not answer
     */
    public boolean apply(ClusterFolder folder, ClusterFolder.Manifest manifest, ClusterSpec wish)
            throws IOException, SQLException, InterruptedException {
        Pooler pools = new Pooler(clusters, folder);
        pools.require(wish);
        folder.keepBefore(manifest);
        boolean pooled = !wish.pools().isEmpty();
        if (!wish.hostNames().equals(manifest.hostNames()) || pooled && !clusters.certifiedAtReach(folder)) {
            clusters.writeCertificate(folder, wish);
        }
        if (pooled) {
            clusters.writePoolerCertificate(folder, Instant.now());
        }
        folder.write(manifest.with(now -> now.hostNames(wish.hostNames()).follows(follows(wish))));
        if (!standbys.readOnly().settle(folder)) {
            return false;
        }
        try (Connection own = clusters.open(manifest, "postgres")) {
            if (pooled && !answersPools(own, wish)) {
                return false;
            }
            pools.settle(wish, own);
        }
        folder.write(folder.manifest().orElseThrow().withApplied(wish.revision()));
        folder.forgetBefore();
        return true;
    }

    /** The primary has what pools ask their server for, and the node gets it from there. */
    private boolean answersPools(Connection own, ClusterSpec wish) throws IOException, SQLException {
        if (Pooler.installed(own)) {
            return true;
        }
        ClusterFolder.Manifest primary =
                clusters.folder(wish.requiredFollows()).manifest().orElseThrow();
        try (Connection connection = clusters.open(primary, "postgres")) {
            Pooler.install(connection);
        }
        return false;
    }

    /**
     * What was in force before a change that has not come to its end. With the node's lock held.
     *
     * @return false as long as that is not in force
     * @throws SQLException while the node or its primary does not answer
     */
    public boolean putBack(ClusterFolder folder, ClusterFolder.Manifest manifest, ClusterSpec wish)
            throws IOException, SQLException, InterruptedException {
        Optional<ClusterFolder.Manifest> kept = folder.kept();
        if (kept.isEmpty()) {
            return true;
        }
        List<String> names = kept.get().hostNames();
        if (!names.equals(manifest.hostNames())) {
            clusters.writeCertificate(folder, wish.withHostNames(names));
        }
        folder.write(
                manifest.with(now -> now.hostNames(names).follows(kept.get().follows())));
        if (!standbys.readOnly().settle(folder)) {
            return false;
        }
        folder.forgetBefore();
        return true;
    }
}
