package dev.mooring.dataplane.local.archive;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.dataplane.archive.ArchiveStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The archive of one cluster. */
public final class ClusterArchive {

    static final String RECORD = "backup.json";
    static final String ENDED = "ended";
    public static final String MANIFEST = "backup_manifest";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ArchiveStore store;
    private final UUID cluster;
    private final WalArchive wal;
    private final Readers readers;
    private final BooleanSupplier awaited;

    ClusterArchive(ArchiveStore store, UUID cluster) {
        this(store, cluster, () -> false);
    }

    /**
     * @param awaited whether somebody has been promised to read it who has not begun
     */
    ClusterArchive(ArchiveStore store, UUID cluster, BooleanSupplier awaited) {
        this.store = store;
        this.cluster = cluster;
        this.wal = new WalArchive(store, cluster);
        this.readers = new Readers(store, cluster);
        this.awaited = awaited;
    }

    public WalArchive wal() {
        return wal;
    }

    public ArchiveStore store() {
        return store;
    }

    public String baseFolder(UUID backup) {
        return cluster + "/base/" + backup;
    }

    /** Oldest first. */
    public List<Backup> backups() throws IOException {
        List<Backup> found = new ArrayList<>();
        for (ArchiveStore.Stored stored : store.list(cluster + "/base")) {
            if (stored.key().endsWith("/" + RECORD)) {
                readBackup(stored.key()).ifPresent(found::add);
            }
        }
        found.sort(Comparator.comparing(Backup::stopped));
        return found;
    }

    private Optional<Backup> readBackup(String key) throws IOException {
        try (InputStream in = store.open(key)) {
            return Optional.of(JSON.readValue(in, Backup.class));
        } catch (NoSuchFileException deletedMeanwhile) {
            return Optional.empty();
        }
    }

    public Optional<Backup> backup(UUID id) throws IOException {
        return readBackup(baseFolder(id) + "/" + RECORD);
    }

    public void write(Backup backup) throws IOException {
        byte[] json = JSON.writeValueAsBytes(backup);
        store.put(baseFolder(backup.id()) + "/" + RECORD, out -> out.write(json));
    }

    /**
     * The record goes first: what is left after a crash is no backup any more. While somebody reads, that is all that goes, and the next
     * {@link #prune} deletes the rest: they may have begun with it.
     */
    public void deleteBackup(UUID id) throws IOException {
        boolean finished = backup(id).isPresent();
        store.delete(baseFolder(id) + "/" + RECORD);
        if (finished) {
            readers.sweep(allowed -> deleteBackup(id, allowed));
        } else {
            deleteBackup(id, () -> true);
        }
    }

    private void deleteBackup(UUID id, Readers.Allowed allowed) throws IOException {
        store.delete(baseFolder(id) + "/" + RECORD);
        for (ArchiveStore.Stored stored : store.list(baseFolder(id))) {
            if (!allowed.ask()) {
                return;
            }
            store.delete(stored.key());
        }
    }

    /**
     * What is left after {@link #prune}.
     *
     * @param backups oldest first
     * @param recoverableFrom the earliest moment from which nothing is missing up to the end; null without a backup
     */
    public record Kept(List<Backup> backups, @Nullable Instant recoverableFrom) {}

    /**
     * Deletes backups that no moment of the retention needs any more, and the WAL before the oldest one that stays. Nothing
     * while somebody reads.
     */
    public Kept prune(Duration retention, Instant now) throws IOException {
        readers.sweep(allowed -> {
            if (awaited.getAsBoolean()) {
                return;
            }
            List<Backup> backups = backups();
            for (Backup backup : needless(backups, now.minus(retention))) {
                if (!allowed.ask()) {
                    return;
                }
                deleteBackup(backup.id(), allowed);
                backups.remove(backup);
            }
            deleteUnfinished(backups, allowed);
            wal.deleteBefore(backups, allowed);
            wal.deleteDropped(allowed);
        });
        List<Backup> left = backups();
        return new Kept(left, recoverableFrom(left, wal.coverage()));
    }

    /**
     * Those from before the window that none of its moments is replayed from. Each is replayed from the last one of the server that
     * served at the time, and after an upgrade that was undone that is an old one: the newer ones are of another server.
     *
     * @param backups oldest first
     */
    private List<Backup> needless(List<Backup> backups, Instant begin) throws IOException {
        List<Backup> old = new ArrayList<>(backups.stream()
                .filter(backup -> backup.stopped().isBefore(begin))
                .toList());
        List<Service> services = services();
        if (services.isEmpty() && !old.isEmpty()) {
            old.removeLast();
        }
        for (int i = 0; i < services.size(); i++) {
            Service service = services.get(i);
            Instant first = service.since().isAfter(begin) ? service.since() : begin;
            if (i + 1 == services.size() || services.get(i + 1).since().isAfter(begin)) {
                backups.reversed().stream()
                        .filter(backup -> backup.timeline() == service.timeline()
                                && !backup.stopped().isAfter(first))
                        .findFirst()
                        .ifPresent(old::remove);
            }
        }
        return old;
    }

