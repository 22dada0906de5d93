package dev.mooring.process;

import dev.mooring.home.DurableFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Gives files to an account. What is given is made where only Mooring can change anything, changes its owner there without
 * any link being followed, and then takes its place by a rename: whoever the account is, it can put no link or other file
 * in the way of Mooring, which may be root.
 */
public final class Handover {

    private static final String PRIVATE = "rw-------";
    private static final int WRITABLE_BY_OTHERS = 022;
    private static final int STICKY = 01000;

    private Handover() {}

    /** An empty folder that the account alone enters; one that is there already only changes its owner. */
    public static void folder(Path folder, ServerAccount account) throws IOException {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            Files.createDirectory(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        account.own(folder);
    }

    /** A folder of Mooring's own that accounts may pass through. */
    public static void passage(Path folder) throws IOException {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            Files.createDirectories(folder);
        }
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
    }

    /** Takes a folder, not what is in it, back from an account that an earlier version had given it to. */
    public static void reclaim(Path folder, ServerAccount account) throws IOException {
        if (account.differs() && Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            requireMoorings(parent(folder));
            ServerAccount.rootItself().give(folder);
            // From here on nobody else puts another one in its place.
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
        }
    }

    /** A file that the account alone reads, whole or not at all; its folder, which may be the account's, lies in one of Mooring's. */
    public static void file(Path file, String content, ServerAccount account) throws IOException {
        file(file, content.getBytes(StandardCharsets.UTF_8), account);
    }

    public static void file(Path file, byte[] content, ServerAccount account) throws IOException {
        Path partial = partial(file, account);
        DurableFiles.create(partial, content, PRIVATE);
        account.own(partial);
        DurableFiles.move(partial, file);
    }

    /** The same for a big file that is made again after a loss of power: what it holds is on the disk then, its name is not. */
    public static void stream(Path file, DurableFiles.Content content, ServerAccount account) throws IOException {
        Path partial = partial(file, account);
        try {
            DurableFiles.create(partial, content, PRIVATE);
            account.own(partial);
            Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(partial);
        }
    }

    private static Path partial(Path file, ServerAccount account) throws IOException {
        Path folder = parent(file);
        boolean own = !account.differs() || isMoorings(folder);
        // No base backup takes files of that name.
        Path partial = (own ? folder : parent(folder)).resolve("." + file.getFileName() + ".new");
        if (!own) {
            requireMoorings(parent(folder));
            if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
                throw new IOException(folder + " is no folder");
            }
        }
        return partial;
    }

    /** All of a tree that Mooring has made in a folder of its own, and that nobody else could enter so far. */
    public static void tree(Path top, ServerAccount account) throws IOException {
        if (!account.differs()) {
            return;
        }
        requireMoorings(parent(top));
        requireMoorings(top);
        Files.walkFileTree(top, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                account.give(file);
                return FileVisitResult.CONTINUE;
            }

            // Last: its new owner may change it.
            @Override
            public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failure) throws IOException {
                if (failure != null) {
                    throw failure;
                }
                account.give(folder);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    static void requireMoorings(Path folder) throws IOException {
        if (!isMoorings(folder)) {
            throw new IOException(folder + " can be changed by others than Mooring, which therefore gives nothing away"
                    + " there: it has to belong to root and must not be writable to its group or to others");
        }
    }

    /** Whether only Mooring, as root, can put something into the folder or take it away. */
    private static boolean isMoorings(Path folder) throws IOException {
        Map<String, Object> attributes = Files.readAttributes(folder, "unix:uid,mode", LinkOption.NOFOLLOW_LINKS);
        int mode = number(attributes, "mode");
        return Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
                && number(attributes, "uid") == 0
                && ((mode & WRITABLE_BY_OTHERS) == 0 || (mode & STICKY) != 0);
    }

    static Path parent(Path path) throws IOException {
        Path parent = path.getParent();
        if (parent == null) {
            throw new IOException(path + " is in no folder");
        }
        return parent;
    }

    private static int number(Map<String, Object> attributes, String name) throws IOException {
        if (attributes.get(name) instanceof Integer number) {
            return number;
        }
        throw new IOException("the file system does not tell the attribute " + name);
    }
}
