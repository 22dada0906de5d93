package dev.mooring.operation.worker;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;

/** Times the no-ops of one run inside this process. */
final class Stopwatch {

    private static final long LIMIT_SECONDS = 120;

    private final int jobs;
    private final AtomicLong first = new AtomicLong();
    private final AtomicInteger started = new AtomicInteger();
    private final CountDownLatch allStarted = new CountDownLatch(1);
    private final Map<String, Long> queuedAt = new ConcurrentHashMap<>();
    private final AtomicLongArray latencies;

    Stopwatch(int jobs) {
        this.jobs = jobs;
        this.latencies = new AtomicLongArray(jobs);
    }

    /** Right before the call that queues it. */
    void queueing(String job) {
        queuedAt.put(job, System.nanoTime());
    }

    void start(String job) {
        long now = System.nanoTime();
        first.compareAndSet(0, now);
        Long queued = queuedAt.get(job);
        int number = started.getAndIncrement();
        if (queued != null) {
            latencies.set(number, now - queued);
        }
        if (number + 1 == jobs) {
            allStarted.countDown();
        }
    }

    /** From the start of the first job to now. */
    Duration sinceFirst() {
        return Duration.ofNanos(System.nanoTime() - first.get());
    }

    long[] latencies() {
        long[] all = new long[jobs];
        for (int i = 0; i < jobs; i++) {
            all[i] = latencies.get(i);
        }
        return all;
    }

    void awaitStarts() throws InterruptedException {
        if (!allStarted.await(LIMIT_SECONDS, TimeUnit.SECONDS)) {
            throw new IllegalStateException(
                    "of " + jobs + " jobs " + started + " have started after " + LIMIT_SECONDS + " s");
        }
    }

    static void sleepUntil(Instant time) throws InterruptedException {
        Thread.sleep(Math.max(0, Duration.between(Instant.now(), time).toMillis() + 1));
    }

    /** Each on a thread of its own, so that a slow one does not hold up the next. */
    static void evenly(int perSecond, int jobs, Runnable queueOne) {
        long begin = System.nanoTime();
        for (int i = 0; i < jobs; i++) {
            long at = begin + i * 1_000_000_000L / perSecond;
            while (System.nanoTime() < at) {
                LockSupport.parkNanos(at - System.nanoTime());
            }
            Thread.ofVirtual().start(queueOne);
        }
    }
}
