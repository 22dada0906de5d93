package dev.mooring.database.cluster.change;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.ClusterSnapshot;
import dev.mooring.dataplane.DataPlane;
import dev.mooring.dataplane.Endpoints;
import dev.mooring.engine.postgres.PgBouncerConfig;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.UUID;

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
        return require(
                cluster.id,
                cluster.engine,
                cluster.plane,
                !specs.endpoints(cluster).every(Endpoints.Role.POOL).isEmpty());
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

    /** @param shared whether the cluster has an address for those that have none of their own */
    private DataPlane.Pooling require(UUID cluster, String engine, String plane, boolean shared) {
        return planes.get(plane)
                .pooling(engine)
                .filter(pooling -> shared || pooling.address(cluster, "any").isPresent())
                .orElseThrow(() -> ClusterQueue.lacks("connection pools", engine, plane));
    }
}
