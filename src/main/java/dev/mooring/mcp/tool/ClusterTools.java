package dev.mooring.mcp.tool;

import dev.mooring.access.Scopes;
import dev.mooring.database.cluster.ClusterQueries;
import dev.mooring.database.cluster.ClusterSnapshot;
import dev.mooring.database.cluster.ClusterView;
import dev.mooring.database.cluster.ClusterViews;
import dev.mooring.database.event.ClusterEvents.EventView;
import dev.mooring.database.event.OwnEventResource;
import dev.mooring.database.node.NodeResource;
import dev.mooring.web.ApiException;
import dev.mooring.web.Formats;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Clusters, their nodes, and what has happened to them. Never with passwords, whatever the token may see. */
@ApplicationScoped
class ClusterTools implements ToolSet {

    private static final int EVENTS = 50;
    private static final int MOST_EVENTS = 500;

    private final ClusterQueries reads;
    private final ClusterViews views;
    private final NodeResource nodes;
    private final OwnEventResource events;

    ClusterTools(ClusterQueries reads, ClusterViews views, NodeResource nodes, OwnEventResource events) {
        this.reads = reads;
        this.views = views;
        this.nodes = nodes;
        this.events = events;
    }

    record Listed(List<ClusterView> databases) {}

    /**
     * @param nodesUnknown why nothing is known of the nodes; absent where it is
     * @param lastFailure why the last change failed, as long as none has succeeded since
     * @param previousVersion what an upgrade can be undone to
     * @param undoUntil as RFC 3339
     */
    record Inspected(
            ClusterView database,
            List<NodeResource.NodeView> nodes,
            @Nullable String nodesUnknown,
            @Nullable String lastFailure,
            @Nullable String previousVersion,
            @Nullable String undoUntil) {}

    record Happened(List<EventView> events) {}

    @Override
    public List<Tool> tools() {
        return List.of(
                Tool.reads(
                        "list_clusters",
                        "List clusters",
                        "The team's managed PostgreSQL and Kafka clusters with status, version, size and addresses, without passwords.",
                        Scopes.DATABASE_READ,
                        List.of(Parameter.text("tag", "Only clusters with this tag")),
                        given -> reads.list(given.text("tag"))
                                .map(all -> new Listed(all.stream()
                                        .map(cluster -> views.of(cluster, false))
                                        .toList()))),
                Tool.reads(
                        "get_cluster",
                        "Look at a cluster",
                        "One cluster without passwords: status and why it failed, version, addresses, trusted sources, each node with"
                                + " role, state and lag, and until when its last major upgrade can be undone.",
                        Scopes.DATABASE_READ,
                        List.of(Tool.CLUSTER),
                        given -> reads.find(given.cluster())
                                .chain(cluster -> nodes.topology(cluster.id().toString())
                                        .map(found -> inspected(
                                                cluster, found.topology().nodes(), null))
                                        .onFailure(ApiException.class)
                                        .recoverWithItem(
                                                silent -> inspected(cluster, List.of(), silent.getMessage())))),
                Tool.reads(
                        "list_events",
                        "List a cluster's events",
                        "What has happened to a cluster, newest first: creations, failovers, restarts, upgrades, recoveries, drills and"
                                + " the like, in Mooring's own types.",
                        Scopes.DATABASE_READ,
                        List.of(
                                Tool.CLUSTER,
                                Parameter.number(
                                        "limit", "How many at most; " + EVENTS + " without it", 1, MOST_EVENTS)),
                        given -> events.newest(given.cluster(), given.number("limit", EVENTS))
                                .map(Happened::new)),
                new Tool(
                        "switch_over",
                        "Switch over to a standby node",
                        "Lets a standby node become the primary, planned: address and credentials stay, open sessions end. The answer is"
                                + " the operation; its receipt says how long writes stood still.",
                        Tool.Effect.CHANGES,
                        List.of(Scopes.DATABASE_UPDATE),
                        Tool.DATABASE,
                        List.of(Tool.CLUSTER),
                        given -> nodes.switchOver(given.cluster())));
    }

    private Inspected inspected(
            ClusterSnapshot cluster, List<NodeResource.NodeView> found, @Nullable String nodesUnknown) {
        return new Inspected(
                views.of(cluster, false),
                found,
                nodesUnknown,
                cluster.failure() == null ? cluster.changeFailure() : cluster.failure(),
                cluster.previousVersion(),
                Formats.timeOrNull(cluster.undoUntil()));
    }
}
