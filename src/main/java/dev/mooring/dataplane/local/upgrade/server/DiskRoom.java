package dev.mooring.dataplane.local.upgrade.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What is left on the disk of the server that serves: it writes to the same one as whatever is made beside it, and would have to stop
 * where nothing is left.
 *
 * @param folder on that disk
 */
public record DiskRoom(Path folder) {

    /** Four segments of WAL, in bytes. */
    private static final long LEAST = 64L << 20;

    private static final Duration GLANCE = Duration.ofMillis(50);
    private static final Logger LOG = Logger.getLogger(DiskRoom.class);

    /** Whether the server that serves is left with what it needs. */
    public boolean enough() throws IOException {
        return free() >= LEAST;
    }

    private long free() throws IOException {
        return Files.getFileStore(folder).getUsableSpace();
    }

    /**
     * @param bytes that are about to be written
     * @param left that are to be written in all
     * @throws DiskFull when the server that serves would not be left with what it needs
     */
    void require(long bytes, long left) throws IOException {
        if (free() < bytes + LEAST) {
            throw full("the copy needs " + (left >> 20) + " MiB more, and ", null);
        }
    }

    /** @throws DiskFull when the server that serves is not left with what it needs */
    public void require() throws IOException {
        if (!enough()) {
            throw full("", null);
        }
    }

    /** For what the operating system has refused to somebody. */
    public DiskFull full(Throwable cause) throws IOException {
        return full("", cause);
    }

    private DiskFull full(String needed, @Nullable Throwable cause) throws IOException {
        return new DiskFull(
                "the disk has become full meanwhile: " + needed + (LEAST >> 20)
                        + " MiB are left to the server that serves, but " + (free() >> 20)
                        + " MiB are free. What was made beside it is removed, and the old version serves as before;"
                        + " free some space and ask again.",
                cause);
    }

    /** What writes to the disk by itself. */
    @FunctionalInterface
    public interface Work<T> {
        T run() throws IOException, InterruptedException, SQLException;
    }

    /** Ends what writes. */
    @FunctionalInterface
    public interface End {
        void run() throws IOException, InterruptedException;
    }

    /**
     * Looks after the disk while that runs.
     *
     * @param end called, from another thread, when the disk is about to be full; the work comes to an end by it
     * @throws DiskFull when it was ended, or says itself that there was no room
     */
    public <T> T during(Work<T> work, End end) throws IOException, InterruptedException, SQLException {
        AtomicBoolean ended = new AtomicBoolean();
        Thread watch = Thread.ofVirtual().name("disk-room").start(() -> watch(ended, end));
        try {
            T result = work.run();
            if (ended.get()) {
                throw full("", null);
            }
            return result;
        } catch (IOException | SQLException | RuntimeException e) {
            if (!(e instanceof DiskFull) && (ended.get() || DiskFull.said(e))) {
                throw full(e);
            }
            throw e;
        } finally {
            watch.interrupt();
            watch.join();
        }
    }

    private void watch(AtomicBoolean ended, End end) {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                if (!enough()) {
                    ended.set(true);
                    end.run();
                    return;
                }
                Thread.sleep(GLANCE);
            }
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            LOG.warnf(e, "what is left on the disk of %s cannot be looked after", folder);
        }
    }
}
