package dev.mooring.dataplane.local.program;

import dev.mooring.dataplane.ClusterWish;
import dev.mooring.dataplane.UpgradeFacts;
import dev.mooring.dataplane.local.archive.Archiver;
import dev.mooring.dataplane.local.archive.Archives;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.upgrade.CutOver;
import dev.mooring.dataplane.local.upgrade.Doors;
import dev.mooring.dataplane.local.upgrade.NewServer;
import dev.mooring.dataplane.local.upgrade.Replication;
import dev.mooring.dataplane.local.upgrade.Side;
import dev.mooring.dataplane.local.upgrade.Workspace;
import dev.mooring.operation.OperationFailed;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.sql.SQLException;
import java.util.UUID;

/** What the programs around a change of the major version have in common: where its two servers are, and how one of them goes. */
@Singleton
class Upgrading {

    /** Carries everything to the new server. */
    static final String THERE = "mooring_upgrade";
    /** Carries what is written afterwards back to the old one. */
    static final String BACK = "mooring_undo";

    private static final String NEXT = "next";
    private static final int PORT_OFFSET = 3;

    final LocalClusters clusters;
    final Archives archives;
    final Archiver archiver;

    Upgrading(LocalClusters clusters, Archives archives, Archiver archiver) {
        this.clusters = clusters;
        this.archives = archives;
        this.archiver = archiver;
    }

    ClusterFolder main(UUID cluster) {
        return clusters.folder(cluster);
    }

    ClusterFolder next(UUID cluster) {
        return main(cluster).side(NEXT);
    }

    ClusterFolder previous(UUID cluster) {
        return main(cluster).side(ClusterFolder.PREVIOUS);
    }

    /** The server that serves, as its manifest has it. */
    Side serving(ClusterWish wish) throws IOException {
        ClusterFolder main = main(wish.id());
        return Side.of(
                clusters,
                main,
                main.manifest().orElseThrow(() -> new OperationFailed("the cluster does not run here any more")));
    }

    /** The server of a major version that is in a folder beside. */
    Side beside(ClusterWish wish, ClusterFolder folder, String major, String version) throws IOException {
        return new Side(
                clusters,
                folder,
                version == null
                        ? clusters.engines().engine(major)
                        : clusters.engines().engine(major, version),
                wish.port() + PORT_OFFSET,
                clusters.vault().unseal(wish.superuserSecret()));
    }

    boolean portFree(ClusterWish wish) {
        return clusters.portFree(wish.port() + PORT_OFFSET);
    }

    CutOver cutOver(ClusterWish wish) {
        return new CutOver(clusters, archiver, archives.of(wish.id()), wish);
    }

    /** Leaves nothing of a try to get to a new server; the old one serves everybody. */
    void abandon(ClusterWish wish, UpgradeFacts facts) throws IOException, InterruptedException, SQLException {
        ClusterFolder next = next(wish.id());
        archiver.end(next.key());
        clusters.supervisor().forget(next.key());
        NewServer.remove(clusters, beside(wish, next, wish.version(), facts.semanticVersion()));
        Side serving = serving(wish);
        serving.ensureRunning();
        if (!facts.limits().isEmpty()) {
            new Doors(serving).open(facts.limits());
        }
        Replication.unpublish(serving, THERE);
        Workspace.remove(serving);
        var archive = archives.of(wish.id());
        if (facts.backup() != null) {
            archive.deleteBackup(facts.backup());
        }
        if (facts.timeline() > 0) {
            archive.wal().deleteTimeline(facts.timeline());
        }
    }

    /** Ends the time in which an upgrade can be undone. */
    void settle(UUID cluster) throws IOException, InterruptedException, SQLException {
        ClusterFolder main = main(cluster);
        ClusterFolder previous = previous(cluster);
        clusters.supervisor().forget(previous.key());
        var manifest = main.manifest();
        if (manifest.isPresent()) {
            Side old = new Side(
                    clusters,
                    previous,
                    clusters.engines()
                            .engine(manifest.get().major(), manifest.get().version()),
                    manifest.get().port() + PORT_OFFSET,
                    "");
            NewServer.remove(clusters, old);
            Side serving = Side.of(clusters, main, manifest.get());
            Replication.unpublish(serving, BACK);
            Workspace.remove(serving);
        }
    }
}
