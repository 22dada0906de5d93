package dev.mooring.dataplane.local.archive;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;

/** Zstandard with a checksum in each frame, so that damage is found when it is read. */
public final class Compression {

    /** The library's own default: WAL shrinks to a tenth at some 300 MB/s. */
    private static final int LEVEL = 3;

    private static final String UNPACKED_LIBRARY = "ZstdTempFolder";

    private Compression() {}

    /** Where the library unpacks itself, before its first use: the home folder is the one place that is sure to be writable. */
    public static void unpackTo(Path folder) {
        System.setProperty(UNPACKED_LIBRARY, folder.toString());
    }

    /** Closing it ends the frame and leaves the target open. */
    public static OutputStream into(OutputStream out) throws IOException {
        return new ZstdOutputStreamNoFinalizer(
                        new FilterOutputStream(out) {
                            @Override
                            public void write(byte[] bytes, int offset, int length) throws IOException {
                                out.write(bytes, offset, length);
                            }

                            @Override
                            public void close() throws IOException {
                                out.flush();
                            }
                        },
                        LEVEL)
                .setChecksum(true);
    }

    public static InputStream outOf(InputStream in) throws IOException {
        return new ZstdInputStreamNoFinalizer(in);
    }
}
