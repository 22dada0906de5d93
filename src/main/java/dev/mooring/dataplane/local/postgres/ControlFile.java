package dev.mooring.dataplane.local.postgres;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * global/pg_control, which says what state a data directory is in: its first field is the system identifier, and it ends its
 * data with a CRC-32C over all before it (PostgreSQL's sources, pg_control.h; the same in 13 to 18).
 */
public final class ControlFile {

    private static final int SMALLEST = 128;
    private static final int LARGEST = 512;
    private static final int STATE_OFFSET = 16;
    private static final int REDO_OFFSET = 40;
    /** DB_SHUTDOWNED. */
    private static final int SHUT_DOWN = 1;

    private static final int TRIES = 50;

    private ControlFile() {}

    static Path of(Path data) {
        return data.resolve("global").resolve("pg_control");
    }

    /** Of a server that may be writing it just now: what was read in the middle of that is read again. */
    public static byte[] readWhole(Path data) throws IOException, InterruptedException {
        for (int i = 0; i < TRIES; i++) {
            byte[] bytes = Files.readAllBytes(of(data));
            if (crcOffset(wrap(bytes)) >= 0) {
                return bytes;
            }
            Thread.sleep(10);
        }
        throw new IOException("pg_control has no valid checksum");
    }

    /** Whether it is a data directory at all: one that is being deleted may have none any more. */
    public static boolean isThere(Path data) {
        return Files.exists(of(data));
    }

    /** Whether the server has ended as it should and can begin without recovery. */
    public static boolean wasShutDown(Path data) throws IOException, InterruptedException {
        return wrap(readWhole(data)).getInt(STATE_OFFSET) == SHUT_DOWN;
    }

    /** Where in the WAL a server that was not shut down begins to replay. */
    public static long redo(Path data) throws IOException, InterruptedException {
        return wrap(readWhole(data)).getLong(REDO_OFFSET);
    }

    static ByteBuffer wrap(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
    }

    /** The structure's length differs between major versions: the CRC stands where it fits what is before it. -1 for none. */
    static int crcOffset(ByteBuffer control) {
        for (int offset = SMALLEST; offset <= LARGEST; offset += 4) {
            if (control.getInt(offset) == crc(control, offset)) {
                return offset;
            }
        }
        return -1;
    }

    static int crc(ByteBuffer bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.array(), 0, length);
        return (int) crc.getValue();
    }
}
