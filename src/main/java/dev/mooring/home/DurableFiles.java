package dev.mooring.home;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Files that are needed later, also after a loss of power: each is then as it was before or as it was written, and whole, and
 * what has returned from here is not undone by one.
 */
public final class DurableFiles {

    private static final boolean LINUX = Files.isDirectory(Path.of("/proc"));

    private DurableFiles() {}

    /**
     * Writes the whole file or nothing: under another name beside it, which takes its place once it is on the disk.
     *
     * @param file in a folder that only Mooring changes
     * @param permissions that it never exceeds, such as {@code rw-------}
     */
    static void write(Path file, byte[] content, String permissions) throws IOException {
        Path partial = file.resolveSibling(file.getFileName() + ".partial");
        create(partial, content, permissions);
        move(partial, file);
    }

    /**
     * A file that was not there a moment ago, on the disk when this returns but for its name: no link is followed, and it is
     * opened once.
     */
    public static void create(Path file, byte[] content, String permissions) throws IOException {
        create(file, out -> out.write(content), permissions);
    }

    /** Writes a file's content; does not close the stream. */
    @FunctionalInterface
    public interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    /** The same for a content that is not in memory. */
    public static void create(Path file, Content content, String permissions) throws IOException {
        Set<PosixFilePermission> wanted = PosixFilePermissions.fromString(permissions);
        Files.deleteIfExists(file);
        try (FileChannel channel = FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                PosixFilePermissions.asFileAttribute(wanted))) {
            content.writeTo(Channels.newOutputStream(channel));
            // Its creation was subject to the umask.
            Files.setPosixFilePermissions(file, wanted);
            channel.force(true);
        }
    }

    /** Gives what is on the disk already another name, in place of whatever has it: the old one or the new one is found. */
    public static void move(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        Path left = folder(from);
        Path entered = folder(to);
        sync(entered);
        if (!left.equals(entered)) {
            sync(left);
        }
    }

    /** It does not come back; fine when it is not there. */
    public static void delete(Path file) throws IOException {
        if (Files.deleteIfExists(file)) {
            sync(file.getParent());
        }
    }

    /**
     * A folder with those above it that are missing, the name of each on the disk when this returns, from the outside in: a file is
     * lost with any folder above it. One that is there is left as it is.
     */
    public static void createFolders(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            Path above = folder(folder);
            createFolders(above);
            Files.createDirectories(folder);
            sync(above);
        }
    }

    /**
     * The same.
     *
     * @param permissions of the folder itself; those above it have what the process gives to new ones
     */
    public static void createFolders(Path folder, String permissions) throws IOException {
        if (!Files.isDirectory(folder)) {
            Path above = folder(folder);
            createFolders(above);
            Set<PosixFilePermission> wanted = PosixFilePermissions.fromString(permissions);
            Files.createDirectories(folder, PosixFilePermissions.asFileAttribute(wanted));
            // Its creation was subject to the umask.
            Files.setPosixFilePermissions(folder, wanted);
            sync(above);
        }
    }

    /** What a file holds, or the names in a folder. */
    public static void sync(@Nullable Path fileOrFolder) throws IOException {
        try (FileChannel channel = FileChannel.open(fileOrFolder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /**
     * Everything in a folder, with one request for all of its file system where there is such a thing: a data directory has a
     * thousand files, and each would wait for the disk by itself.
     *
     * @param top where nobody but Mooring puts anything
     */
    public static void syncTree(Path top) throws IOException {
        if (!LINUX || !syncsFileSystem(top)) {
            Files.walkFileTree(top, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    if (attributes.isRegularFile()) {
                        sync(file);
                    }
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failure)
                        throws IOException {
                    if (failure != null) {
                        throw failure;
                    }
                    sync(folder);
                    return FileVisitResult.CONTINUE;
                }
            });
        }
    }

    /** False where there is no such program, or one that cannot. */
    private static boolean syncsFileSystem(Path top) throws InterruptedIOException {
        try {
            Process sync = new ProcessBuilder("sync", "-f", top.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return sync.waitFor() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while " + top + " was written to the disk");
        }
    }

    /** Also of a name alone, which is in the current one. */
    private static Path folder(Path file) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null) {
            throw new IOException(file + " is in no folder");
        }
        return folder;
    }
}
