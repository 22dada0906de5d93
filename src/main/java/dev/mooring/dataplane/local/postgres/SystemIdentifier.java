package dev.mooring.dataplane.local.postgres;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.zip.CRC32C;

/**
 * Gives the copy of a data directory an identity of its own. Siblings made from one template would otherwise accept each
 * other's WAL. Only for a directory that was shut down cleanly and has never run since.
 *
 * <p>The identifier is the first field of global/pg_control, which ends its data with a CRC-32C over all before it, and a
 * field of the long header of the WAL segment (PostgreSQL sources: pg_control.h, xlog_internal.h; same place in 13 to 18).
 */
public final class SystemIdentifier {

    private static final int WAL_HEADER_OFFSET = 24;
    private static final int LONG_HEADER_FLAG = 0x0002;
    private static final int SMALLEST_CONTROL = 128;
    private static final int LARGEST_CONTROL = 512;

    private SystemIdentifier() {}

    /** The new identifier. */
    public static long renew(Path data) throws IOException {
        long identifier = (System.currentTimeMillis() / 1000 << 32) | (new SecureRandom().nextInt() & 0xFFFFFFFFL);
        Path control = data.resolve("global").resolve("pg_control");
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(control)).order(ByteOrder.nativeOrder());
        int crcOffset = crcOffset(bytes);
        long old = bytes.getLong(0);
        bytes.putLong(0, identifier);
        bytes.putInt(crcOffset, crc(bytes, crcOffset));
        Files.write(control, bytes.array());
        renewWal(data.resolve("pg_wal"), old, identifier);
        return identifier;
    }

    public static long read(Path data) throws IOException {
        byte[] control = Files.readAllBytes(data.resolve("global").resolve("pg_control"));
        return ByteBuffer.wrap(control).order(ByteOrder.nativeOrder()).getLong(0);
    }

    /** The structure's length differs between major versions: the CRC stands where it fits what is before it. */
    private static int crcOffset(ByteBuffer control) throws IOException {
        for (int offset = SMALLEST_CONTROL; offset <= LARGEST_CONTROL; offset += 4) {
            if (control.getInt(offset) == crc(control, offset)) {
                return offset;
            }
        }
        throw new IOException("pg_control has no checksum where one is expected");
    }

    private static int crc(ByteBuffer bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.array(), 0, length);
        return (int) crc.getValue();
    }

    private static void renewWal(Path wal, long old, long identifier) throws IOException {
        try (var files = Files.list(wal)) {
            for (Path segment : files.filter(
                            file -> file.getFileName().toString().matches("[0-9A-F]{24}"))
                    .toList()) {
                try (var channel = Files.newByteChannel(
                        segment, java.nio.file.StandardOpenOption.READ, java.nio.file.StandardOpenOption.WRITE)) {
                    ByteBuffer header =
                            ByteBuffer.allocate(WAL_HEADER_OFFSET + 8).order(ByteOrder.nativeOrder());
                    channel.read(header);
                    boolean isLong = (header.getShort(2) & LONG_HEADER_FLAG) != 0;
                    if (isLong && header.getLong(WAL_HEADER_OFFSET) == old) {
                        header.putLong(WAL_HEADER_OFFSET, identifier).rewind();
                        channel.position(0);
                        channel.write(header);
                    }
                }
            }
        }
    }
}
