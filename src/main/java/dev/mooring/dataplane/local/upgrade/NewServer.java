package dev.mooring.dataplane.local.upgrade;

import dev.mooring.dataplane.ClusterWish;
import dev.mooring.dataplane.local.cluster.AccessRules;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.cluster.ScramVerifier;
import dev.mooring.dataplane.local.cluster.ServerParameters;
import dev.mooring.dataplane.local.postgres.DataTemplate;
import dev.mooring.dataplane.local.postgres.Postmaster;
import dev.mooring.dataplane.local.postgres.SuperuserConnection;
import dev.mooring.home.MooringHome;
import dev.mooring.operation.OperationFailed;
import java.io.IOException;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** The server beside the one that serves: nobody but Mooring gets in. */
public final class NewServer {

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String SIGNAL = "recovery.signal";

    private final LocalClusters clusters;
    private final ClusterWish wish;
    private final Side side;

    public NewServer(LocalClusters clusters, ClusterWish wish, Side side) {
        this.clusters = clusters;
        this.wish = wish;
        this.side = side;
    }

    /**
     * An empty server that runs.
     *
     * @param timeline of its WAL: another one than of all other servers of the cluster, because they share an archive
     */
    public void make(int timeline) throws IOException, InterruptedException, SQLException {
        ClusterFolder folder = side.folder();
        DataTemplate.Ready template = clusters.template().prepare(side.engine());
        clusters.makeFolders(folder);
        clusters.copyTemplate(template, folder);
        // A new server is on the first one; each end of a recovery begins another.
        for (int at = 1; at < timeline; at++) {
            beginTimeline();
        }
        configure(Map.of());
        start();
        try (Connection connection =
                SuperuserConnection.open(clusters.reach(), side.port(), "postgres", template.superuserPassword())) {
            Side.execute(
                    connection,
                    "alter role " + SuperuserConnection.USER + " password "
                            + Workspace.literal(ScramVerifier.of(side.password())));
        }
    }

    private void beginTimeline() throws IOException, InterruptedException {
        configure(Map.of("restore_command", "false", "hot_standby", "off"));
        clusters.writeData(side.folder(), SIGNAL, "");
        start();
        while (Files.exists(side.folder().data().resolve(SIGNAL))) {
            Thread.sleep(5);
        }
        side.postmaster().stop(Postmaster.Stop.FAST, LIMIT);
        side.postmaster().fence();
    }

    private void start() throws IOException, InterruptedException {
        Postmaster postmaster = side.postmaster();
        postmaster.fence();
        postmaster.start();
        while (!postmaster.ready()) {
            if (!postmaster.alive()) {
                throw new OperationFailed("PostgreSQL " + side.engine().version() + " does not start with the cluster's"
                        + " settings: " + postmaster.startFailure());
            }
            Thread.sleep(5);
        }
    }

    /** For a server that only Mooring uses. */
    public void configure(Map<String, String> more) throws IOException {
        Map<String, String> own = new LinkedHashMap<>();
        own.put("listen_addresses", clusters.reach());
        own.put("port", Integer.toString(side.port()));
        own.put("ssl", "off");
        own.put("logging_collector", "off");
        own.putAll(more);
        clusters.writeData(
                side.folder(),
                "postgresql.conf",
                ServerParameters.render(wish, clusters.bind(), side.folder()) + ServerParameters.lines(own));
        clusters.writeData(side.folder(), "pg_hba.conf", AccessRules.superuserOnly());
        Files.deleteIfExists(side.folder().data().resolve("postgresql.auto.conf"));
    }

    /** Leaves nothing of it. */
    public static void remove(LocalClusters clusters, Side side) throws IOException, InterruptedException {
        if (Files.isDirectory(side.folder().data())) {
            side.postmaster().stop(Postmaster.Stop.IMMEDIATE, LIMIT);
            side.postmaster().fence();
        }
        MooringHome.deleteTree(side.folder().root());
    }
}
