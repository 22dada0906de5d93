package dev.mooring.support;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;

/** Archives that mean harm. */
public final class HostileArchives {

    private static final int CENTRAL = 0x02014b50;
    private static final int SIZE_IN_CENTRAL = 24;
    private static final int MEBIBYTE = 1 << 20;

    private HostileArchives() {}

    /** The body of a request that deploys one: a link, a bomb, or one that says it is smaller than it is. */
    public static String body(String kind) throws IOException {
        return DbosApp.body(
                switch (kind) {
                    case "link" -> link();
                    case "bomb" -> bomb();
                    default -> liar();
                });
    }

    private static byte[] link() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipArchiveOutputStream zip = new ZipArchiveOutputStream(bytes)) {
            ZipArchiveEntry entry = new ZipArchiveEntry("passwords");
            entry.setUnixMode(0120777);
            zip.putArchiveEntry(entry);
            zip.write("/etc/passwd".getBytes(StandardCharsets.UTF_8));
            zip.closeArchiveEntry();
        }
        return bytes.toByteArray();
    }

    /** Two and a half gigabytes of zeros take two megabytes. */
    private static byte[] bomb() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipArchiveOutputStream zip = new ZipArchiveOutputStream(bytes)) {
            byte[] zeros = new byte[MEBIBYTE];
            for (int file = 0; file < 5; file++) {
                zip.putArchiveEntry(new ZipArchiveEntry("zeros" + file));
                for (int i = 0; i < 512; i++) {
                    zip.write(zeros);
                }
                zip.closeArchiveEntry();
            }
        }
        return bytes.toByteArray();
    }

    /** Its largest file is said to have one byte. */
    private static byte[] liar() {
        byte[] zip = new DbosApp("x").with("zeros", new byte[MEBIBYTE]).zip();
        ByteBuffer buffer = ByteBuffer.wrap(zip).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at < zip.length - SIZE_IN_CENTRAL - 4; at++) {
            if (buffer.getInt(at) == CENTRAL && buffer.getInt(at + SIZE_IN_CENTRAL) == MEBIBYTE) {
                buffer.putInt(at + SIZE_IN_CENTRAL, 1);
            }
        }
        return zip;
    }
}
