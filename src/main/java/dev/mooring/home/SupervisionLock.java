package dev.mooring.home;

import dev.mooring.time.Deadline;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * Held by whoever keeps the servers of a home running: Mooring, or while that is away the watch that it leaves behind. The kernel drops it
 * at death, so there is never more than one, and never for long none.
 */
public final class SupervisionLock implements AutoCloseable {

    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final Duration GLANCE = Duration.ofMillis(20);

    private final FileLock lock;

    private SupervisionLock(FileLock lock) {
        this.lock = lock;
    }

    private static Path file(MooringHome home) {
        return home.root().resolve("supervision.lock");
    }

    /** Made by a Mooring that wants the lock: whoever else has it ends what it is about and lets go. */
    private static Path wanted(MooringHome home) {
        return home.root().resolve("supervision.wanted");
    }

    public static boolean isWanted(MooringHome home) {
        try {
            // One that is older was left by a process that has died.
            return Files.getLastModifiedTime(wanted(home))
                    .toInstant()
                    .plus(LIMIT)
                    .isAfter(Instant.now());
        } catch (IOException none) {
            return false;
        }
    }

    /** Empty when somebody else has it. */
    public static Optional<SupervisionLock> tryTake(MooringHome home) throws IOException {
        return tryTake(file(home));
    }

    /** The one that a home's watch holds for as long as it lives, so that there is only one; empty when there is. */
    public static Optional<SupervisionLock> ofWatch(MooringHome home) throws IOException {
        return tryTake(home.root().resolve("watch.lock"));
    }

    private static Optional<SupervisionLock> tryTake(Path file) throws IOException {
        FileChannel channel = FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        FileLock lock;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException sameProcess) {
            lock = null;
        }
        if (lock == null) {
            channel.close();
            return Optional.empty();
        }
        return Optional.of(new SupervisionLock(lock));
    }

    /** @throws IOException when who has it does not let go */
    public static SupervisionLock take(MooringHome home) throws IOException, InterruptedException {
        Deadline end = Deadline.in(LIMIT);
        Files.write(wanted(home), new byte[0]);
        try {
            while (true) {
                Optional<SupervisionLock> taken = tryTake(home);
                if (taken.isPresent()) {
                    return taken.get();
                }
                if (end.passed()) {
                    throw new IOException(
                            "another process keeps the databases of " + home.root() + " running and does not let go");
                }
                Thread.sleep(GLANCE);
            }
        } finally {
            Files.deleteIfExists(wanted(home));
        }
    }

    @Override
    public void close() throws IOException {
        lock.acquiredBy().close();
    }
}
