package dev.mooring.database.config;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.ClusterQueries;
import dev.mooring.database.cluster.ClusterSnapshot;
import dev.mooring.database.cluster.change.ClusterPlanes;
import dev.mooring.database.cluster.change.PoolOffers;
import dev.mooring.engine.EngineCatalog;
import dev.mooring.engine.Plan;
import dev.mooring.engine.postgres.PgConfig;
import dev.mooring.engine.postgres.ServerParameter;
import dev.mooring.operation.Node;
import dev.mooring.web.ApiException;
import dev.mooring.web.Problems;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** The configuration as the servers have it, and what a change of it would do to them. */
@ApplicationScoped
class ConfigPreview {

    private final ClusterQueries reads;
    private final ClusterPlanes planes;
    private final PoolOffers pools;
    private final EngineCatalog engines;
    private final Node node;
    private final ObjectMapper mapper;

    ConfigPreview(
            ClusterQueries reads,
            ClusterPlanes planes,
            PoolOffers pools,
            EngineCatalog engines,
            Node node,
            ObjectMapper mapper) {
        this.reads = reads;
        this.planes = planes;
        this.pools = pools;
        this.engines = engines;
        this.node = node;
        this.mapper = mapper;
    }

    /**
     * @param changes keys that would get another value
     * @param restarts keys for which the servers would be restarted
     */
    record Preview(List<String> changes, List<String> restarts) {}

    /** Every key with the value in force; only what the owner set while the servers cannot be asked. Fails with 404. */
    Uni<ObjectNode> effective(String id) {
        return reads.find(id)
                .chain(cluster -> parameters(cluster).map(inForce -> effective(cluster, own(cluster), inForce)));
    }

    /**
     * What a change would do, by what the running servers say of their parameters; nothing is changed. What a server refuses by
     * rules of its own only the change itself brings to light.
     *
     * @return fails with 404, with 412 while the servers cannot be asked or be changed, with 422 like the change
     */
    Uni<Preview> of(String id, ObjectNode wanted) {
        return reads.find(id).chain(cluster -> {
            if (!cluster.status().equals(Cluster.ONLINE)) {
                throw ApiException.busy();
            }
            ObjectNode own = own(cluster);
            Problems problems = new Problems();
            EngineConfig.check(cluster.engine(), problems, wanted, own);
            problems.throwIfAny();
            pools.requireFor(wanted, cluster);
            return parameters(cluster).map(inForce -> preview(cluster, own, wanted, inForce));
        });
    }

    private Preview preview(
            ClusterSnapshot cluster, ObjectNode own, ObjectNode wanted, Map<String, ServerParameter> inForce) {
        if (inForce.isEmpty()) {
            throw new ApiException(412, "the cluster's servers cannot be asked now; nothing was changed");
        }
        ObjectNode before = effective(cluster, own, inForce);
        ObjectNode after = effective(cluster, PgConfig.merged(own, wanted), Map.of());
        List<String> changes = names(wanted)
                .filter(name -> !EngineConfig.same(before.get(name), after.get(name)))
                .toList();
        return new Preview(changes, EngineConfig.restarts(cluster, own, wanted, changes, inForce, plan(cluster)));
    }

    private static Stream<String> names(ObjectNode config) {
        return StreamSupport.stream(((Iterable<String>) config::fieldNames).spliterator(), false);
    }

    private Uni<Map<String, ServerParameter>> parameters(ClusterSnapshot cluster) {
        boolean here = cluster.status().equals(Cluster.ONLINE) && cluster.node().equals(node.id());
        return here
                ? planes.ask(cluster.plane(), plane -> plane.parameters(cluster.id()))
                        .onFailure()
                        .recoverWithItem(Map.of())
                : Uni.createFrom().item(Map.of());
    }

    private ObjectNode effective(ClusterSnapshot cluster, ObjectNode own, Map<String, ServerParameter> inForce) {
        return EngineConfig.effective(cluster, own, inForce, plan(cluster));
    }

    private Plan plan(ClusterSnapshot cluster) {
        return engines.get(cluster.engine()).stored(cluster.size());
    }

    private ObjectNode own(ClusterSnapshot cluster) {
        return PgConfig.read(mapper, cluster.config());
    }
}
