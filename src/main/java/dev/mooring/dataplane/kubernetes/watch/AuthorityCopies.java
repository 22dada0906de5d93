package dev.mooring.dataplane.kubernetes.watch;

import dev.mooring.dataplane.DataPlanes;
import dev.mooring.dataplane.kubernetes.client.Away;
import dev.mooring.dataplane.kubernetes.client.Kind;
import dev.mooring.dataplane.kubernetes.client.KubeObjects;
import dev.mooring.dataplane.kubernetes.client.Live;
import dev.mooring.dataplane.kubernetes.kafka.KafkaNames;
import dev.mooring.dataplane.kubernetes.kafka.StrimziProjection;
import dev.mooring.dataplane.kubernetes.kafka.StrimziVersions;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.dataplane.kubernetes.program.Projection;
import dev.mooring.dataplane.kubernetes.server.Instances;
import dev.mooring.operation.Node;
import dev.mooring.operation.OperationFailed;
import io.quarkus.scheduler.Scheduled;
import jakarta.inject.Singleton;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * CloudNativePG and Strimzi renew a cluster's CA by themselves, and no change tells of it: so workers look. What they ask is the same however many
 * clusters there are, as long as nothing is renewed.
 */
@Singleton
public class AuthorityCopies {

    private static final Logger LOG = Logger.getLogger(AuthorityCopies.class);

    private static final int EACH_AFTER = 60;

    private final AtomicInteger looks = new AtomicInteger();
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

    /**
     * Of all clusters, also of those that had a CA before anybody copied it. Of those whose operator says that it is the one which was
     * copied last nothing more is asked, but once an hour. Blocks.
     */
    public void refresh() {
        boolean each = looks.getAndIncrement() % EACH_AFTER == 0;
        Map<String, String> copies = new HashMap<>();
        for (Live copy : objects.list(Kind.CONFIG_MAP, Names.OWN)) {
            copies.put(copy.name(), copy.label(Names.RENEWAL_LABEL).orElse(""));
        }
        for (Live cluster : objects.list(Kind.CLUSTER, Names.OWN)) {
            id(cluster)
                    .filter(id -> each || !Instances.renewal(cluster).equals(copies.get(Names.authority(id))))
                    .ifPresent(id -> copy(id, projection::publishAuthority));
        }
        if (kafkaVersions.missing().isEmpty()) {
            kafka.renewals()
                    .forEach((cluster, renewal) -> id(cluster)
                            .filter(id -> each || !renewal.equals(copies.get(KafkaNames.access(id))))
                            .ifPresent(id -> copy(id, kafka::publish)));
        }
    }

    private static Optional<UUID> id(Live cluster) {
        return cluster.going()
                ? Optional.empty()
                : cluster.label(Names.CLUSTER_LABEL).map(UUID::fromString);
    }

    /** What is wrong with one cluster is no reason to leave the others alone. */
    private static void copy(UUID cluster, Consumer<UUID> copying) {
        try {
            copying.accept(cluster);
        } catch (OperationFailed e) {
            LOG.warnf("the CA of cluster %s is not copied: %s", cluster, e.getMessage());
        }
    }
}
