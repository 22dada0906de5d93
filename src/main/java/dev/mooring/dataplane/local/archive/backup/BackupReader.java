package dev.mooring.dataplane.local.archive.backup;

import dev.mooring.dataplane.local.archive.Backup;
import dev.mooring.dataplane.local.archive.ClusterArchive;
import dev.mooring.dataplane.local.archive.Compression;
import dev.mooring.dataplane.local.archive.Damaged;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.zip.CRC32C;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;

/** Reads a base backup back: what is not as it was written does not pass. */
public final class BackupReader {

    private static final int BUFFER = 256 << 10;
    private static final Set<StandardOpenOption> CREATE =
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    private static final FileAttribute<Set<PosixFilePermission>> FOR_SERVER =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private final ClusterArchive archive;
    private final Backup backup;
    private final CopyProgress progress;

    public BackupReader(ClusterArchive archive, Backup backup, CopyProgress progress) {
        this.archive = archive;
        this.backup = backup;
        this.progress = progress;
    }

    /**
     * Reads everything and keeps nothing.
     *
     * @throws Damaged when the backup is not what was written
     */
    public void verify() throws IOException, InterruptedException {
        read(null);
    }

    /**
     * Unpacks into a folder that is there, empty, and nobody else's: whom the files are for is given them afterwards.
     *
     * @throws Damaged when the backup is not what was written
     */
    public void unpack(Path data) throws IOException, InterruptedException {
        read(data);
        Path manifest = data.resolve(ClusterArchive.MANIFEST);
        Files.writeString(manifest, manifest());
    }

    private void read(@Nullable Path data) throws IOException, InterruptedException {
        Map<String, Manifest.Listed> listed = Manifest.read(manifest()).stream()
                .collect(Collectors.toMap(Manifest.Listed::path, Function.identity()));
        AtomicLong done = new AtomicLong();
        List<Callable<Set<String>>> work = new ArrayList<>();
        for (String part : backup.parts()) {
            work.add(() -> readPart(part, listed, data, done));
        }
        Set<String> missing = new HashSet<>(listed.keySet());
        Parallel.run(work, done, backup.size(), progress).forEach(missing::removeAll);
        if (!missing.isEmpty()) {
            throw new Damaged("the backup of " + backup.stoppedAt() + " lacks " + missing.size() + " files, among them "
                    + missing.iterator().next());
        }
    }

    private String manifest() throws IOException {
        try (InputStream in = archive.store().open(archive.baseFolder(backup.id()) + "/" + ClusterArchive.MANIFEST)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            throw damaged("its manifest is missing", e);
        }
    }

    private Set<String> readPart(String part, Map<String, Manifest.Listed> listed, @Nullable Path data, AtomicLong done)
            throws IOException {
        Set<String> seen = new HashSet<>();
        try (InputStream stored = archive.store().open(archive.baseFolder(backup.id()) + "/" + part);
                TarArchiveInputStream tar =
                        new TarArchiveInputStream(new BufferedInputStream(Compression.outOf(stored), BUFFER))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                if (entry.isDirectory()) {
                    if (data != null) {
                        ensureFolder(inside(data, entry.getName()));
                    }
                    continue;
                }
                Manifest.Listed expected = listed.get(entry.getName());
                boolean same = expected != null
                        && (data == null ? isSame(tar, expected, done) : unpack(tar, data, expected, done));
                if (!same) {
                    throw damaged(entry.getName() + " is not what was stored", null);
                }
                seen.add(entry.getName());
            }
        } catch (NoSuchFileException e) {
            throw damaged(part + " is missing", e);
        } catch (Damaged e) {
            throw e;
        } catch (com.github.luben.zstd.ZstdIOException e) {
            throw damaged(part + " cannot be read", e);
        }
        return seen;
    }

    private Damaged damaged(String what, @Nullable IOException cause) {
        return new Damaged("the backup of " + backup.stoppedAt() + " is damaged: " + what, cause);
    }

    private static boolean isSame(InputStream tar, Manifest.Listed expected, AtomicLong done) throws IOException {
        CRC32C crc = new CRC32C();
        byte[] buffer = new byte[BUFFER];
        for (int read = tar.read(buffer); read >= 0; read = tar.read(buffer)) {
            crc.update(buffer, 0, read);
            done.addAndGet(read);
        }
        return Manifest.hex((int) crc.getValue()).equals(expected.checksum());
    }

    /** The frames' own checksums have to do here: the files' were compared when the backup was made. */
    private static boolean unpack(InputStream tar, Path data, Manifest.Listed expected, AtomicLong done)
            throws IOException {
        Path file = inside(data, expected.path());
        ensureFolder(file.getParent());
        long size = 0;
        try (SeekableByteChannel out = Files.newByteChannel(file, CREATE, FOR_SERVER)) {
            byte[] buffer = new byte[BUFFER];
            for (int read = tar.read(buffer); read >= 0; read = tar.read(buffer)) {
                out.write(ByteBuffer.wrap(buffer, 0, read));
                size += read;
                done.addAndGet(read);
            }
        }
        return size == expected.size();
    }

    /** Parts are unpacked side by side: another one may have made it. */
    private static void ensureFolder(@Nullable Path folder) throws IOException {
        if (folder == null || Files.isDirectory(folder)) {
            return;
        }
        ensureFolder(folder.getParent());
        try {
            Files.createDirectory(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (java.nio.file.FileAlreadyExistsException other) {
            return;
        }
    }

    private static Path inside(Path data, String name) throws Damaged {
        Path path = data.resolve(name).normalize();
        if (!path.startsWith(data)) {
            throw new Damaged("the backup has a file outside of the data directory: " + name);
        }
        return path;
    }
}
