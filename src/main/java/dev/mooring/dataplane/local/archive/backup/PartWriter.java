package dev.mooring.dataplane.local.archive.backup;

import dev.mooring.dataplane.local.archive.Compression;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32C;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** Packs files into one part of a backup: a compressed tar. */
public final class PartWriter implements AutoCloseable {

    private static final int OWNER_READ = 0400;
    private static final int FILE_MODE = 0600;
    private static final int FOLDER_MODE = 0700;
    private static final int BUFFER = 256 << 10;

    private final TarArchiveOutputStream tar;
    private final AtomicLong done;
    private final List<Manifest.Entry> entries = new ArrayList<>();

    public PartWriter(OutputStream out, AtomicLong done) throws IOException {
        this.tar = new TarArchiveOutputStream(new BufferedOutputStream(Compression.into(out), BUFFER));
        this.tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
        this.tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
        this.done = done;
    }

    List<Manifest.Entry> entries() {
        return entries;
    }

    public void folder(String path) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(path + "/");
        entry.setMode(FOLDER_MODE);
        tar.putArchiveEntry(entry);
        tar.closeArchiveEntry();
    }

    /**
     * As long as it was when it was listed: what has been added since comes from the WAL, and so does everything about a
     * file that has become shorter, in whose place zeros stand. A file that is gone is left out.
     */
    public void file(Path data, DataFiles.File file) throws IOException {
        try (InputStream in = Files.newInputStream(data.resolve(file.path()), LinkOption.NOFOLLOW_LINKS)) {
            write(file.path(), file.size(), FILE_MODE, in);
        } catch (NoSuchFileException dropped) {
            done.addAndGet(file.size());
        }
    }

    public void file(String path, byte[] content) throws IOException {
        write(path, content.length, FILE_MODE, new java.io.ByteArrayInputStream(content));
    }

    /** A file that nobody writes to, for whom it is for. */
    public void whole(String path, Path file) throws IOException {
        int mode = 0;
        for (PosixFilePermission permission : Files.getPosixFilePermissions(file, LinkOption.NOFOLLOW_LINKS)) {
            mode |= OWNER_READ >> permission.ordinal();
        }
        try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
            write(path, Files.size(file), mode, in);
        }
    }

    private void write(String path, long size, int mode, InputStream in) throws IOException {
        Instant modified = Instant.now();
        TarArchiveEntry entry = new TarArchiveEntry(path);
        entry.setSize(size);
        entry.setMode(mode);
        entry.setModTime(modified.toEpochMilli());
        tar.putArchiveEntry(entry);
        CRC32C crc = new CRC32C();
        byte[] buffer = new byte[Math.clamp(size, 1, BUFFER)];
        long left = size;
        boolean ended = false;
        while (left > 0) {
            int wanted = (int) Math.min(buffer.length, left);
            int read = ended ? 0 : in.readNBytes(buffer, 0, wanted);
            if (read < wanted) {
                java.util.Arrays.fill(buffer, read, wanted, (byte) 0);
                ended = true;
            }
            tar.write(buffer, 0, wanted);
            crc.update(buffer, 0, wanted);
            left -= wanted;
            done.addAndGet(wanted);
        }
        tar.closeArchiveEntry();
        entries.add(new Manifest.Entry(path, size, modified, (int) crc.getValue()));
    }

    /** Ends the part; the target stays open. */
    @Override
    public void close() throws IOException {
        tar.close();
    }
}
