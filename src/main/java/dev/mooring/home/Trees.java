package dev.mooring.home;

import dev.mooring.time.Monotonic;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;
import java.util.ArrayList;
import java.util.List;

/**
 * Deletes folders whose owners may work in them meanwhile. Every name is looked up in an open folder and no link is followed
 * (openat, unlinkat), so whoever puts a link in the place of a folder does not lead the deletion anywhere else.
 */
final class Trees {

    /** Open folders at a time; what lies deeper is moved up first. */
    private static final int DEEPEST = 50;

    private static final int MOST_TRIES = 20;
    private static final int BATCH = 10_000;

    private final SecureDirectoryStream<Path> above;
    private final Path top;
    private int moved;

    private Trees(SecureDirectoryStream<Path> above, Path top) {
        this.above = above;
        this.top = top;
    }

    /**
     * Fine when it is not there.
     *
     * @param folder in a folder that only Mooring changes; a link there is deleted, not what it leads to
     */
    static void delete(Path folder) throws IOException {
        Path absolute = folder.toAbsolutePath();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(absolute.getParent())) {
            if (!(stream instanceof SecureDirectoryStream<Path> above)) {
                throw new IOException("the file system of " + folder + " has no openat");
            }
            new Trees(above, absolute.getFileName()).deleteAll();
        } catch (NoSuchFileException gone) {
            if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
                throw gone;
            }
        }
    }

    private void deleteAll() throws IOException {
        if (!isFolder(above, top)) {
            above.deleteFile(top);
            return;
        }
        for (int tries = 0; ; tries++) {
            int before = moved;
            try (SecureDirectoryStream<Path> open = above.newDirectoryStream(top, LinkOption.NOFOLLOW_LINKS)) {
                empty(open, open, 0);
            }
            try {
                above.deleteDirectory(top);
                return;
            } catch (DirectoryNotEmptyException somebodyWorksThere) {
                if (moved == before && tries >= MOST_TRIES) {
                    throw somebodyWorksThere;
                }
            }
        }
    }

    private void empty(SecureDirectoryStream<Path> folder, SecureDirectoryStream<Path> root, int depth)
            throws IOException {
        for (Path name : names(folder)) {
            try {
                if (!isFolder(folder, name)) {
                    folder.deleteFile(name);
                } else if (depth >= DEEPEST) {
                    folder.move(name, root, Path.of(".deep-" + Monotonic.nanos() + "-" + moved++));
                } else {
                    try (SecureDirectoryStream<Path> inner =
                            folder.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS)) {
                        empty(inner, root, depth + 1);
                    }
                    folder.deleteDirectory(name);
                }
            } catch (NoSuchFileException | DirectoryNotEmptyException changed) {
                // Somebody works there; the next round sees what is left.
            }
        }
    }

    /** Not all of a folder that somebody fills on purpose: the rest is for the next round. */
    private static List<Path> names(SecureDirectoryStream<Path> folder) throws IOException {
        List<Path> names = new ArrayList<>();
        try {
            for (Path entry : folder) {
                names.add(entry.getFileName());
                if (names.size() == BATCH) {
                    return names;
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return names;
    }

    private static boolean isFolder(SecureDirectoryStream<Path> folder, Path name) throws IOException {
        return folder.getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                .readAttributes()
                .isDirectory();
    }
}
