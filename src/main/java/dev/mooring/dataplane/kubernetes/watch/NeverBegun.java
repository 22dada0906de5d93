package dev.mooring.dataplane.kubernetes.watch;

import dev.mooring.dataplane.DataPlanes;
import dev.mooring.dataplane.kubernetes.client.Away;
import dev.mooring.dataplane.kubernetes.client.Kind;
import dev.mooring.dataplane.kubernetes.client.KubeObjects;
import dev.mooring.dataplane.kubernetes.client.Live;
import dev.mooring.dataplane.kubernetes.kafka.StrimziVersions;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.operation.Node;
import dev.mooring.operation.OperationFailed;
import io.quarkus.scheduler.Scheduled;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * Clusters that came into being when nobody wanted them any more: a worker was lost while it made them, and what it had sent arrived late.
 * They are at rest, so that no operator has done anything for them, and there is nothing in them.
 */
@Singleton
public class NeverBegun {

    private static final Logger LOG = Logger.getLogger(NeverBegun.class);

    /** Whoever makes one lets it begin at once. */
    private static final Duration BEGUN_WITHIN = Duration.ofMinutes(15);

    private final KubeObjects objects;
    private final StrimziVersions kafkaVersions;
    private final DataPlanes planes;
    private final Node node;
    private final Clock clock;

    NeverBegun(KubeObjects objects, StrimziVersions kafkaVersions, DataPlanes planes, Node node, Clock clock) {
        this.objects = objects;
        this.kafkaVersions = kafkaVersions;
        this.planes = planes;
        this.node = node;
        this.clock = clock;
    }

    @Scheduled(every = "5m", delayed = "5m", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    void look() {
        if (node.worker() && planes.find(Names.PLANE).isPresent()) {
            try {
                sweep(clock.instant());
            } catch (Away | OperationFailed e) {
                LOG.warnf("whether clusters are left that nobody wants is not known just now: %s", e.getMessage());
            }
        }
    }

    /** Blocks. */
    public void sweep(Instant now) {
        List<Kind> kinds = new ArrayList<>(List.of(Kind.CLUSTER));
        if (kafkaVersions.missing().isEmpty()) {
            kinds.add(Kind.KAFKA);
        }
        for (Kind kind : kinds) {
            for (Live cluster : objects.list(kind, Names.OWN)) {
                if (cluster.atRest()
                        && !cluster.going()
                        && cluster.created().plus(BEGUN_WITHIN).isBefore(now)) {
                    LOG.warnf(
                            "%s %s was made too late for whoever wanted it, and is deleted",
                            kind.kind(), cluster.name());
                    objects.delete(kind, cluster);
                }
            }
        }
    }
}
