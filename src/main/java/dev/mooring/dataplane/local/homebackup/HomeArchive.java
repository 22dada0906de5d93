package dev.mooring.dataplane.local.homebackup;

import dev.mooring.dataplane.archive.ArchiveStore;
import dev.mooring.home.MooringHome;
import dev.mooring.home.SealedStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/** The backups of one home. */
public final class HomeArchive {

    private static final String ROOT = "homes";
    private static final String SUFFIX = ".sealed";
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmssSSS'Z'").withZone(ZoneOffset.UTC);
    /** These are kept whatever their age: the newest may be damaged. */
    private static final int NEWEST = 10;

    private final ArchiveStore store;
    private final UUID home;
    private final byte[] key;

    public HomeArchive(ArchiveStore store, UUID home, byte[] key) {
        this.store = store;
        this.home = home;
        this.key = key;
    }

    /**
     * @param size in bytes, as it is stored
     */
    public record Kept(Instant at, long size) {}

    /** The homes that have something here. */
    public static Set<UUID> homes(ArchiveStore store) throws IOException {
        Set<UUID> homes = new TreeSet<>();
        for (ArchiveStore.Stored stored : store.list(ROOT)) {
            Path key = Path.of(stored.key());
            if (key.getNameCount() > 2 && MooringHome.isId(key.getName(1))) {
                homes.add(UUID.fromString(key.getName(1).toString()));
            }
        }
        return homes;
    }

    private String folder() {
        return ROOT + "/" + home;
    }

    private String key(Instant at) {
        return folder() + "/" + STAMP.format(at) + SUFFIX;
    }

    private String uploads() {
        return folder() + "/uploads/";
    }

    /** Writes something that is going to be encrypted; does not close the stream. */
    @FunctionalInterface
    public interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    private long seal(String name, Content content) throws IOException {
        return store.put(name, out -> {
            // What was not written to its end must not look as if it had been.
            OutputStream sealed = SealedStream.into(out, key);
            content.writeTo(sealed);
            sealed.close();
        });
    }

    /** A backup; whole or not at all. */
    public Kept put(Instant at, Content content) throws IOException {
        Instant stamp = at.truncatedTo(ChronoUnit.MILLIS);
        return new Kept(stamp, seal(key(stamp), content));
    }

    public InputStream open(Kept backup) throws IOException {
        return SealedStream.outOf(store.open(key(backup.at())), key);
    }

    /** Oldest first. */
    public List<Kept> backups() throws IOException {
        List<Kept> backups = new ArrayList<>();
        for (ArchiveStore.Stored stored : store.list(folder())) {
            String name = stored.key().substring(folder().length() + 1);
            if (name.endsWith(SUFFIX) && name.indexOf('/') < 0) {
                try {
                    backups.add(new Kept(
                            STAMP.parse(name.substring(0, name.length() - SUFFIX.length()), Instant::from),
                            stored.size()));
                } catch (DateTimeParseException somebodyElses) {
                    // Not one of ours.
                }
            }
        }
        backups.sort(Comparator.comparing(Kept::at));
        return backups;
    }

    /** The names of the uploads that are stored. */
    public Set<String> uploaded() throws IOException {
        Set<String> names = new HashSet<>();
        for (ArchiveStore.Stored stored : store.list(uploads())) {
            names.add(stored.key().substring(uploads().length()));
        }
        return names;
    }

    public void putUpload(String name, Content content) throws IOException {
        seal(uploads() + name, content);
    }

    public InputStream openUpload(String name) throws IOException {
        return SealedStream.outOf(store.open(uploads() + name), key);
    }

    public void deleteUpload(String name) throws IOException {
        store.delete(uploads() + name);
    }

    /** Beside the newest ones, of the last day one an hour is kept, before that one a day until it is too old. */
    public void thin(Instant now, Duration longest) throws IOException {
        List<Kept> backups = backups().reversed();
        for (Kept old : superfluous(backups, now, longest)) {
            store.delete(key(old.at()));
        }
    }

    /**
     * @param backups newest first
     */
    static List<Kept> superfluous(List<Kept> backups, Instant now, Duration longest) {
        List<Kept> superfluous = new ArrayList<>();
        Set<Instant> taken = new HashSet<>();
        for (Kept backup : backups.stream().skip(NEWEST).toList()) {
            Duration age = Duration.between(backup.at(), now);
            boolean first = taken.add(backup.at()
                    .truncatedTo(age.compareTo(Duration.ofDays(1)) < 0 ? ChronoUnit.HOURS : ChronoUnit.DAYS));
            if (age.compareTo(longest) > 0 || !first) {
                superfluous.add(backup);
            }
        }
        return superfluous;
    }
}
