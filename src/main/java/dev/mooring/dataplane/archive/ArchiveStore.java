package dev.mooring.dataplane.archive;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;

/** Where archives lie: a flat space of named objects, each of them there as a whole or not at all. */
public interface ArchiveStore {

    /**
     * Stores an object, in place of one of that name. It is durable when this returns.
     *
     * @return its size in bytes
     */
    long put(String key, Content content) throws IOException;

    /**
     * @throws java.nio.file.NoSuchFileException when there is no such object
     */
    InputStream open(String key) throws IOException;

    /** The objects of a folder and all below it, in no order. */
    List<Stored> list(String folder) throws IOException;

    /** Fine when there is no such object. */
    void delete(String key) throws IOException;

    /** The same text for whoever reaches the same archives. */
    String location();

    /** Writes an object's content; does not close the stream. */
    @FunctionalInterface
    interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    /**
     * @param size in bytes
     */
    record Stored(String key, long size) {}
}
