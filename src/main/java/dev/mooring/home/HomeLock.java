package dev.mooring.home;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Optional;

/** Held for as long as the process lives, so that two Moorings never work on the same folder. The kernel drops it at death. */
public final class HomeLock {

    private final FileLock lock;

    private HomeLock(FileLock lock) {
        this.lock = lock;
    }

    /**
     * Empty on a folder that no Mooring has been started on yet.
     *
     * @throws IllegalStateException when another process holds it
     */
    public static Optional<HomeLock> takeIfThere(MooringHome home) throws IOException {
        return Files.isWritable(home.root().resolve("lock")) ? Optional.of(take(home)) : Optional.empty();
    }

    /**
     * @throws IllegalStateException when another process holds it
     */
    public static HomeLock take(MooringHome home) throws IOException {
        Path file = home.root().resolve("lock");
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        // Whoever could open it could lock it.
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        FileLock lock = channel.tryLock();
        if (lock == null) {
            channel.close();
            throw new IllegalStateException("another Mooring is running on " + home.root() + " (it holds " + file
                    + "). Stop it first, or set MOORING_HOME to another folder for this one.");
        }
        channel.truncate(0);
        channel.write(
                ByteBuffer.wrap(Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII)));
        return new HomeLock(lock);
    }

    /** The process that has it, without touching the lock; empty when none does. */
    public static Optional<ProcessHandle> holder(MooringHome home) throws IOException {
        Path file = home.root().resolve("lock");
        if (!Files.isReadable(file)) {
            return Optional.empty();
        }
        String pid = Files.readString(file, StandardCharsets.ISO_8859_1).strip();
        Instant taken = Files.getLastModifiedTime(file).toInstant();
        return pid.matches("\\d{1,10}")
                ? ProcessHandle.of(Long.parseLong(pid)).filter(process -> isOlder(process, taken))
                : Optional.empty();
    }

    /** Whoever took it was there when it was written: the number of one that is gone may be another's by now. */
    private static boolean isOlder(ProcessHandle process, Instant taken) {
        return process.info().startInstant().map(start -> !start.isAfter(taken)).orElse(true);
    }

    public boolean held() {
        return lock.isValid();
    }
}
