package dev.mooring.dataplane.local.standby.takeover;

import dev.mooring.dataplane.local.archive.WaitedFor;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.standby.node.FollowerFiles;
import dev.mooring.dataplane.local.standby.node.FollowerPlace;
import dev.mooring.dataplane.local.standby.node.StandbyConfiguration;
import dev.mooring.engine.postgres.PgConfig;
import java.io.IOException;
import java.util.List;
import java.util.regex.Pattern;

/**
 * For whom commits wait at a server that takes the primary's place, from its first one on: for those for whom they waited before, but for
 * itself. A server that learned of it only later would answer commits meanwhile that nobody else has.
 */
record CommitsAfter(LocalClusters clusters, ClusterFolder main) {

    private static final String AUTO_CONF = "postgresql.auto.conf";
    private static final Pattern QUORUM = Pattern.compile(
            "^" + Pattern.quote(PgConfig.SYNCHRONOUS) + "\\s*=\\s*'?" + PgConfig.QUORUM + "'?\\s*$", Pattern.MULTILINE);

    /** For whom they wait at the server in the primary's place. */
    WaitedFor before() throws IOException, InterruptedException {
        return WaitedFor.written(clusters.readData(main, AUTO_CONF)).orElse(new WaitedFor(false, List.of()));
    }

    WaitedFor of(ClusterFolder.Manifest manifest, int heir) throws IOException, InterruptedException {
        return beforeOrAsked(manifest, heir).without(FollowerPlace.connection(main.standby(heir))::equals);
    }

    /**
     * For whom they waited at the primary that is lost.
     *
     * @param any nodes that followed it
     */
    WaitedFor of(ClusterFolder.Manifest manifest, List<ClusterFolder.Standby> any)
            throws IOException, InterruptedException {
        return any.isEmpty()
                ? new WaitedFor(false, List.of())
                : beforeOrAsked(manifest, any.getFirst().slot());
    }

    /** Where the primary's files are lost with what it waited for, it is what the configuration asks for. */
    private WaitedFor beforeOrAsked(ClusterFolder.Manifest manifest, int heir)
            throws IOException, InterruptedException {
        try {
            return before();
        } catch (IOException lost) {
            return asked(manifest, heir);
        }
    }

    private WaitedFor asked(ClusterFolder.Manifest manifest, int heir) throws IOException, InterruptedException {
        String settings = clusters.readData(main.standby(heir), StandbyConfiguration.SETTINGS);
        return new WaitedFor(
                manifest.synchronousArchive(),
                QUORUM.matcher(settings).find()
                        ? manifest.standbys().stream()
                                .filter(one -> FollowerFiles.areThere(main.standby(one.slot())))
                                .map(one -> FollowerPlace.connection(main.standby(one.slot())))
                                .toList()
                        : List.of());
    }
}
