package dev.mooring.dataplane.kubernetes.program;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.ClusterFacts;
import dev.mooring.dataplane.kubernetes.client.Kind;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.dataplane.kubernetes.server.OperatorWord.Waiting;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Task;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The read-only nodes of a cluster, which have its settings and its version. One that is being made is none of them yet: who makes it looks
 * at the cluster once more when it is done.
 *
 * @param source the cluster as they are to follow it
 */
public record Followers(Projection projection, ClusterSpec source) {

    /** @param beside what the cluster has, or has had, at the same time; null for nothing else */
    private List<ClusterSpec> all(@Nullable ClusterSpec beside) {
        return projection
                .objects()
                .list(Kind.CLUSTER, Map.of(Names.FOLLOWS_LABEL, source.id().toString()))
                .stream()
                .filter(cluster -> !cluster.going())
                .flatMap(cluster -> cluster.label(Names.CLUSTER_LABEL).stream())
                .flatMap(id -> projection.remembered(UUID.fromString(id)).stream())
                .filter(node -> source.id().equals(node.follows()))
                .map(node -> Following.whole(node, source, beside))
                .toList();
    }

    /** @return what is left to wait for; empty when each has the cluster's settings */
    Optional<Waiting> settle(@Nullable ClusterSpec beside) {
        Optional<Waiting> first = Optional.empty();
        for (ClusterSpec node : all(beside)) {
            Optional<Waiting> waiting = settleOne(node);
            first = first.or(() -> waiting.map(left -> of(node, left)));
        }
        return first;
    }

    /** What is not well with one of them is no reason to take back what its source has got. */
    private Optional<Waiting> settleOne(ClusterSpec node) {
        try {
            projection.follow(node);
            return projection.servers(node).or(() -> projection.missing(node));
        } catch (OperationFailed e) {
            return Optional.of(Waiting.on(e.getMessage()));
        }
    }

    /**
     * What the source has less of they may have less of as soon as they have heard of it.
     *
     * @return empty when each has replayed what the source had written when this was asked first
     */
    Optional<Waiting> replayed(Task<ClusterSpec, ClusterFacts> task) {
        List<ClusterSpec> nodes = all(null);
        if (nodes.isEmpty()) {
            return Optional.empty();
        }
        try {
            if (task.facts().through() == null) {
                task.keep(task.facts()
                        .withThrough(projection
                                .effects(source)
                                .orElseThrow(KubernetesProgram::noAuthority)
                                .mark()));
            }
            for (ClusterSpec node : nodes) {
                long behind = task.facts().requiredThrough()
                        - projection
                                .effects(node)
                                .orElseThrow(KubernetesProgram::noAuthority)
                                .replayed();
                if (behind > 0) {
                    return Optional.of(of(node, Waiting.on(behind + " bytes of WAL are to be replayed")));
                }
            }
            return Optional.empty();
        } catch (SQLException e) {
            return Optional.of(KubernetesProgram.unanswered(e));
        }
    }

    /** @return what is left to wait for; empty when each runs the image */
    public Optional<Waiting> run(String image) {
        Optional<Waiting> first = Optional.empty();
        for (ClusterSpec node : all(null)) {
            projection.run(node, image);
            Optional<Waiting> waiting = projection
                    .word(node.id())
                    .healthy(node.nodes())
                    .or(() -> projection.instances(node.id()).all().stream()
                            .filter(instance ->
                                    !instance.ready() || !instance.image().equals(image))
                            .findFirst()
                            .map(instance -> Waiting.on("the server " + instance.name() + " is to run " + image)));
            first = first.or(() -> waiting.map(left -> of(node, left)));
        }
        return first;
    }

    /** Lets those that do not come up with another image be made anew. */
    public void goBack(String image) {
        for (ClusterSpec node : all(null)) {
            projection.run(node, image);
            projection.replaceStuck(node, image);
        }
    }

    private static Waiting of(ClusterSpec node, Waiting left) {
        return new Waiting("the read-only node " + node.id() + ": " + left.why(), left.refused());
    }
}
