package dev.mooring.dataplane.local.archive;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Stores WAL as it comes in: pieces, which are merged so that there are never many of them, and in the end into the whole
 * segment. Merging goes by levels, like the ones of a log-structured tree: sixteen pieces become one of the next level, so a
 * byte is written as often as its piece has levels, however slowly the segment fills.
 */
final class WalWriter {

    private static final int MERGE_AT = 16;
    private static final int FIRST_BUFFER = 64 << 10;
    /** More is not held in memory: it is stored first. */
    private static final int LARGEST_BUFFER = 4 << 20;

    private record Leveled(WalPiece piece, int level) {}

    private final WalArchive archive;
    private final int timeline;
    private final List<Leveled> pieces = new ArrayList<>();
    private long stored;
    private byte[] buffer = new byte[FIRST_BUFFER];
    private int filled;

    private WalWriter(WalArchive archive, int timeline, long position, List<Leveled> pieces) {
        this.archive = archive;
        this.timeline = timeline;
        this.stored = position;
        this.pieces.addAll(pieces);
    }

    /**
     * Goes on where an earlier writer ended, and removes what its end has left over.
     *
     * @param position where the next byte belongs
     */
    static WalWriter resume(WalArchive archive, WalArchive.Coverage stored, int timeline, long position)
            throws IOException {
        Segment segment = Segment.at(timeline, position);
        List<Leveled> known = new ArrayList<>();
        int reached = 0;
        for (WalPiece piece : stored.of(segment)) {
            if (piece.from() == reached) {
                known.add(new Leveled(piece, 0));
                reached = piece.to();
            } else if (piece.to() <= reached) {
                archive.delete(piece);
            }
        }
        // After a hole there is nothing to merge the new pieces with.
        return new WalWriter(archive, timeline, position, segment.start() + reached == position ? known : List.of());
    }

    /** Everything before it is stored. */
    long stored() {
        return stored;
    }

    boolean pending() {
        return filled > 0;
    }

    /**
     * @param position where the bytes belong
     */
    void append(long position, ByteBuffer bytes) throws IOException {
        if (position != stored + filled) {
            throw new IOException("WAL came out of order: " + position + " instead of " + (stored + filled));
        }
        while (bytes.hasRemaining()) {
            long segmentEnd = Segment.at(timeline, stored).end();
            int room = (int) Math.min(segmentEnd - stored, LARGEST_BUFFER) - filled;
            int length = Math.min(room, bytes.remaining());
            if (filled + length > buffer.length) {
                buffer = Arrays.copyOf(buffer, Math.max(filled + length, Math.min(LARGEST_BUFFER, buffer.length * 4)));
            }
            bytes.get(buffer, filled, length);
            filled += length;
            if (length == room) {
                flush();
            }
        }
    }

    void flush() throws IOException {
        if (filled == 0) {
            return;
        }
        Segment segment = Segment.at(timeline, stored);
        int from = (int) (stored - segment.start());
        WalPiece piece = new WalPiece(segment, from, from + filled);
        archive.put(piece, buffer, filled);
        pieces.add(new Leveled(piece, 0));
        stored += filled;
        filled = 0;
        if (stored == segment.end()) {
            merge(0, 0);
            pieces.clear();
            buffer = new byte[FIRST_BUFFER];
        } else {
            mergeLevels();
        }
    }

    private void mergeLevels() throws IOException {
        for (int level = 0; ; level++) {
            int first = pieces.size();
            while (first > 0 && pieces.get(first - 1).level() == level) {
                first--;
            }
            if (pieces.size() - first < MERGE_AT) {
                return;
            }
            merge(first, level + 1);
        }
    }

    /** The pieces from that one on become one. The merged one is there before the others go: a crash leaves both. */
    private void merge(int first, int level) throws IOException {
        List<WalPiece> old = pieces.subList(first, pieces.size()).stream()
                .map(Leveled::piece)
                .toList();
        if (old.size() < 2) {
            return;
        }
        WalPiece merged = new WalPiece(
                old.getFirst().segment(), old.getFirst().from(), old.getLast().to());
        byte[] bytes = new byte[merged.length()];
        for (WalPiece piece : old) {
            System.arraycopy(archive.read(piece), 0, bytes, piece.from() - merged.from(), piece.length());
        }
        archive.put(merged, bytes, bytes.length);
        for (WalPiece piece : old) {
            archive.delete(piece);
        }
        pieces.subList(first, pieces.size()).clear();
        pieces.add(new Leveled(merged, level));
    }
}
