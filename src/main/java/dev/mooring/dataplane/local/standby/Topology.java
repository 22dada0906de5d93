package dev.mooring.dataplane.local.standby;

import dev.mooring.dataplane.ClusterNode;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.cluster.NodeDisk;
import dev.mooring.process.postgres.Postmaster;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * A cluster's nodes as they are.
 *
 * @param host the name that clients are told
 */
public record Topology(LocalClusters clusters, StandbyKeeper standbys, String host) {

    /** The primary first; empty when the cluster does not run here. */
    public List<ClusterNode> of(UUID cluster) throws IOException {
        ClusterFolder folder = clusters.folder(cluster);
        Optional<ClusterFolder.Manifest> known = folder.manifest();
        if (known.isEmpty()) {
            return List.of();
        }
        ClusterFolder.Manifest manifest = known.get();
        if (manifest.follows() != null) {
            return List.of(node(
                    cluster.toString(),
                    ClusterNode.Role.REPLICA,
                    manifest.port(),
                    standbys.readOnly().seen(cluster)));
        }
        List<ClusterNode> nodes = new ArrayList<>();
        nodes.add(new ClusterNode(
                manifest.node(),
                ClusterNode.Role.PRIMARY,
                host,
                manifest.port(),
                state(clusters.postmaster(folder, manifest)),
                new NodeDisk(folder.data()).full().orElse(null),
                null,
                null));
        List<Follower> followers = standbys.followers(folder);
        for (ClusterFolder.Standby standby : manifest.standbys()) {
            Follower seen = followers.stream()
                    .filter(one -> one.slot() == standby.slot())
                    .findFirst()
                    .orElse(Follower.of(standby.slot(), Follower.State.ABSENT, null));
            nodes.add(node(standby.name(), ClusterNode.Role.STANDBY, standby.port(), seen));
        }
        return nodes;
    }

    /** Where each of them writes its log, by its name; the primary first. */
    public Map<String, Path> logs(UUID cluster) throws IOException {
        ClusterFolder folder = clusters.folder(cluster);
        Map<String, Path> logs = new LinkedHashMap<>();
        Optional<ClusterFolder.Manifest> manifest = folder.manifest();
        logs.put(
                manifest.filter(known -> known.follows() == null)
                        .map(ClusterFolder.Manifest::node)
                        .orElse(cluster.toString()),
                folder.log());
        manifest.map(ClusterFolder.Manifest::standbys)
                .orElse(List.of())
                .forEach(standby ->
                        logs.put(standby.name(), folder.standby(standby.slot()).log()));
        return logs;
    }

    private ClusterNode node(String name, ClusterNode.Role role, int port, Follower seen) {
        return new ClusterNode(
                name,
                role,
                host,
                port,
                seen.state().name().toLowerCase(Locale.ROOT),
                seen.why(),
                seen.lagBytes(),
                seen.lagSeconds());
    }

    private static String state(Postmaster primary) {
        return primary.halted() ? "halted" : primary.ready() ? "running" : primary.alive() ? "starting" : "down";
    }
}
