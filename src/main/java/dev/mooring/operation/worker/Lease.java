package dev.mooring.operation.worker;

import dev.mooring.operation.Operation;
import dev.mooring.operation.store.LeaseStore;
import dev.mooring.time.Monotonic;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** An operation in this process's hands: claimed, begun, renewed by the heartbeat, given up or lost. */
final class Lease {

    private final LeaseStore.Held held;
    private final LeaseStore.Claimed claimed;
    private final long claimedAt = Monotonic.nanos();
    private final AtomicBoolean decided = new AtomicBoolean();
    private final AtomicBoolean slotFree = new AtomicBoolean();

    @SuppressWarnings("NullAway.Init") // its thread is told before anything else happens to it
    private volatile Thread thread;

    /** Null until it has begun. */
    private volatile @Nullable RunningTask<?, ?> task;

    private volatile boolean lost;
    private volatile boolean leaving;

    Lease(LeaseStore.Claimed claimed) {
        Operation operation = claimed.operation();
        this.held = new LeaseStore.Held(operation.id(), operation.fence());
        this.claimed = claimed;
    }

    LeaseStore.Held held() {
        return held;
    }

    LeaseStore.Claimed claimed() {
        return claimed;
    }

    boolean olderThan(Duration age) {
        return Monotonic.nanos() - claimedAt > age.toNanos();
    }

    void heldBy(Thread worker) {
        this.thread = worker;
    }

    /** False when it has been handed back while it waited for its turn. */
    boolean begin() {
        return decided.compareAndSet(false, true);
    }

    /** False when it has begun. */
    boolean handBack() {
        boolean waiting = decided.compareAndSet(false, true);
        if (waiting) {
            leaving = true;
            thread.interrupt();
        }
        return waiting;
    }

    void awaitEnd(Duration atMost) throws InterruptedException {
        thread.join(atMost);
    }

    void works(RunningTask<?, ?> newTask) {
        this.task = newTask;
    }

    /**
     * Called before the write that gives the lease up: from then on a lease that is not renewed is no news, and the
     * fence decides whether that write counts.
     */
    void leave() {
        leaving = true;
    }

    boolean leaving() {
        return leaving;
    }

    boolean lost() {
        return lost;
    }

    void lose() {
        lost = true;
        thread.interrupt();
    }

    void cancelWished() {
        RunningTask<?, ?> running = task;
        if (running != null) {
            running.cancelWished();
        }
    }

    /** At most once. */
    void free(Runnable then) {
        if (slotFree.compareAndSet(false, true)) {
            then.run();
        }
    }
}
