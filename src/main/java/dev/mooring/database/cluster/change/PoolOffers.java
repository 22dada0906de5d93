package dev.mooring.database.cluster.change;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.ClusterSnapshot;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.DataPlane;
import dev.mooring.dataplane.Endpoints;
import dev.mooring.engine.postgres.PgBouncerConfig;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/** Which connection pools a cluster can have: one answer for pools, for their settings, and for trying these out. */
@ApplicationScoped
public class PoolOffers {

    private final ClusterPlanes planes;
    private final ClusterSpecs specs;

    PoolOffers(ClusterPlanes planes, ClusterSpecs specs) {
        this.planes = planes;
        this.specs = specs;
    }

    /** Throws a 422 that says so where the cluster can have none. */
    public DataPlane.Pooling require(Cluster cluster) {
        DataPlane.Pooling offer = require(
                cluster.id,
                cluster.engine,
                cluster.plane,
                !specs.endpoints(cluster).every(Endpoints.Role.POOL).isEmpty());
        if (cluster.replicaOf != null) {
            offer.ofFollowers().ifPresent(why -> {
                throw ClusterQueue.lacks("connection pools for read-only nodes", cluster, why);
            });
        }
        return offer;
    }

    /** Throws the same 422 for a change of the configuration that is about pools. */
    public void requireFor(ObjectNode config, Cluster cluster) {
        if (config.has(PgBouncerConfig.KEY)) {
            require(cluster);
        }
    }

    /** The same before anything is changed. */
    public void requireFor(ObjectNode config, ClusterSnapshot cluster) {
        if (config.has(PgBouncerConfig.KEY)) {
            require(cluster.id(), cluster.engine(), cluster.plane(), cluster.hasPooler());
        }
    }

    /** The modes that pools of the cluster can have, as clients write them; none where it can have no pools. */
    public List<String> modes(ClusterSnapshot cluster) {
        return planes.find(cluster.plane())
                .flatMap(plane -> offer(plane, cluster.id(), cluster.engine(), cluster.hasPooler()))
                .filter(offer ->
                        cluster.replicaOf() == null || offer.ofFollowers().isEmpty())
                .map(offer -> Stream.of(ClusterSpec.PoolMode.values())
                        .filter(mode -> offer.refusal(mode).isEmpty())
                        .map(mode -> mode.name().toLowerCase(Locale.ROOT))
                        .toList())
                .orElse(List.of());
    }

    private DataPlane.Pooling require(UUID cluster, String engine, String plane, boolean shared) {
        return offer(planes.get(plane), cluster, engine, shared)
                .orElseThrow(() -> ClusterQueue.lacks("connection pools", engine, plane));
    }

    /** @param shared whether the cluster has an address for those that have none of their own */
    private static Optional<DataPlane.Pooling> offer(DataPlane plane, UUID cluster, String engine, boolean shared) {
        return plane.pooling(engine)
                .filter(pooling -> shared || pooling.address(cluster, "any").isPresent());
    }
}
