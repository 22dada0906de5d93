package dev.mooring.dataplane.local.archive;

import dev.mooring.dataplane.archive.ArchiveStore;
import dev.mooring.time.Monotonic;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * Who reads an archive, so that nobody deletes what is read: readers and sweepers may be on different nodes and know of each other by the
 * archive alone. A reader writes that it reads and then looks for a sweeper; a sweeper writes that it sweeps and then looks for readers.
 * So one of the two sees the other, whatever the order; a sweeper gives way.
 */
final class Readers {

    /** A reader renews its mark at every step and while it works; one that has not for so long is not coming back. */
    static final Duration LONGEST_SILENCE = Duration.ofDays(1);
    /** A sweeper that has not renewed its mark for so long has been killed. */
    static final Duration LONGEST_SWEEP = Duration.ofMinutes(2);

    private static final Duration RENEW_SWEEP = Duration.ofSeconds(30);

    private final ArchiveStore store;
    private final String holds;
    private final String sweeping;

    Readers(ArchiveStore store, UUID cluster) {
        this.store = store;
        this.holds = cluster + "/holds";
        this.sweeping = cluster + "/sweeping";
    }

    /**
     * From now on nothing that is there is deleted, until {@link #release} or until the reader has been silent for a day.
     *
     * @return false while a sweeper that came before is at work: then what is there may be gone soon, and the reader asks again
     */
    boolean hold(UUID reader) throws IOException {
        put(holds + "/" + reader);
        return time(sweeping)
                .map(since -> since.plus(LONGEST_SWEEP).isBefore(Instant.now()))
                .orElse(true);
    }

    void release(UUID reader) throws IOException {
        store.delete(holds + "/" + reader);
    }

    /** Whether somebody reads; forgets who is not coming back. */
    private boolean any() throws IOException {
        Instant limit = Instant.now().minus(LONGEST_SILENCE);
        boolean any = false;
        for (ArchiveStore.Stored hold : store.list(holds)) {
            Optional<Instant> since = time(hold.key());
            if (since.isPresent() && since.get().isAfter(limit)) {
                any = true;
            } else {
                store.delete(hold.key());
            }
        }
        return any;
    }

    /** Deletes as long as nobody reads. */
    @FunctionalInterface
    interface Deletions {
        /** @param allowed to be asked before each deletion: false once somebody reads */
        void run(Allowed allowed) throws IOException;
    }

    @FunctionalInterface
    interface Allowed {
        boolean ask() throws IOException;
    }

    /** Does nothing while somebody reads. */
    void sweep(Deletions deletions) throws IOException {
        if (any()) {
            return;
        }
        put(sweeping);
        try {
            if (!any()) {
                deletions.run(new Renewed());
            }
        } finally {
            store.delete(sweeping);
        }
    }

    private final class Renewed implements Allowed {
        private long renewedAt = Monotonic.nanos();

        /** A reader that comes meanwhile waits for the end, and is served sooner this way. */
        @Override
        public boolean ask() throws IOException {
            if (Monotonic.nanos() - renewedAt > RENEW_SWEEP.toNanos()) {
                put(sweeping);
                renewedAt = Monotonic.nanos();
                return !any();
            }
            return true;
        }
    }

    private void put(String key) throws IOException {
        byte[] now = Instant.now().toString().getBytes(StandardCharsets.UTF_8);
        store.put(key, out -> out.write(now));
    }

    private Optional<Instant> time(String key) throws IOException {
        return time(store, key);
    }

    /** A moment that was stored as text; empty when there is none. */
    static Optional<Instant> time(ArchiveStore store, String key) throws IOException {
        try (InputStream in = store.open(key)) {
            return Optional.of(Instant.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }
}
