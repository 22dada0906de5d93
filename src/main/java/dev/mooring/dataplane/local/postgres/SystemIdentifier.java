package dev.mooring.dataplane.local.postgres;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;

/**
 * Gives the copy of a data directory an identity of its own: otherwise siblings would accept each other's WAL. Only for a
 * directory that was shut down cleanly and that nobody but Mooring can enter.
 *
 * <p>The identifier stands in the control file and in the long header of each WAL segment (PostgreSQL's sources,
 * xlog_internal.h; the same place in 13 to 18).
 */
public final class SystemIdentifier {

    private static final int WAL_HEADER_OFFSET = 24;
    private static final int LONG_HEADER_FLAG = 0x0002;

    private SystemIdentifier() {}

    /** The new identifier. The control file comes last: until then the same can be done again. */
    public static long renew(Path data) throws IOException {
        long identifier = (System.currentTimeMillis() / 1000 << 32) | (new SecureRandom().nextInt() & 0xFFFFFFFFL);
        for (String folder : new String[] {"pg_wal", "global"}) {
            if (!Files.isDirectory(data.resolve(folder), LinkOption.NOFOLLOW_LINKS)) {
                throw new IOException(data.resolve(folder) + " is no folder");
            }
        }
        renewWal(data.resolve("pg_wal"), identifier);
        Path control = ControlFile.of(data);
        ByteBuffer bytes = ControlFile.wrap(Files.readAllBytes(control));
        int crcOffset = ControlFile.crcOffset(bytes);
        if (crcOffset < 0) {
            throw new IOException("pg_control has no checksum where one is expected");
        }
        bytes.putLong(0, identifier);
        bytes.putInt(crcOffset, ControlFile.crc(bytes, crcOffset));
        try (FileChannel channel = FileChannel.open(control, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            for (ByteBuffer whole = bytes.rewind(); whole.hasRemaining(); ) {
                channel.write(whole);
            }
            channel.force(false);
        }
        return identifier;
    }

    public static long read(Path data) throws IOException {
        return ControlFile.wrap(Files.readAllBytes(ControlFile.of(data))).getLong(0);
    }

    private static void renewWal(Path wal, long identifier) throws IOException {
        try (var files = Files.list(wal)) {
            for (Path segment : files.filter(
                            file -> file.getFileName().toString().matches("[0-9A-F]{24}"))
                    .toList()) {
                try (FileChannel channel = FileChannel.open(
                        segment, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
                    ByteBuffer header =
                            ByteBuffer.allocate(WAL_HEADER_OFFSET + 8).order(ByteOrder.nativeOrder());
                    channel.read(header);
                    if ((header.getShort(2) & LONG_HEADER_FLAG) != 0) {
                        header.putLong(WAL_HEADER_OFFSET, identifier).rewind();
                        channel.position(0);
                        channel.write(header);
                        channel.force(false);
                    }
                }
            }
        }
    }
}
