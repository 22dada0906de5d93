package dev.mooring.process.kafka.broker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a file of Mooring's says, which replaces it as a whole. Looked at for each question, so that it is in force when it is there, and
 * read when it is another one than before.
 */
final class FreshFile<T> {

    /** Of the file's lines. */
    @FunctionalInterface
    interface Reader<T> {
        T read(List<String> lines) throws IOException;
    }

    private record Known<T>(@Nullable Object key, long modified, T content) {}

    private final Path file;
    private final Reader<T> reader;
    private final T unreadable;
    private volatile @Nullable Known<T> known;

    /**
     * @param setting the broker's, which names the file
     * @param unreadable what holds while it cannot be read
     */
    FreshFile(Map<String, ?> settings, String setting, Reader<T> reader, T unreadable) {
        Object name = settings.get(setting);
        if (name == null) {
            throw new IllegalArgumentException(setting + " is missing");
        }
        this.file = Path.of(name.toString());
        this.reader = reader;
        this.unreadable = unreadable;
    }

    T content() {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            Known<T> before = known;
            long modified = attributes.lastModifiedTime().toMillis();
            if (before == null
                    || before.modified() != modified
                    || before.key() == null
                    || !before.key().equals(attributes.fileKey())) {
                before = new Known<>(attributes.fileKey(), modified, reader.read(Files.readAllLines(file)));
                known = before;
            }
            return before.content();
        } catch (IOException | RuntimeException e) {
            return unreadable;
        }
    }
}
