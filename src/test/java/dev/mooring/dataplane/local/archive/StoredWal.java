package dev.mooring.dataplane.local.archive;

import dev.mooring.dataplane.archive.FolderStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.UUID;

/** An archive in a folder, with segments that know their place and hold nothing else. */
public final class StoredWal {

    private static final int PAGE_ADDRESS = 8;

    private final Path folder;
    private final UUID cluster = UUID.randomUUID();
    private final WalArchive archive;

    public StoredWal(Path folder) {
        this.folder = folder;
        this.archive = new WalArchive(new FolderStore(folder, "test"), cluster);
    }

    public WalArchive archive() {
        return archive;
    }

    public static byte[] content(Segment segment) {
        byte[] bytes = new byte[Segment.SIZE];
        ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).putLong(PAGE_ADDRESS, segment.start());
        bytes[Segment.SIZE / 2] = 1;
        return bytes;
    }

    public void put(Segment segment) throws IOException {
        put(segment, 0, Segment.SIZE);
    }

    public void put(Segment segment, int from, int to) throws IOException {
        archive.put(new WalPiece(segment, from, to), Arrays.copyOfRange(content(segment), from, to), to - from);
    }

    public void remove(Segment segment) throws IOException {
        archive.delete(WalPiece.whole(segment));
    }

    public void damage(Segment segment) throws IOException {
        Path file = folder.resolve(cluster + "/wal/" + WalPiece.whole(segment).name());
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 1] ^= 0x55;
        Files.write(file, bytes);
    }

    /** Other bytes, stored as if they were the right ones. */
    public static void rewrite(Path piece) throws IOException {
        byte[] bytes;
        try (var in = Compression.outOf(Files.newInputStream(piece))) {
            bytes = in.readAllBytes();
        }
        for (int i = 0; i < 100; i++) {
            bytes[bytes.length / 2 + i] ^= 0x55;
        }
        try (var file = Files.newOutputStream(piece);
                var out = Compression.into(file)) {
            out.write(bytes);
        }
    }
}
