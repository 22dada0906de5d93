package dev.mooring.dataplane.kubernetes.watch;

import dev.mooring.dataplane.DataPlane.ArchiveListener;
import dev.mooring.dataplane.kubernetes.client.Away;
import dev.mooring.dataplane.kubernetes.client.Kind;
import dev.mooring.dataplane.kubernetes.client.KubeObjects;
import dev.mooring.dataplane.kubernetes.client.Live;
import dev.mooring.dataplane.kubernetes.object.ClusterObject;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.dataplane.kubernetes.program.Archive;
import dev.mooring.operation.OperationFailed;
import io.quarkus.scheduler.Scheduled;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Whether clusters' WAL is archived is in the operator's word alone: so workers look, and tell who asked to be told. */
@Singleton
public class ArchivingWatch {

    private static final Logger LOG = Logger.getLogger(ArchivingWatch.class);

    private final KubeObjects objects;
    private final Set<UUID> failing = ConcurrentHashMap.newKeySet();
    private final Clock clock;
    private volatile @Nullable ArchiveListener listener;

    ArchivingWatch(KubeObjects objects, Clock clock) {
        this.objects = objects;
        this.clock = clock;
    }

    /** Workers alone are asked to, of a Mooring that has this plane. */
    public void tell(ArchiveListener listener) {
        this.listener = listener;
    }

    @Scheduled(every = "30s", delayed = "30s", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    void look() {
        if (listener != null) {
            try {
                refresh();
            } catch (Away | OperationFailed e) {
                LOG.warnf("whether clusters are archived is not known just now: %s", e.getMessage());
            }
        }
    }

    /** Blocks. */
    public void refresh() {
        ArchiveListener told = listener;
        if (told == null) {
            return;
        }
        for (Live cluster : objects.list(Kind.CLUSTER, Names.OWN)) {
            Optional<UUID> id = cluster.label(Names.CLUSTER_LABEL).map(UUID::fromString);
            if (id.isPresent() && Archive.has(cluster) && !cluster.going()) {
                look(told, id.get(), cluster);
            }
        }
    }

    private void look(ArchiveListener told, UUID id, Live cluster) {
        Optional<Map<String, Object>> failure = cluster.each("status", "conditions").stream()
                .filter(condition ->
                        "ContinuousArchiving".equals(condition.get("type")) && "False".equals(condition.get("status")))
                .findFirst();
        if (failure.isEmpty()) {
            if (failing.remove(id)) {
                told.recovered(id);
            }
        } else if (failing.add(id)) {
            // What was written in the segment before was not archived either.
            Instant since = moment(failure.get().get("lastTransitionTime")).minusSeconds(ClusterObject.ARCHIVE_SECONDS);
            told.failing(id, since, String.valueOf(failure.get().get("message")));
        }
    }

    /** One cluster of which it is not told, or not as a time, is no reason not to look at the others. */
    private Instant moment(@Nullable Object told) {
        try {
            return Instant.parse(String.valueOf(told));
        } catch (DateTimeParseException unknown) {
            return clock.instant();
        }
    }
}
