package dev.mooring.operation.worker;

import dev.mooring.operation.EngineSettings;
import dev.mooring.operation.MetadataReady;
import dev.mooring.operation.NewOperation;
import dev.mooring.operation.Node;
import dev.mooring.operation.Operation;
import dev.mooring.operation.OperationState;
import dev.mooring.operation.Programs;
import dev.mooring.operation.store.LeaseStore;
import dev.mooring.operation.store.OperationStore;
import dev.mooring.time.Deadline;
import dev.mooring.time.Monotonic;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Claims due operations and runs each on a virtual thread, at most {@link EngineSettings#slots()} at a time. Woken by
 * NOTIFY and by its own timers; the poll is the safety net.
 */
@ApplicationScoped
public class Worker {

    private static final Logger LOG = Logger.getLogger(Worker.class);
    private static final Duration GRACE = Duration.ofSeconds(8);

    /** How long one that was claimed ahead may wait for its turn: then others may have it. */
    private static final Duration TURN = Duration.ofSeconds(1);

    private final OperationStore store;
    private final LeaseStore leases;
    private final HeldLeases held;
    private final Programs programs;
    private final StepRunner runner;
    private final EngineSettings settings;
    private final Node node;
    private final Vertx vertx;
    private final Slots slots;
    private final Map<UUID, Long> promised = new ConcurrentHashMap<>();
    private final AtomicBoolean claiming = new AtomicBoolean();
    private final AtomicBoolean planned = new AtomicBoolean();
    private volatile boolean claimAgain;
    private volatile LeaseStore.@Nullable Place place;
    private volatile boolean started;
    private volatile boolean stopping;

    Worker(
            OperationStore store,
            LeaseStore leases,
            HeldLeases held,
            Programs programs,
            StepRunner runner,
            EngineSettings settings,
            Node node,
            Vertx vertx) {
        this.store = store;
        this.leases = leases;
        this.held = held;
        this.programs = programs;
        this.runner = runner;
        this.settings = settings;
        this.slots = new Slots(settings.slots());
        this.node = node;
        this.vertx = vertx;
    }

    void start(@Observes @Priority(1000) MetadataReady event) {
        if (node.exclusive()) {
            int freed = leases.rescueNode(node.id()).await().indefinitely();
            if (freed > 0) {
                LOG.infof("taking up %d operations that were under way when Mooring last ended", freed);
            }
        }
        started = node.worker();
        wake();
    }

    /** Looks for due operations now. Cheap, safe to call from anywhere. */
    public void wake() {
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
    public Uni<Integer> tick(Duration limit) {
        Deadline end = Deadline.in(limit);
        AtomicInteger count = new AtomicInteger();
        return leases.rescueExpired()
                .call(() -> store.wakeWaiting(null))
                .replaceWith(Uni.createFrom()
                        .<Integer>emitter(emitter -> Thread.ofVirtual().start(() -> {
                            try {
                                int round;
                                do {
                                    int free = Math.max(1, slots.free());
                                    List<LeaseStore.Claimed> due = leases.claim(
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
                                } while (round > 0 && !end.passed());
                                emitter.complete(count.get());
                            } catch (Exception e) {
                                emitter.fail(e);
                            }
                        })));
    }

    /**
     * Promises to begin an operation that is being queued as soon as that is committed, so that no claim and no notification
     * lies between: its row is written as leased to this process. A promise that is not kept, because the transaction was rolled back,
     * is void after a moment; what was committed and never begun is rescued when its lease is over.
     *
     * @return who it is leased to; null when it has to be queued
     */
    public @Nullable UUID promise(NewOperation operation) {
        if (!started
                || stopping
                || operation.node() != null && !operation.node().equals(node.id())) {
            return null;
        }
        long now = Monotonic.nanos();
        promised.values().removeIf(since -> now - since > TURN.toNanos());
        if (slots.free() <= promised.size()) {
            return null;
        }
        promised.put(operation.id(), now);
        return node.id();
    }

    /** Keeps a promise; does not block. */
    public void begin(UUID id) {
        store.find(id)
                .subscribe()
                .with(
                        operation -> {
                            Long since = promised.remove(id);
                            boolean ours = operation != null
                                    && operation.state() == OperationState.RUNNING
                                    && operation.fence() == 1;
                            if (!ours) {
                                return;
                            }
                            LeaseStore.Claimed claimed = new LeaseStore.Claimed(operation, true);
                            if (since == null || Monotonic.nanos() - since > TURN.toNanos()) {
                                tooLate(claimed);
                            } else {
                                launch(claimed);
                            }
                        },
                        failure -> LOG.warnf(
                                "operation %s is begun when its lease is over: %s", id, failure.getMessage()));
    }

    /** Its lease has run for a while without anybody renewing it. */
    private void tooLate(LeaseStore.Claimed claimed) {
        leases.handBack(List.of(claimed))
                .subscribe()
                .with(nothing -> wake(), failure -> LOG.warnf("a lease runs out by itself: %s", failure.getMessage()));
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
        LeaseStore.Place after = place;
        leases.claim(node.id(), settings.lease(), room, programs.runnable(), after)
                .subscribe()
                .with(
                        claim -> {
                            List<LeaseStore.Claimed> due = claim.operations();
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

    private Thread launch(LeaseStore.Claimed claimed) {
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
        long since = Monotonic.nanos();
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
        List<Lease> waiting = held.all().stream()
                .filter(lease -> lease.olderThan(waited) && lease.handBack())
                .toList();
        return waiting.isEmpty()
                ? Uni.createFrom().voidItem()
                : leases.handBack(waiting.stream().map(Lease::claimed).toList());
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
                .chain(() -> store.wakeWaiting(null))
                .chain(leases::rescueExpired)
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

    /** Lets steps come to their end, then gives every lease back so that nobody has to wait for it to run out. */
    void stop(@Observes ShutdownEvent event) throws InterruptedException {
        stopping = true;
        Deadline end = Deadline.in(GRACE);
        settled(handBack(Duration.ZERO));
        for (Lease lease : held.all()) {
            lease.awaitEnd(Duration.ofMillis(Math.max(1, end.left().toMillis())));
        }
        held.all().forEach(Lease::lose);
        if (node.exclusive()) {
            settled(leases.rescueNode(node.id()).replaceWithVoid());
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
