package dev.mooring.dboscloud.upload;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * A zip file that somebody sent: everything it says of itself is doubted. Nothing leaves the folder that it is unpacked
 * to, there are no links in it, and what it says it holds is what it may take.
 */
public final class SourceArchive implements AutoCloseable {

    private static final int MOST_ENTRIES = 50_000;
    private static final long MOST_BYTES = 2L << 30;
    private static final int LONGEST_NAME = 1024;
    private static final int LONGEST_CONFIG = 512 * 1024;
    private static final int BLOCK = 1 << 16;
    private static final int TYPE = 0170000;
    private static final int REGULAR = 0100000;
    private static final int DIRECTORY = 0040000;
    private static final int EXECUTABLE = 0100;

    private final ZipFile zip;
    private final List<ZipArchiveEntry> entries;

    /**
     * @throws BadArchive when it is no archive, or one that is not to be unpacked
     */
    public SourceArchive(Path file) throws IOException {
        try {
            this.zip = ZipFile.builder().setPath(file).get();
        } catch (IOException | IllegalArgumentException e) {
            throw new BadArchive("is not a zip file: " + e.getMessage());
        }
        this.entries = Collections.list(zip.getEntries());
        try {
            check();
        } catch (BadArchive e) {
            zip.close();
            throw e;
        }
    }

    private void check() {
        if (entries.size() > MOST_ENTRIES) {
            throw new BadArchive("has more than " + MOST_ENTRIES + " entries");
        }
        long bytes = 0;
        Set<String> files = new HashSet<>();
        for (ZipArchiveEntry entry : entries) {
            String name = entry.getName();
            String shown = name.length() > 100 ? name.substring(0, 100) + "…" : name;
            String path = entry.isDirectory() && name.endsWith("/") ? name.substring(0, name.length() - 1) : name;
            if (!inside(path)) {
                throw new BadArchive("has the entry " + shown + ", which would leave its folder");
            }
            int type = entry.getUnixMode() & TYPE;
            if (type != 0 && type != (entry.isDirectory() ? DIRECTORY : REGULAR)) {
                throw new BadArchive(
                        "has the entry " + shown + ", which is neither a file nor a folder: links are refused");
            }
            if (!zip.canReadEntryData(entry)) {
                throw new BadArchive("has the entry " + shown + ", which is encrypted or compressed in an unusual way");
            }
            if (!entry.isDirectory() && !files.add(path)) {
                throw new BadArchive("has the entry " + shown + " twice");
            }
            bytes += Math.max(0, entry.getSize());
        }
        if (bytes > MOST_BYTES) {
            throw new BadArchive("holds more than " + (MOST_BYTES >> 30) + " GiB");
        }
        for (String file : files) {
            for (int slash = file.indexOf('/'); slash >= 0; slash = file.indexOf('/', slash + 1)) {
                if (files.contains(file.substring(0, slash))) {
                    throw new BadArchive("has " + file.substring(0, slash) + " as a file and as a folder");
                }
            }
        }
    }

    private static boolean inside(String path) {
        return !path.isEmpty()
                && path.length() <= LONGEST_NAME
                && path.chars().allMatch(c -> c >= ' ' && c != '\\' && c != 0x7f)
                && Stream.of(path.split("/", -1))
                        .noneMatch(part -> part.isEmpty() || part.equals(".") || part.equals(".."));
    }

    /** The text of a small file at the root. */
    public @Nullable String text(String name) throws IOException {
        ZipArchiveEntry entry = zip.getEntry(name);
        if (entry == null || entry.isDirectory()) {
            return null;
        }
        try (InputStream in = zip.getInputStream(entry)) {
            byte[] bytes = in.readNBytes(LONGEST_CONFIG + 1);
            if (bytes.length > LONGEST_CONFIG) {
                throw new BadArchive("has a " + name + " of more than " + (LONGEST_CONFIG >> 10) + " KiB");
            }
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    /**
     * @param target a folder that is there, empty, and nobody else's: whom the files are for is given them afterwards
     * @param written told how many bytes are there by now
     */
    public void unpack(Path target, LongConsumer written) throws IOException {
        long bytes = 0;
        for (ZipArchiveEntry entry : entries) {
            Path path = target.resolve(entry.getName()).normalize();
            if (!path.startsWith(target)) {
                throw new BadArchive("has the entry " + entry.getName() + ", which would leave its folder");
            }
            folders(target, entry.isDirectory() ? path : Objects.requireNonNull(path.getParent()));
            if (!entry.isDirectory()) {
                bytes += write(entry, path);
                written.accept(bytes);
            }
        }
    }

    private static void folders(Path target, Path folder) throws IOException {
        if (folder.equals(target) || Files.isDirectory(folder)) {
            return;
        }
        folders(target, Objects.requireNonNull(folder.getParent()));
        Files.createDirectory(folder);
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    }

    private long write(ZipArchiveEntry entry, Path path) throws IOException {
        long left = Math.max(0, entry.getSize());
        try (InputStream in = zip.getInputStream(entry);
                OutputStream out = Files.newOutputStream(
                        path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            byte[] block = new byte[BLOCK];
            for (int count = in.read(block); count >= 0; count = in.read(block)) {
                left -= count;
                if (left < 0) {
                    throw new BadArchive("has the entry " + entry.getName() + ", which holds more than it says");
                }
                out.write(block, 0, count);
            }
        }
        boolean executable = (entry.getUnixMode() & EXECUTABLE) != 0;
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(executable ? "rwx------" : "rw-------"));
        return Math.max(0, entry.getSize());
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }
}
