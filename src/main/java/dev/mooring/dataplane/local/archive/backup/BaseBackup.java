package dev.mooring.dataplane.local.archive.backup;

import dev.mooring.dataplane.local.archive.Backup;
import dev.mooring.dataplane.local.archive.ClusterArchive;
import dev.mooring.dataplane.local.postgres.ControlFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Copies a running server's files into its archive, between {@code pg_backup_start} and {@code pg_backup_stop} (PostgreSQL's
 * documentation, "Making a Base Backup Using the Low Level API").
 */
public final class BaseBackup {

    /** Files are put together up to this size, so that a backup is some parts and not thousands of objects. */
    private static final long PART_SIZE = 16L << 20;

    private final ClusterArchive archive;
    private final Path data;
    private final UUID id;
    private final CopyProgress progress;

    /**
     * @param id of the backup: what an earlier try under the same one has left is replaced
     */
    public BaseBackup(ClusterArchive archive, Path data, UUID id, CopyProgress progress) {
        this.archive = archive;
        this.data = data;
        this.id = id;
        this.progress = progress;
    }

    /** The copy, not yet a backup: {@link #finish} makes it one when the WAL it needs is stored. */
    public record Copied(Backup backup, String manifest) {}

    /**
     * @param superuser stays open and unused by others until this returns
     * @param version exact server version
     */
    public Copied copy(Connection superuser, String version) throws IOException, SQLException, InterruptedException {
        archive.deleteBackup(id);
        int major = superuser.getMetaData().getDatabaseMajorVersion();
        String start = BackupMode.start(superuser, "mooring " + id);
        Instant startedAt = now(superuser);
        Map<String, Packed> parts = new TreeMap<>(pack());
        BackupMode.Stopped stopped = BackupMode.stop(superuser);
        if (!stopped.tablespaces().isBlank()) {
            throw new IOException("the cluster has tablespaces of its own; Mooring cannot back them up");
        }
        Packed last = packLast(stopped.label());
        parts.put(last.name(), last);
        List<Manifest.Entry> entries =
                parts.values().stream().flatMap(part -> part.entries().stream()).toList();
        Backup backup = new Backup(
                id,
                Integer.toString(major),
                version,
                stopped.timeline(),
                start,
                stopped.lsn(),
                startedAt.toString(),
                stopped.at().toString(),
                entries.stream().mapToLong(Manifest.Entry::size).sum(),
                parts.values().stream().mapToLong(Packed::stored).sum(),
                List.copyOf(parts.keySet()));
        return new Copied(backup, Manifest.write(entries, backup));
    }

    /** Writes down that the backup is there. */
    public void finish(Copied copied) throws IOException {
        archive.store()
                .put(
                        archive.baseFolder(id) + "/" + ClusterArchive.MANIFEST,
                        out -> out.write(copied.manifest().getBytes(StandardCharsets.UTF_8)));
        archive.write(copied.backup());
    }

    private record Packed(String name, List<Manifest.Entry> entries, long stored) {}

    private Map<String, Packed> pack() throws IOException, InterruptedException {
        DataFiles content = DataFiles.of(data);
        List<List<DataFiles.File>> groups = group(content.files());
        AtomicLong done = new AtomicLong();
        List<Callable<Packed>> work = new ArrayList<>();
        for (int i = 0; i < groups.size(); i++) {
            List<DataFiles.File> files = groups.get(i);
            List<String> folders = i == 0 ? content.folders() : List.of();
            String name = name(i);
            work.add(() -> pack(name, done, part -> {
                for (String folder : folders) {
                    part.folder(folder);
                }
                for (DataFiles.File file : files) {
                    part.file(data, file);
                }
            }));
        }
        Map<String, Packed> packed = new TreeMap<>();
        for (Packed part : Parallel.run(work, done, content.size(), progress)) {
            packed.put(part.name(), part);
        }
        return packed;
    }

    /** The largest first, so that no thread begins with one of them when the others have ended. */
    private static List<List<DataFiles.File>> group(List<DataFiles.File> files) {
        List<DataFiles.File> bySize = new ArrayList<>(files);
        bySize.sort(Comparator.comparingLong(DataFiles.File::size).reversed());
        List<List<DataFiles.File>> groups = new ArrayList<>();
        List<DataFiles.File> group = new ArrayList<>();
        long size = 0;
        for (DataFiles.File file : bySize) {
            if (size + file.size() > PART_SIZE && !group.isEmpty()) {
                groups.add(group);
                group = new ArrayList<>();
                size = 0;
            }
            group.add(file);
            size += file.size();
        }
        groups.add(group);
        return groups;
    }

    /** The control file as late as possible, the timeline's history, and the label that makes recovery begin at the start. */
    private Packed packLast(String label) throws IOException, InterruptedException {
        byte[] control = ControlFile.readWhole(data);
        List<Path> histories;
        try (var files = Files.list(data.resolve("pg_wal"))) {
            histories =
                    files.filter(file -> file.toString().endsWith(".history")).toList();
        }
        return pack("part-last.tar.zst", new AtomicLong(), part -> {
            part.file(DataFiles.CONTROL, control);
            for (Path history : histories) {
                part.file("pg_wal/" + history.getFileName(), Files.readAllBytes(history));
            }
            part.file("backup_label", label.getBytes(StandardCharsets.UTF_8));
        });
    }

    @FunctionalInterface
    private interface Filling {
        void fill(PartWriter part) throws IOException;
    }

    private Packed pack(String name, AtomicLong done, Filling filling) throws IOException {
        List<Manifest.Entry> entries = new ArrayList<>();
        long stored = archive.store().put(archive.baseFolder(id) + "/" + name, (OutputStream out) -> {
            entries.clear();
            try (PartWriter part = new PartWriter(out, done)) {
                filling.fill(part);
                entries.addAll(part.entries());
            }
        });
        return new Packed(name, entries, stored);
    }

    private static String name(int number) {
        return "part-%04d.tar.zst".formatted(number);
    }

    private static Instant now(Connection superuser) throws SQLException {
        try (Statement statement = superuser.createStatement();
                ResultSet row = statement.executeQuery("select clock_timestamp()")) {
            row.next();
            return row.getObject(1, OffsetDateTime.class).toInstant();
        }
    }
}
