package dev.mooring.operation.worker;

import dev.mooring.time.Monotonic;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many operations run here at a time, and how many may be claimed before their turn.
 *
 * <p>Claiming ahead pays for operations that are over at once: no claim's round trip lies between two of them then. It harms
 * long ones, which another worker could have begun. So only as many are claimed ahead as have lately been quick, and what
 * has waited for its turn too long is handed back.
 */
final class Slots {

    /** What takes longer than this gains nothing from being claimed ahead. */
    private static final long QUICK_NANOS = 50_000_000;

    /** As many times the slots. */
    private static final int MOST_AHEAD = 19;

    private final int size;
    private final Semaphore permits;
    private final AtomicInteger claimed = new AtomicInteger();
    private final AtomicInteger quick = new AtomicInteger();

    Slots(int size) {
        this.size = size;
        this.permits = new Semaphore(size, true);
    }

    int free() {
        return size - claimed.get();
    }

    /** How many to claim now; zero when it is better to wait until more have ended. */
    int room() {
        int ahead = Math.min(size * MOST_AHEAD, 2 * quick.get());
        int room = free() + ahead;
        return free() > 0 || room >= (size + ahead) / 2 ? Math.max(0, room) : 0;
    }

    /** The quick ones are counted from one claim to the next. */
    void claiming() {
        quick.set(0);
    }

    void claimed() {
        claimed.incrementAndGet();
    }

    /** Waits for the turn of one that was {@link #claimed}. */
    void enter() throws InterruptedException {
        permits.acquire();
    }

    /** @param since when the slot was entered, of {@link Monotonic#nanos()} */
    void leave(long since) {
        if (Monotonic.nanos() - since < QUICK_NANOS) {
            quick.incrementAndGet();
        }
        permits.release();
        claimed.decrementAndGet();
    }

    /** Instead of {@link #enter}. */
    void handBack() {
        claimed.decrementAndGet();
    }
}
