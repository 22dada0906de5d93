package dev.mooring.dataplane.local.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The disk of one server, or the two of them where its WAL lies on another one.
 *
 * @param data its data directory
 */
public record NodeDisk(Path data) {

    /** A segment of WAL, in bytes: a server that cannot make one more ends, and does not start again. */
    private static final long LEAST = 16L << 20;

    /** In words; empty where there is room, and where nobody can tell. */
    public Optional<String> full() {
        return full(data.resolve("pg_wal"), "the disk of its WAL").or(() -> full(data, "its disk"));
    }

    private static Optional<String> full(Path folder, String name) {
        return full(folder, name, LEAST, "a segment of WAL takes");
    }

    /**
     * The same of any folder.
     *
     * @param least bytes that have to be free
     * @param what needs as many
     */
    public static Optional<String> full(Path folder, String name, long least, String what) {
        try {
            long free = Files.getFileStore(folder).getUsableSpace();
            return free < least
                    ? Optional.of(
                            name + " is full: " + (free >> 20) + " MiB are free, and " + what + " " + (least >> 20))
                    : Optional.empty();
        } catch (IOException gone) {
            return Optional.empty();
        }
    }
}
