package dev.mooring.dataplane.local.program;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.local.cluster.AccessRules;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.Configuration;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.member.RolesAndDatabases;
import dev.mooring.operation.OperationFailed;
import dev.mooring.process.postgres.Engine;
import dev.mooring.process.postgres.Postmaster;
import dev.mooring.process.postgres.session.SuperuserConnection;
import dev.mooring.time.Deadline;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;

/** Makes a data directory that was copied from somewhere into a cluster that serves. */
public record InitialStart(LocalClusters clusters, ClusterSpec wish, Engine engine) {

    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration RELOAD_LIMIT = Duration.ofSeconds(10);
    private static final String RULES = "pg_hba.conf";
    private static final String WRONG_PASSWORD = "28P01";

    /**
     * @param check asked right before the start
     */
    public void start(Runnable check) throws IOException, InterruptedException {
        Postmaster postmaster = postmaster();
        if (!postmaster.alive()) {
            check.run();
            postmaster.fence();
            ClusterFolder folder = clusters.folder(wish.id());
            new Configuration(clusters, folder).writeFirst(wish);
            // What was copied may be of a Mooring that allowed its roles more: nobody comes in before that is put
            // right.
            clusters.writeData(folder, RULES, AccessRules.superuserOnly());
            postmaster.start();
        }
    }

    /**
     * Users, databases and passwords; from then on the cluster is looked after.
     *
     * @param firstPassword of the superuser in what was copied
     */
    public void setUp(String firstPassword) throws IOException, InterruptedException, SQLException {
        Postmaster postmaster = postmaster();
        try (Connection connection = firstConnection(postmaster, firstPassword)) {
            RolesAndDatabases inhabitants =
                    new RolesAndDatabases(connection, database -> clusters.open(wish, database), clusters.vault());
            inhabitants.setSuperuserPassword(ownPassword());
            inhabitants.settle(wish, 0);
            if (wish.origin() != null || wish.follows() != null) {
                inhabitants.shutOutFormer(wish);
            }
            letIn(connection);
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
                        wish.archive().synchronous(),
                        wish.archive().none(),
                        ClusterFolder.FIRST_NODE,
                        0,
                        0,
                        List.of(),
                        null));
        clusters.supervisor().watch(wish.id(), postmaster);
    }

    /** Returns when new sessions are let in by the wish's rules. */
    private void letIn(Connection superuser) throws IOException, InterruptedException, SQLException {
        clusters.writeData(clusters.folder(wish.id()), RULES, AccessRules.render(wish));
        String before = loaded();
        try (Statement statement = superuser.createStatement()) {
            statement.execute("select pg_catalog.pg_reload_conf()");
        }
        Deadline end = Deadline.in(RELOAD_LIMIT);
        while (loaded().equals(before)) {
            if (end.passed()) {
                throw new OperationFailed("PostgreSQL did not take the trusted sources within "
                        + RELOAD_LIMIT.toSeconds() + " s. What was made is removed; try again.");
            }
            Thread.sleep(3);
        }
    }

    /** When the process that lets sessions in read its files last: each session begins as its copy. */
    private String loaded() throws SQLException {
        try (Connection connection = clusters.open(wish, "postgres");
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select pg_catalog.pg_conf_load_time()")) {
            rows.next();
            return rows.getString(1);
        }
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
