package dev.mooring.dataplane.local.archive;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/** Work on many parts at a time, as many as there are processors: compressing keeps one busy. */
final class Parallel {

    private static final int THREADS = Runtime.getRuntime().availableProcessors();
    private static final int GLANCE_MILLIS = 200;

    private Parallel() {}

    /**
     * @param done counted up by the work
     * @throws Progress.Stopped when the progress' listener wants no more
     */
    static <T> List<T> run(List<Callable<T>> work, AtomicLong done, long total, Progress progress)
            throws IOException, InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(
                THREADS, Thread.ofPlatform().name("archive-", 0).daemon().factory());
        try {
            List<Future<T>> futures = work.stream().map(threads::submit).toList();
            List<T> results = new ArrayList<>();
            for (Future<T> future : futures) {
                results.add(await(future, done, total, progress));
            }
            return results;
        } finally {
            threads.shutdownNow();
            threads.awaitTermination(1, TimeUnit.MINUTES);
        }
    }

    private static <T> T await(Future<T> future, AtomicLong done, long total, Progress progress)
            throws IOException, InterruptedException {
        while (true) {
            try {
                return future.get(GLANCE_MILLIS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                if (!progress.at(done.get(), total)) {
                    throw new Progress.Stopped();
                }
            } catch (ExecutionException e) {
                switch (e.getCause()) {
                    case IOException failure -> throw failure;
                    case RuntimeException failure -> throw failure;
                    default -> throw new IOException(e.getCause());
                }
            }
        }
    }
}
