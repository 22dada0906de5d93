package dev.mooring.operation;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/** An operation in this process's hands: claimed, begun, renewed by the heartbeat, given up or lost. */
final class Lease {

    private final OperationStore.Held held;
    private final boolean firstClaim;
    private final long claimedAt = System.nanoTime();
    private final AtomicBoolean decided = new AtomicBoolean();
    private final AtomicBoolean slotFree = new AtomicBoolean();
    private volatile Thread thread;
    private volatile Task<?, ?> task;
    private volatile boolean lost;
    private volatile boolean leaving;

    Lease(OperationStore.Claimed claimed) {
        Operation operation = claimed.operation();
        this.held = new OperationStore.Held(operation.id(), operation.fence());
        this.firstClaim = claimed.first();
    }

    OperationStore.Held held() {
        return held;
    }

    /** Whether nothing has ever run of this operation, or of its present try. */
    boolean firstClaim() {
        return firstClaim;
    }

    boolean olderThan(Duration age) {
        return System.nanoTime() - claimedAt > age.toNanos();
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

    void works(Task<?, ?> newTask) {
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
        if (task != null) {
            task.cancelWished();
        }
    }

    /** At most once. */
    void free(Runnable then) {
        if (slotFree.compareAndSet(false, true)) {
            then.run();
        }
    }
}
