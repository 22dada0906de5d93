package dev.mooring.dataplane.local.upgrade.server;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.local.cluster.AccessRules;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.cluster.ServerParameters;
import dev.mooring.home.MooringHome;
import dev.mooring.process.postgres.Postmaster;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** The server beside the one that serves: nobody but Mooring gets in. */
public final class TargetServer {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final LocalClusters clusters;
    private final ClusterSpec wish;
    private final PostgresServer side;

    public TargetServer(LocalClusters clusters, ClusterSpec wish, PostgresServer side) {
        this.clusters = clusters;
        this.wish = wish;
        this.side = side;
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
    public static void remove(LocalClusters clusters, PostgresServer side) throws IOException, InterruptedException {
        if (Files.isDirectory(side.folder().data())) {
            side.postmaster().stop(Postmaster.Stop.IMMEDIATE, LIMIT);
            side.postmaster().fence();
        }
        if (side.folder().key().equals(side.folder().id())) {
            // In a folder of its own there is more than the server.
            MooringHome.deleteTree(side.folder().data());
            MooringHome.deleteTree(side.folder().partialData());
        } else {
            MooringHome.deleteTree(side.folder().root());
        }
    }
}
