package dev.mooring.operation.worker;

import dev.mooring.operation.EngineSettings;
import dev.mooring.operation.store.LeaseStore;
import dev.mooring.time.Monotonic;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/** The leases of this process, and the heartbeat that renews them. */
@ApplicationScoped
class HeldLeases {

    private static final Logger LOG = Logger.getLogger(HeldLeases.class);

    private final LeaseStore leases;
    private final EngineSettings settings;
    private final Map<UUID, Lease> held = new ConcurrentHashMap<>();
    private volatile long renewedAt = Monotonic.nanos();

    HeldLeases(LeaseStore leases, EngineSettings settings) {
        this.leases = leases;
        this.settings = settings;
    }

    Collection<Lease> all() {
        return held.values();
    }

    void put(UUID operation, Lease lease) {
        held.put(operation, lease);
    }

    void remove(UUID operation, Lease lease) {
        held.remove(operation, lease);
    }

    /** Renews every lease; who has lost one is stopped, and so is everybody when none could be renewed in time. */
    @Scheduled(every = "2s", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    Uni<Void> heartbeat() {
        Map<UUID, Lease> due = Map.copyOf(held);
        long askedAt = Monotonic.nanos();
        if (due.isEmpty()) {
            renewedAt = askedAt;
            return Uni.createFrom().voidItem();
        }
        return leases.renew(
                        settings.lease(), due.values().stream().map(Lease::held).toList())
                .invoke(renewed -> {
                    renewedAt = askedAt;
                    Map<UUID, Boolean> kept = renewed.stream()
                            .collect(Collectors.toMap(LeaseStore.Renewed::id, LeaseStore.Renewed::cancelRequested));
                    due.forEach((id, lease) -> {
                        Boolean cancel = kept.get(id);
                        if (cancel == null && !lease.leaving()) {
                            lease.lose();
                        } else if (Boolean.TRUE.equals(cancel)) {
                            lease.cancelWished();
                        }
                    });
                })
                .onFailure()
                .invoke(failure -> {
                    if (Monotonic.nanos() - renewedAt > settings.lease().toNanos()) {
                        LOG.errorf("leases could not be renewed, stopping what runs here: %s", failure.getMessage());
                        due.values().forEach(Lease::lose);
                    }
                })
                .onFailure()
                .recoverWithItem(List.of())
                .replaceWithVoid();
    }
}
