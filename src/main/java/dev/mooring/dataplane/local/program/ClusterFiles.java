package dev.mooring.dataplane.local.program;

import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.pool.Pooler;
import dev.mooring.home.MooringHome;
import dev.mooring.process.postgres.Engine;
import dev.mooring.process.postgres.Postmaster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;

/** Ends a cluster's processes and deletes its files, in whatever state they are. */
public final class ClusterFiles {

    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);

    private ClusterFiles() {}

    public static void remove(LocalClusters clusters, UUID id) throws IOException, InterruptedException {
        stop(clusters, id);
        MooringHome.deleteTree(clusters.folder(id).root());
    }

    /** Without its manifest nobody starts it again. No checkpoint is waited for: the files go next. */
    static void stop(LocalClusters clusters, UUID id) throws IOException, InterruptedException {
        ClusterFolder main = clusters.folder(id);
        new Pooler(clusters, main).end();
        stop(clusters, main);
        // An upgrade has other servers, before and after it.
        if (Files.isDirectory(main.root())) {
            try (var children = Files.list(main.root())) {
                for (Path child : children.filter(path -> Files.isDirectory(path.resolve("data")))
                        .toList()) {
                    stop(clusters, main.side(child.getFileName().toString()));
                }
            }
        }
    }

    private static void stop(LocalClusters clusters, ClusterFolder folder) throws IOException, InterruptedException {
        clusters.supervisor().forget(folder.key());
        folder.forget();
        if (Files.isDirectory(folder.data())) {
            Postmaster postmaster = clusters.postmaster(folder, new Engine("", "", Path.of("/")));
            postmaster.stop(Postmaster.Stop.IMMEDIATE, STOP_LIMIT);
            postmaster.fence();
        }
    }
}
