package dev.mooring.database.node;

import dev.mooring.database.cluster.Cluster;
import dev.mooring.database.cluster.change.ClusterQueue;
import dev.mooring.database.cluster.change.ClusterSpecs;
import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.DataPlanes;
import dev.mooring.operation.MetadataReady;
import dev.mooring.operation.Node;
import dev.mooring.operation.queue.Operations;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.persistence.LockModeType;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;

/**
 * Primaries are replaced whether or not anybody is there to write that down. Afterwards an operation tells how it went; it is tried until it
 * is queued.
 */
@ApplicationScoped
class Failovers {

    private static final Logger LOG = Logger.getLogger(Failovers.class);

    private final Node node;
    private final DataPlanes planes;
    private final ClusterQueue queue;
    private final ClusterSpecs specs;
    private final Operations operations;
    private final Map<UUID, UUID> untold = new ConcurrentHashMap<>();

    Failovers(Node node, DataPlanes planes, ClusterQueue queue, ClusterSpecs specs, Operations operations) {
        this.node = node;
        this.planes = planes;
        this.queue = queue;
        this.specs = specs;
        this.operations = operations;
    }

    void start(@Observes @Priority(900) MetadataReady event) {
        if (node.worker()) {
            planes.all().forEach(plane -> plane.onFailover((cluster, failover) -> untold.put(failover, cluster)));
        }
    }

    @Scheduled(every = "1s", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    Uni<Void> tell() {
        return Multi.createFrom()
                .iterable(Map.copyOf(untold).entrySet())
                .onItem()
                .transformToUniAndConcatenate(entry -> tell(entry.getKey(), entry.getValue()))
                .collect()
                .asList()
                .replaceWithVoid();
    }

    private Uni<Void> tell(UUID failover, UUID cluster) {
        return operations
                .find(failover)
                .chain(known -> known == null
                        ? queue(failover, cluster)
                        : Uni.createFrom().<UUID>nullItem())
                .invoke(() -> untold.remove(failover))
                .replaceWithVoid()
                .onFailure()
                .recoverWithUni(failure -> {
                    LOG.warnf("that %s has another primary is not written down yet: %s", cluster, failure.getMessage());
                    return Uni.createFrom().voidItem();
                });
    }

    private Uni<UUID> queue(UUID failover, UUID id) {
        return Panache.withTransaction(() -> Cluster.<Cluster>find("id = ?1 and deletedAt is null", id)
                .withLock(LockModeType.PESSIMISTIC_WRITE)
                .firstResult()
                .chain(cluster -> cluster == null
                        ? Uni.createFrom().<UUID>nullItem()
                        : specs.of(cluster).chain(spec -> queue.shared(failover, Change.FAIL_OVER, cluster, spec))));
    }
}
