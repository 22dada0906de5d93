package dev.mooring.dataplane.kubernetes.program;

import dev.mooring.dataplane.kubernetes.client.Kind;
import dev.mooring.dataplane.kubernetes.client.KubeObjects;
import dev.mooring.dataplane.kubernetes.client.Live;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.dataplane.kubernetes.server.OperatorWord.Waiting;
import dev.mooring.engine.postgres.PostgresEngine;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/** The end of a cluster's objects. */
public record Removal(Projection projection, UUID cluster) {

    /**
     * Takes away whatever there is of a cluster, in an order in which nobody waits for who is gone already. What it has archived stays
     * for a while.
     *
     * @param keepUntil how long
     * @return empty when nothing is left
     */
    public Optional<Waiting> go(Instant keepUntil) {
        KubeObjects objects = projection.objects();
        String name = Names.cluster(cluster);
        for (Live pooler : objects.list(Kind.POOLER, Names.labels(cluster))) {
            objects.delete(Kind.POOLER, pooler.name());
        }
        if (projection.live(cluster).isPresent()) {
            projection.alone(() -> objects.delete(Kind.CLUSTER, name));
            return Optional.of(Waiting.on("CloudNativePG is ending the cluster"));
        }
        for (Kind kind : new Kind[] {Kind.POD, Kind.CLAIM}) {
            int left = objects.list(kind, Names.ofOperator(cluster)).size();
            if (left > 0) {
                return Optional.of(Waiting.on(left + " objects of the kind " + kind.kind() + " are ending"));
            }
        }
        for (Live role : objects.list(Kind.ROLE, Names.labels(cluster))) {
            // It has the role's name, and secrets cannot be listed: so it goes first, as long as its name is known.
            objects.delete(Kind.SECRET, role.name());
        }
        for (Kind kind : new Kind[] {Kind.DATABASE, Kind.ROLE}) {
            for (Live left : objects.list(kind, Names.labels(cluster))) {
                // There is no server any more from which it could be dropped.
                objects.release(kind, left.name());
                objects.delete(kind, left.name());
            }
        }
        objects.delete(Kind.SECRET, Names.user(cluster, PostgresEngine.ADMIN));
        // A read-only node has that one without the role.
        objects.delete(Kind.SECRET, Names.user(cluster, Names.CONTROL));
        objects.delete(Kind.SECRET, Names.memory(cluster));
        objects.delete(Kind.CONFIG_MAP, Names.authority(cluster));
        objects.delete(Kind.NETWORK_POLICY, name);
        objects.delete(Kind.NETWORK_POLICY, Names.way(cluster));
        projection.archive().end(cluster, keepUntil);
        int left = objects.list(Kind.DATABASE, Names.labels(cluster)).size()
                + objects.list(Kind.ROLE, Names.labels(cluster)).size();
        return left == 0 ? Optional.empty() : Optional.of(Waiting.on(left + " users and databases are ending"));
    }
}
