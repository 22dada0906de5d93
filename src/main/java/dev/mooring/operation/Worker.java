package dev.mooring.operation;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * Claims due operations and runs each on a virtual thread, at most {@link EngineSettings#slots()} at a time. Woken by
 * NOTIFY and by its own timers; the poll is the safety net.
 */
@ApplicationScoped
class Worker {

    private static final Logger LOG = Logger.getLogger(Worker.class);
    private static final Duration GRACE = Duration.ofSeconds(8);

    /** How long one that was claimed ahead may wait for its turn: then others may have it. */
    private static final Duration TURN = Duration.ofSeconds(1);

    private final OperationStore store;
    private final Programs programs;
    private final StepRunner runner;
    private final EngineSettings settings;
    private final Node node;
    private final Vertx vertx;
    private final Slots slots;
    private final Map<UUID, Lease> held = new ConcurrentHashMap<>();
    private final AtomicBoolean claiming = new AtomicBoolean();
    private final AtomicBoolean planned = new AtomicBoolean();
    private volatile boolean claimAgain;
    private volatile OperationStore.Place place;
    private volatile boolean started;
    private volatile boolean stopping;
    private volatile long renewedAt = System.nanoTime();

    Worker(
            OperationStore store,
            Programs programs,
            StepRunner runner,
            EngineSettings settings,
            Node node,
            Vertx vertx) {
        this.store = store;
        this.programs = programs;
        this.runner = runner;
        this.settings = settings;
        this.slots = new Slots(settings.slots());
        this.node = node;
        this.vertx = vertx;
    }

    void start(@Observes @Priority(1000) MetadataReady event) {
        if (node.exclusive()) {
            int freed = store.rescueNode(node.id()).await().indefinitely();
            if (freed > 0) {
                LOG.infof("taking up %d operations that were under way when Mooring last ended", freed);
            }
        }
        started = node.worker();
        wake();
    }

    /** Looks for due operations now. Cheap, safe to call from anywhere. */
    void wake() {
        if (started) {
            place = null;
            claim();
        }
    }

    /**
     * Runs what is due until nothing is, or until the time is over; for deployments where no process stays up.
     *
     * @return how many were started
     */
    Uni<Integer> tick(Duration limit) {
        Instant end = Instant.now().plus(limit);
        AtomicInteger count = new AtomicInteger();
        return store.rescueExpired()
                .replaceWith(Uni.createFrom()
                        .<Integer>emitter(emitter -> Thread.ofVirtual().start(() -> {
                            try {
                                int round;
                                do {
                                    int free = Math.max(1, slots.free());
                                    List<OperationStore.Claimed> due = store.claim(
                                                    node.id(), settings.lease(), free, programs.runnable(), null)
                                            .await()
                                            .indefinitely()
                                            .operations();
                                    round = due.size();
                                    count.addAndGet(round);
                                    for (Thread thread :
                                            due.stream().map(this::launch).toList()) {
                                        thread.join();
                                    }
                                } while (round > 0 && Instant.now().isBefore(end));
                                emitter.complete(count.get());
                            } catch (Exception e) {
                                emitter.fail(e);
                            }
                        })));
    }

    private void claim() {
        if (stopping) {
            return;
        }
        int room = slots.room();
        if (room == 0 || !claiming.compareAndSet(false, true)) {
            claimAgain = true;
            return;
        }
        claimAgain = false;
        slots.claiming();
        OperationStore.Place after = place;
        store.claim(node.id(), settings.lease(), room, programs.runnable(), after)
                .subscribe()
                .with(
                        claim -> {
                            List<OperationStore.Claimed> due = claim.operations();
                            due.forEach(this::launch);
                            boolean more = due.size() == room;
                            place = more ? claim.last() : null;
                            claiming.set(false);
                            if (more || after != null || claimAgain) {
                                claimSoon();
                            }
                        },
                        failure -> {
                            claiming.set(false);
                            LOG.warnf("cannot look for due operations, trying again: %s", failure.getMessage());
                        });
    }

    /**
     * Behind what was launched just now: operations that are over at once have freed their slots by then, and one claim
     * takes for all of them.
     */
    private void claimSoon() {
        if (planned.compareAndSet(false, true)) {
            Thread.ofVirtual().start(() -> {
                planned.set(false);
                claim();
            });
        }
    }

    private Thread launch(OperationStore.Claimed claimed) {
        slots.claimed();
        Operation operation = claimed.operation();
        Lease lease = new Lease(claimed);
        Thread thread = Thread.ofVirtual().name("operation-" + operation.id()).unstarted(() -> {
            try {
                inSlot(operation, lease);
            } finally {
                held.remove(operation.id(), lease);
            }
        });
        lease.heldBy(thread);
        held.put(operation.id(), lease);
        thread.start();
        return thread;
    }

    private void inSlot(Operation operation, Lease lease) {
        try {
            slots.enter();
        } catch (InterruptedException handedBackOrLost) {
            slots.handBack();
            freed();
            return;
        }
        long since = System.nanoTime();
        Runnable leave = () -> lease.free(() -> {
            slots.leave(since);
            freed();
        });
        try {
            if (lease.begin()) {
                runner.run(operation, lease, () -> stopping, leave, this::wakeAfter);
            }
        } finally {
            leave.run();
        }
    }

    private void freed() {
        if (claimAgain && slots.room() > 0) {
            claimSoon();
        }
    }

    /** What has waited here for its turn at least that long: others may have it. */
    private Uni<Void> handBack(Duration waited) {
        List<Lease> waiting = held.values().stream()
                .filter(lease -> lease.olderThan(waited) && lease.handBack())
                .toList();
        return waiting.isEmpty() ? Uni.createFrom().voidItem() : store.handBack(waiting);
    }

    private void wakeAfter(Duration delay) {
        vertx.setTimer(Math.max(1, delay.toMillis()), ignored -> wake());
    }

    /** The net under NOTIFY and the timers, and the rescue of what dead workers held. */
    @Scheduled(every = "1s", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    Uni<Void> poll() {
        if (!started || stopping) {
            return Uni.createFrom().voidItem();
        }
        return handBack(TURN)
                .chain(store::rescueExpired)
                .invoke(freed -> {
                    if (freed > 0) {
                        LOG.warnf("took over %d operations whose worker had stopped answering", freed);
                    }
                    wake();
                })
                .onFailure()
                .invoke(failure -> LOG.warnf("cannot reach the operation table: %s", failure.getMessage()))
                .onFailure()
                .recoverWithItem(0)
                .replaceWithVoid();
    }

    /** Renews every lease; who has lost one is stopped, and so is everybody when none could be renewed in time. */
    @Scheduled(every = "2s", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    Uni<Void> heartbeat() {
        Map<UUID, Lease> due = Map.copyOf(held);
        long askedAt = System.nanoTime();
        if (due.isEmpty()) {
            renewedAt = askedAt;
            return Uni.createFrom().voidItem();
        }
        return store.renew(
                        settings.lease(), due.values().stream().map(Lease::held).toList())
                .invoke(renewed -> {
                    renewedAt = askedAt;
                    Map<UUID, Boolean> kept = renewed.stream()
                            .collect(Collectors.toMap(
                                    OperationStore.Renewed::id, OperationStore.Renewed::cancelRequested));
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
                    if (System.nanoTime() - renewedAt > settings.lease().toNanos()) {
                        LOG.errorf("leases could not be renewed, stopping what runs here: %s", failure.getMessage());
                        due.values().forEach(Lease::lose);
                    }
                })
                .onFailure()
                .recoverWithItem(List.of())
                .replaceWithVoid();
    }

    /** Lets steps come to their end, then gives every lease back so that nobody has to wait for it to run out. */
    void stop(@Observes ShutdownEvent event) throws InterruptedException {
        stopping = true;
        Instant end = Instant.now().plus(GRACE);
        settled(handBack(Duration.ZERO));
        for (Lease lease : held.values()) {
            lease.awaitEnd(Duration.ofMillis(
                    Math.max(1, Duration.between(Instant.now(), end).toMillis())));
        }
        held.values().forEach(Lease::lose);
        if (node.exclusive()) {
            settled(store.rescueNode(node.id()).replaceWithVoid());
        }
    }

    private static void settled(Uni<Void> handingBack) {
        handingBack
                .onFailure()
                .invoke(failure ->
                        LOG.warnf("could not hand leases back, they run out by themselves: %s", failure.getMessage()))
                .onFailure()
                .recoverWithNull()
                .await()
                .atMost(Duration.ofSeconds(5));
    }
}
