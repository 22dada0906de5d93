package dev.mooring.dataplane.local.archive.backup;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The files of a data directory that belong into a base backup: what PostgreSQL's own leaves out (basebackup.c) is left out,
 * and so is what makes the server this particular one.
 *
 * @param folders relative paths, parents first
 * @param files all but the control file, which has to be read last
 */
public record DataFiles(List<String> folders, List<File> files) {

    public static final String CONTROL = "global/pg_control";

    /** Kept as empty folders. */
    private static final Set<String> EMPTIED = Set.of(
            "pg_wal",
            "pg_replslot",
            "pg_dynshmem",
            "pg_notify",
            "pg_serial",
            "pg_snapshots",
            "pg_stat_tmp",
            "pg_subtrans");

    private static final Set<String> LEFT_OUT = Set.of(
            "postmaster.pid",
            "postmaster.opts",
            "backup_label",
            "backup_label.old",
            "tablespace_map",
            "tablespace_map.old",
            "backup_manifest",
            "current_logfiles",
            "recovery.signal",
            "standby.signal",
            "postgresql.conf",
            "postgresql.auto.conf",
            "pg_hba.conf",
            "server.crt",
            "server.key",
            CONTROL);

    /**
     * @param size in bytes when it was seen
     */
    public record File(String path, long size) {}

    public static DataFiles of(Path data) throws IOException {
        List<String> folders = new ArrayList<>();
        List<File> files = new ArrayList<>();
        Files.walkFileTree(data, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                String path = data.relativize(folder).toString();
                if (folder.getFileName().toString().startsWith("pgsql_tmp")) {
                    return FileVisitResult.SKIP_SUBTREE;
                }
                if (!path.isEmpty()) {
                    folders.add(path);
                }
                if (path.equals("pg_wal")) {
                    folders.add("pg_wal/archive_status");
                }
                return EMPTIED.contains(path) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                String path = data.relativize(file).toString();
                String name = file.getFileName().toString();
                if (path.equals("pg_wal") && Files.isDirectory(file)) {
                    // On another disk; what is made of this is not.
                    folders.add(path);
                    folders.add("pg_wal/archive_status");
                } else if (attributes.isRegularFile()
                        && !LEFT_OUT.contains(path)
                        && !name.startsWith("pgsql_tmp")
                        && !name.startsWith("pg_internal.init")
                        && !name.endsWith(".new")
                        && !name.endsWith(".partial")
                        && !name.endsWith(".candidate")) {
                    files.add(new File(path, attributes.size()));
                }
                return FileVisitResult.CONTINUE;
            }

            // Relations are dropped while the backup is made; the WAL knows of it.
            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
                if (failure instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw failure;
            }
        });
        return new DataFiles(folders, files);
    }

    public long size() {
        return files.stream().mapToLong(File::size).sum();
    }
}
