package dev.mooring.dataplane.archive;

import dev.mooring.home.DurableFiles;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** A folder of this machine or one that is mounted here. */
public final class FolderStore implements ArchiveStore {

    private static final String PARTIAL = ".partial";
    private static final int BUFFER = 64 << 10;

    private final Path root;
    private final String location;

    /**
     * @param location unique among all nodes that share their metadata
     */
    public FolderStore(Path root, String location) {
        this.root = root;
        this.location = location;
    }

    @Override
    public long put(String key, Content content) throws IOException {
        Path file = root.resolve(key);
        Path partial = file.resolveSibling(file.getFileName() + PARTIAL);
        DurableFiles.createFolders(Objects.requireNonNull(file.getParent()));
        long size;
        try (FileChannel channel = FileChannel.open(
                partial, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            BufferedOutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER);
            content.writeTo(out);
            out.flush();
            channel.force(false);
            size = channel.size();
        } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(partial);
            throw e;
        }
        DurableFiles.move(partial, file);
        return size;
    }

    @Override
    public InputStream open(String key) throws IOException {
        return Files.newInputStream(root.resolve(key));
    }

    @Override
    public List<Stored> list(String folder) throws IOException {
        Path top = root.resolve(folder);
        List<Stored> found = new ArrayList<>();
        if (Files.notExists(top)) {
            return found;
        }
        Files.walkFileTree(top, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (!file.getFileName().toString().endsWith(PARTIAL)) {
                    found.add(new Stored(root.relativize(file).toString(), attributes.size()));
                }
                return FileVisitResult.CONTINUE;
            }

            // What is deleted while it is listed is not there.
            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
                if (failure instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw failure;
            }
        });
        return found;
    }

    @Override
    public void delete(String key) throws IOException {
        Path file = root.resolve(key);
        Files.deleteIfExists(file);
        Files.deleteIfExists(file.resolveSibling(file.getFileName() + PARTIAL));
        for (Path folder = file.getParent(); folder != null && !folder.equals(root); folder = folder.getParent()) {
            try {
                Files.deleteIfExists(folder);
            } catch (DirectoryNotEmptyException e) {
                return;
            }
        }
    }

    @Override
    public String location() {
        return location;
    }
}
