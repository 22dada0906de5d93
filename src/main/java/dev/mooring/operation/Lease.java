package dev.mooring.operation;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/** An operation in this process's hands: claimed, renewed by the heartbeat, given up or lost. */
final class Lease {

    private final OperationStore.Held held;
    private final AtomicBoolean slotFree = new AtomicBoolean();
    private volatile Thread thread;
    private volatile Task<?, ?> task;
    private volatile boolean lost;
    private volatile boolean leaving;

    Lease(Operation operation) {
        this.held = new OperationStore.Held(operation.id(), operation.fence());
    }

    OperationStore.Held held() {
        return held;
    }

    void heldBy(Thread worker) {
        this.thread = worker;
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