    /** Nobody makes one now: one of the schedule prunes when it is done, and others hold the archive meanwhile. */
    private void deleteUnfinished(List<Backup> finished, Readers.Allowed allowed) throws IOException {
        Set<String> known = finished.stream()
                .map(backup -> baseFolder(backup.id()) + "/")
                .collect(Collectors.toCollection(HashSet::new));
        for (ArchiveStore.Stored stored : store.list(cluster + "/base")) {
            if (known.stream().noneMatch(stored.key()::startsWith)) {
                if (!allowed.ask()) {
                    return;
                }
                store.delete(stored.key());
            }
        }
    }

    /** Whether there are backups and something is missing after the newest, so that nothing can be recovered up to now. */
    boolean broken() throws IOException {
        List<Backup> backups = backups();
        return !backups.isEmpty() && recoverableFrom(backups, wal.coverage()) == null;
    }

    /**
     * The earliest moment from which nothing is missing up to the end: each backup from there on can be replayed to the end of
     * its own timeline.
     */
    private @Nullable Instant recoverableFrom(List<Backup> backups, WalArchive.Coverage coverage) throws IOException {
        Instant earliest = null;
        List<Service> services = services();
        for (Backup backup : backups.reversed()) {
            if (coverage.unbroken(backup.timeline(), backup.start()) < coverage.end(backup.timeline())) {
                break;
            }
            Instant served = services.stream()
                    .filter(service -> service.timeline() == backup.timeline())
                    .map(Service::since)
                    .findFirst()
                    .orElse(backup.stopped());
            earliest = served.isAfter(backup.stopped()) ? served : backup.stopped();
        }
        return earliest;
    }

    /** From when on the cluster was served by the server of this timeline: an upgrade begins another one. */
    public record Service(Instant since, int timeline) {}

    /** Oldest first; empty while the cluster was never upgraded. */
    public List<Service> services() throws IOException {
        List<Service> services = new ArrayList<>();
        for (ArchiveStore.Stored stored : store.list(cluster + "/services")) {
            String[] name =
                    stored.key().substring(stored.key().lastIndexOf('/') + 1).split("-");
            long micros = Long.parseLong(name[0]);
            services.add(new Service(Instant.EPOCH.plus(micros, ChronoUnit.MICROS), Integer.parseInt(name[1])));
        }
        services.sort(Comparator.comparing(Service::since));
        return services;
    }

    /** Writes down which server serves from a moment on. */
    public void write(Service service) throws IOException {
        long micros = ChronoUnit.MICROS.between(Instant.EPOCH, service.since());
        store.put(cluster + "/services/" + "%020d-%d".formatted(micros, service.timeline()), out -> out.write('\n'));
    }

    /**
     * Keeps everything as it is while the operation reads. It asks again at every step and while it works: whoever has been silent for a
     * day is not coming back.
     *
     * @return false while something is being deleted: to be asked again before anything is chosen
     */
    public boolean hold(UUID operation) throws IOException {
        return readers.hold(operation);
    }

    public void release(UUID operation) throws IOException {
        readers.release(operation);
    }

    /** The cluster is gone: from now on the grace period runs. */
    public void end() throws IOException {
        if (!store.list(cluster.toString()).isEmpty() && ended().isEmpty()) {
            byte[] now = Instant.now().toString().getBytes(StandardCharsets.UTF_8);
            store.put(ENDED + "/" + cluster, out -> out.write(now));
        }
    }

    Optional<Instant> ended() throws IOException {
        return Readers.time(store, ENDED + "/" + cluster);
    }

    /**
     * Deletes all of it, unless somebody reads.
     *
     * @return whether it is gone
     */
    boolean delete() throws IOException {
        boolean[] gone = {false};
        readers.sweep(allowed -> {
            if (awaited.getAsBoolean()) {
                return;
            }
            for (ArchiveStore.Stored stored : store.list(cluster.toString())) {
                if (!allowed.ask()) {
                    return;
                }
                store.delete(stored.key());
            }
            store.delete(ENDED + "/" + cluster);
            gone[0] = true;
        });
        return gone[0];
    }
}
