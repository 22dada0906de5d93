package dev.mooring.database.metrics;

import dev.mooring.database.cluster.change.ClusterPlanes;
import dev.mooring.dataplane.DataPlane;
import dev.mooring.operation.MetadataReady;
import dev.mooring.operation.Node;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;

/** Measures the clusters that run here now and then, and keeps that for a while: in memory, so a restart begins anew. */
@ApplicationScoped
class Histories {

    static final Duration EVERY = Duration.ofSeconds(30);

    private static final Logger LOG = Logger.getLogger(Histories.class);
    private static final Duration FRESH = Duration.ofSeconds(2);
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(10);

    private final Pool pool;
    private final Node node;
    private final ClusterPlanes planes;
    private final Clock clock;
    private final Map<UUID, History> histories = new ConcurrentHashMap<>();
    private volatile boolean ready;

    Histories(Pool pool, Node node, ClusterPlanes planes, Clock clock) {
        this.pool = pool;
        this.node = node;
        this.planes = planes;
        this.clock = clock;
    }

    void start(@Observes MetadataReady event) {
        ready = node.worker();
    }

    /** One cluster after the other: nobody waits for it. */
    @Scheduled(every = "30s", delayed = "10s", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    Uni<Void> measureAll() {
        if (!ready) {
            return Uni.createFrom().voidItem();
        }
        return pool.preparedQuery("select id, plane, status from cluster where node = $1 and deleted_at is null")
                .execute(Tuple.of(node.id()))
                .chain(rows -> {
                    Set<UUID> present = new HashSet<>();
                    rows.forEach(row -> present.add(row.getUUID("id")));
                    histories.keySet().retainAll(present);
                    return Multi.createFrom()
                            .iterable(rows)
                            .filter(row -> row.getString("status").equals("online")
                                    && planes.find(row.getString("plane"))
                                            .filter(DataPlane::measures)
                                            .isPresent())
                            .onItem()
                            .transformToUniAndConcatenate(this::measure)
                            .collect()
                            .last()
                            .replaceWithVoid();
                })
                .onFailure()
                .invoke(failure -> LOG.warnf("clusters are not measured just now: %s", failure.getMessage()))
                .onFailure()
                .recoverWithNull();
    }

    private Uni<Void> measure(Row row) {
        UUID cluster = row.getUUID("id");
        return measure(cluster, row.getString("plane"))
                .onFailure()
                .invoke(failure -> LOG.debugf("cluster %s is not measured just now: %s", cluster, failure.getMessage()))
                .onFailure()
                .recoverWithNull();
    }

    private Uni<Void> measure(UUID cluster, String plane) {
        return planes.ask(plane, there -> there.metrics(cluster))
                .ifNoItem()
                .after(ANSWER_LIMIT)
                .fail()
                .invoke(text -> histories
                        .computeIfAbsent(cluster, id -> new History())
                        .add(clock.instant(), Measure.read(text)))
                .replaceWithVoid();
    }

    /** With what is so just now, where that can be measured; whoever asks often does not have it measured each time. */
    Uni<History> of(UUID cluster, String plane) {
        History known = histories.computeIfAbsent(cluster, id -> new History());
        Instant recently = clock.instant().minus(FRESH);
        return known.since(recently)
                ? Uni.createFrom().item(known)
                : measure(cluster, plane)
                        .onFailure()
                        .invoke(failure ->
                                LOG.warnf("cluster %s cannot be measured: %s", cluster, failure.getMessage()))
                        .onFailure()
                        .recoverWithNull()
                        .replaceWith(() -> histories.getOrDefault(cluster, known));
    }
}
