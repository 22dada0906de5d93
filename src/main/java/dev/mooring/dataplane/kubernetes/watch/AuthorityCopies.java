package dev.mooring.dataplane.kubernetes.watch;

import dev.mooring.dataplane.DataPlanes;
import dev.mooring.dataplane.kubernetes.client.Away;
import dev.mooring.dataplane.kubernetes.client.Kind;
import dev.mooring.dataplane.kubernetes.client.KubeObjects;
import dev.mooring.dataplane.kubernetes.client.Live;
import dev.mooring.dataplane.kubernetes.kafka.StrimziProjection;
import dev.mooring.dataplane.kubernetes.kafka.StrimziVersions;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.dataplane.kubernetes.program.Projection;
import dev.mooring.operation.Node;
import dev.mooring.operation.OperationFailed;
import io.quarkus.scheduler.Scheduled;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.UUID;
import org.jboss.logging.Logger;

/** CloudNativePG and Strimzi renew a cluster's CA by themselves, and no change tells of it: so workers look. */
@Singleton
public class AuthorityCopies {

    private static final Logger LOG = Logger.getLogger(AuthorityCopies.class);

    private final KubeObjects objects;
    private final Projection projection;
    private final StrimziProjection kafka;
    private final StrimziVersions kafkaVersions;
    private final DataPlanes planes;
    private final Node node;

    AuthorityCopies(
            KubeObjects objects,
            Projection projection,
            StrimziProjection kafka,
            StrimziVersions kafkaVersions,
            DataPlanes planes,
            Node node) {
        this.objects = objects;
        this.projection = projection;
        this.kafka = kafka;
        this.kafkaVersions = kafkaVersions;
        this.planes = planes;
        this.node = node;
    }

    @Scheduled(every = "60s", delayed = "60s", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    void look() {
        if (node.worker() && planes.find(Names.PLANE).isPresent()) {
            try {
                refresh();
            } catch (Away | OperationFailed e) {
                LOG.warnf("whether a cluster has a new CA is not known just now: %s", e.getMessage());
            }
        }
    }

    /** Of all clusters, also of those that had a CA before anybody copied it. Blocks. */
    public void refresh() {
        for (Live cluster : objects.list(Kind.CLUSTER, Names.OWN)) {
            Optional<UUID> id = cluster.label(Names.CLUSTER_LABEL).map(UUID::fromString);
            if (id.isPresent() && !cluster.going()) {
                projection.publishAuthority(id.get());
            }
        }
        if (kafkaVersions.missing().isEmpty()) {
            kafka.publishAll();
        }
    }
}
