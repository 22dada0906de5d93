package dev.mooring.dataplane;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Copies of what makes this Mooring itself, kept where the archives of its clusters are. */
public interface HomeBackups {

    /**
     * @param size in bytes, as it is stored
     */
    record Backup(Instant madeAt, long size) {}

    /**
     * @param home whose backups they are
     * @param location of the archive
     * @param backups newest first
     * @param failure why the last one could not be made
     */
    record State(
            UUID home,
            String location,
            List<Backup> backups,
            @Nullable String failure) {}

    /**
     * Makes one now. Blocks.
     *
     * @throws IllegalStateException where there is nothing to be backed up
     */
    Backup make() throws IOException, InterruptedException;

    /** Blocks. */
    State state() throws IOException;
}
