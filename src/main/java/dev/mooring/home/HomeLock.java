package dev.mooring.home;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/** Held for as long as the process lives, so that two Moorings never work on the same folder. The kernel drops it at death. */
public final class HomeLock {

    private final FileLock lock;

    private HomeLock(FileLock lock) {
        this.lock = lock;
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
        return new HomeLock(lock);
    }

    public boolean held() {
        return lock.isValid();
    }
}
