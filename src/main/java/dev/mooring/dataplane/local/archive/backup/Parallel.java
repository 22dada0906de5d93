package dev.mooring.dataplane.local.archive.backup;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Work on many parts at a time, as many as there are processors: compressing keeps one busy. */
public final class Parallel {

    private static final int THREADS = Runtime.getRuntime().availableProcessors();
    private static final int GLANCE_MILLIS = 200;

    private Parallel() {}

    /**
     * @param work interrupted when other work has failed or the listener wants no more
     * @param done counted up by the work
     * @return the results, in the order in which the work ended
     * @throws CopyProgress.Stopped when the progress' listener wants no more
     */
    public static <T> List<T> run(List<Callable<T>> work, AtomicLong done, long total, CopyProgress progress)
            throws IOException, InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(
                THREADS, Thread.ofPlatform().name("archive-", 0).daemon().factory());
        try {
            CompletionService<T> ending = new ExecutorCompletionService<>(threads);
            work.forEach(ending::submit);
            List<T> results = new ArrayList<>();
            while (results.size() < work.size()) {
                Future<T> ended = ending.poll(GLANCE_MILLIS, TimeUnit.MILLISECONDS);
                if (ended != null) {
                    results.add(result(ended));
                }
                if (!progress.at(done.get(), total)) {
                    throw new CopyProgress.Stopped();
                }
            }
            return results;
        } finally {
            threads.shutdownNow();
            threads.awaitTermination(1, TimeUnit.MINUTES);
        }
    }

    private static <T> T result(Future<T> ended) throws IOException, InterruptedException {
        try {
            return ended.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException failure -> throw failure;
                case RuntimeException failure -> throw failure;
                case null, default -> throw new IOException(e.getCause());
            }
        }
    }
}
