package dev.mooring.dataplane.local.homebackup;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.dataplane.local.archive.Lsn;
import dev.mooring.dataplane.local.archive.backup.BackupMode;
import dev.mooring.dataplane.local.archive.backup.DataFiles;
import dev.mooring.dataplane.local.archive.backup.PartWriter;
import dev.mooring.dataplane.local.postgres.ControlFile;
import dev.mooring.home.MooringHome;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * Writes down all that makes a home: its keys, its certificates, who it is, and the metadata's data directory with the WAL that
 * makes a copy of it consistent. A server that is started on such a copy needs nothing else.
 */
final class HomeCopy {

    static final String DATA = "metadata/data";
    private static final List<String> FILES = List.of("node-id", "admin-token", "metadata/version");
    private static final List<String> FOLDERS = List.of("keys", "tls");
    private static final long SEGMENT = 16L << 20;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final MooringHome home;

    HomeCopy(MooringHome home) {
        this.home = home;
    }

    /**
     * @param superuser of the metadata; unused by others until this returns
     * @throws IOException also when the server has removed WAL that the copy needs: a later copy has it
     */
    void write(Connection superuser, HomeManifest manifest, OutputStream out)
            throws IOException, SQLException, InterruptedException {
        Path data = home.root().resolve(DATA);
        String start = BackupMode.start(superuser, "mooring home");
        try (PartWriter copy = new PartWriter(out, new AtomicLong())) {
            copy.file(HomeManifest.NAME, JSON.writeValueAsBytes(manifest));
            for (String file : FILES) {
                whole(copy, home.root().resolve(file));
            }
            for (String folder : FOLDERS) {
                whole(copy, home.root().resolve(folder));
            }
            DataFiles content = DataFiles.of(data);
            for (String folder : content.folders()) {
                copy.folder(DATA + "/" + folder);
            }
            for (DataFiles.File file : content.files()) {
                if (!file.path().startsWith("log/")) {
                    copy.file(home.root(), new DataFiles.File(DATA + "/" + file.path(), file.size()));
                }
            }
            BackupMode.Stopped stopped = BackupMode.stop(superuser);
            copy.file(DATA + "/" + DataFiles.CONTROL, ControlFile.readWhole(data));
            copy.file(DATA + "/backup_label", stopped.label().getBytes(StandardCharsets.UTF_8));
            wal(copy, data, start, stopped);
        }
    }

    /** What is there: a home need not have each of them. */
    private void whole(PartWriter copy, Path top) throws IOException {
        if (!Files.exists(top)) {
            return;
        }
        try (Stream<Path> all = Files.walk(top)) {
            for (Path file : all.filter(Files::isRegularFile)
                    .filter(file -> !file.toString().endsWith(".partial"))
                    .sorted()
                    .toList()) {
                copy.whole(home.root().relativize(file).toString(), file);
            }
        }
    }

    /** From where replay begins to where the copy is consistent. */
    private static void wal(PartWriter copy, Path data, String start, BackupMode.Stopped stopped) throws IOException {
        Path wal = data.resolve("pg_wal");
        for (long at = Lsn.parse(start) / SEGMENT; at * SEGMENT < Lsn.parse(stopped.lsn()); at++) {
            long perFile = (1L << 32) / SEGMENT;
            String name = "%08X%08X%08X".formatted(stopped.timeline(), at / perFile, at % perFile);
            copy.whole(DATA + "/pg_wal/" + name, wal.resolve(name));
            if (Files.notExists(wal.resolve(name))) {
                // It has another name and another content by now.
                throw new IOException("the metadata's WAL was removed while it was copied");
            }
        }
        try (Stream<Path> files = Files.list(wal)) {
            for (Path history :
                    files.filter(file -> file.toString().endsWith(".history")).toList()) {
                copy.whole(DATA + "/pg_wal/" + history.getFileName(), history);
            }
        }
    }
}
