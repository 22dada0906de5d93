package dev.mooring.dataplane.local.program;

import dev.mooring.dataplane.ClusterWish;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.Configuration;
import dev.mooring.dataplane.local.cluster.Inhabitants;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.postgres.Engine;
import dev.mooring.dataplane.local.postgres.Postmaster;
import dev.mooring.dataplane.local.postgres.SuperuserConnection;
import dev.mooring.operation.OperationFailed;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;

/** Makes a data directory that was copied from somewhere into a cluster that serves. */
record FirstStart(LocalClusters clusters, ClusterWish wish, Engine engine) {

    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final String WRONG_PASSWORD = "28P01";

    /**
     * @param check asked right before the start
     */
    void start(Runnable check) throws IOException, InterruptedException {
        Postmaster postmaster = postmaster();
        if (!postmaster.alive()) {
            check.run();
            postmaster.fence();
            new Configuration(clusters, clusters.folder(wish.id())).writeFirst(wish);
            postmaster.start();
        }
    }

    /**
     * Users, databases and passwords; from then on the cluster is looked after.
     *
     * @param firstPassword of the superuser in what was copied
     */
    void setUp(String firstPassword) throws IOException, InterruptedException, SQLException {
        Postmaster postmaster = postmaster();
        try (Connection connection = firstConnection(postmaster, firstPassword)) {
            Inhabitants inhabitants =
                    new Inhabitants(connection, database -> clusters.open(wish, database), clusters.vault());
            inhabitants.setSuperuserPassword(ownPassword());
            inhabitants.settle(wish, 0);
            if (wish.origin() != null) {
                inhabitants.shutOutFormer(wish);
            }
        }
        clusters.folder(wish.id())
                .write(new ClusterFolder.Manifest(
                        engine.major(),
                        engine.version(),
                        clusters.bind(),
                        wish.port(),
                        wish.superuserSecret(),
                        wish.hostNames(),
                        wish.revision(),
                        wish.archive().synchronous()));
        clusters.supervisor().watch(wish.id(), postmaster);
    }

    private Postmaster postmaster() {
        return clusters.postmaster(clusters.folder(wish.id()), engine);
    }

    private String ownPassword() {
        return clusters.vault().unseal(wish.superuserSecret());
    }

    /** With the password of what was copied, or with the cluster's own when an earlier try has already set it. */
    private Connection firstConnection(Postmaster postmaster, String first) throws InterruptedException, SQLException {
        String own = ownPassword();
        for (String password : new String[] {first, own}) {
            try {
                Connection connection = SuperuserConnection.await(
                        clusters.reach(), wish.port(), "postgres", password, START_LIMIT, postmaster::alive);
                if (connection == null) {
                    throw new OperationFailed("PostgreSQL did not start: " + postmaster.startFailure()
                            + ". What was made is removed; create the cluster again when the cause is gone.");
                }
                return connection;
            } catch (SQLException e) {
                if (!WRONG_PASSWORD.equals(e.getSQLState()) || password.equals(own)) {
                    throw e;
                }
            }
        }
        throw new IllegalStateException("unreachable");
    }
}
