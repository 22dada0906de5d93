package dev.mooring.dataplane.local.archive;

import dev.mooring.dataplane.local.archive.store.ArchiveStore;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** The stored WAL of one cluster. */
public final class WalArchive {

    /** Where a page's own position stands in its header (xlog_internal.h). */
    private static final int PAGE_ADDRESS = 8;

    private final ArchiveStore store;
    private final String folder;
    private final String dropped;
    private final Readers readers;

    WalArchive(ArchiveStore store, UUID cluster) {
        this.store = store;
        this.folder = cluster + "/wal";
        this.dropped = cluster + "/dropped";
        this.readers = new Readers(store, cluster);
    }

    void put(WalPiece piece, byte[] bytes, int length) throws IOException {
        store.put(folder + "/" + piece.name(), out -> {
            try (OutputStream compressed = Compression.into(out)) {
                compressed.write(bytes, 0, length);
            }
        });
    }

    void delete(WalPiece piece) throws IOException {
        store.delete(folder + "/" + piece.name());
    }

    /** Everything that is stored, in order. */
    List<WalPiece> pieces() throws IOException {
        return store.list(folder).stream()
                .map(stored ->
                        WalPiece.parse(stored.key().substring(stored.key().lastIndexOf('/') + 1)))
                .flatMap(Optional::stream)
                .sorted(WalPiece.ORDER)
                .toList();
    }

    /** Size of all pieces as they are stored, in bytes. */
    long size() throws IOException {
        return store.list(folder).stream().mapToLong(ArchiveStore.Stored::size).sum();
    }

    /** One listing of what is stored, for several questions about it. */
    public Coverage coverage() throws IOException {
        return new Coverage(pieces());
    }

    /**
     * @param pieces in order
     */
    public record Coverage(List<WalPiece> pieces) {

        /** The last position stored of the timeline; zero when there is nothing of it. */
        public long end(int timeline) {
            return pieces.stream()
                    .filter(piece -> piece.segment().timeline() == timeline)
                    .mapToLong(WalPiece::end)
                    .max()
                    .orElse(0);
        }

        /** Up to where nothing is missing when one begins to read at the position; the position itself when it is not there. */
        public long unbroken(int timeline, long from) {
            long reached = from;
            for (WalPiece piece : pieces) {
                if (piece.segment().timeline() == timeline && piece.start() <= reached && piece.end() > reached) {
                    reached = piece.end();
                }
            }
            return reached;
        }

        /** The first position after it that is stored again; empty when there is nothing more. */
        public Optional<Long> next(int timeline, long after) {
            return pieces.stream()
                    .filter(piece -> piece.segment().timeline() == timeline && piece.start() > after)
                    .map(WalPiece::start)
                    .min(Long::compare);
        }

        List<WalPiece> of(Segment segment) {
            return pieces.stream()
                    .filter(piece -> piece.segment().equals(segment))
                    .toList();
        }
    }

    /**
     * Puts a segment together, with zeros where it was not written yet: recovery ends there.
     *
     * @return null when nothing is stored of it
     * @throws Damaged when a piece is not what was stored
     */
    public byte[] read(Segment segment) throws IOException {
        try {
            byte[] bytes = read(WalPiece.whole(segment));
            checkAddress(segment, bytes);
            return bytes;
        } catch (NoSuchFileException e) {
            return assemble(segment);
        }
    }

    private byte[] assemble(Segment segment) throws IOException {
        List<WalPiece> pieces = coverage().of(segment);
        if (pieces.isEmpty()) {
            return null;
        }
        byte[] bytes = new byte[Segment.SIZE];
        int reached = 0;
        for (WalPiece piece : pieces) {
            if (piece.from() <= reached && piece.to() > reached) {
                System.arraycopy(read(piece), 0, bytes, piece.from(), piece.length());
                reached = piece.to();
            }
        }
        if (reached > 0) {
            checkAddress(segment, bytes);
        }
        return bytes;
    }

    byte[] read(WalPiece piece) throws IOException {
        byte[] bytes;
        try (InputStream stored = store.open(folder + "/" + piece.name());
                InputStream in = Compression.outOf(stored)) {
            bytes = in.readNBytes(piece.length() + 1);
        } catch (NoSuchFileException e) {
            throw e;
        } catch (IOException e) {
            throw lost(piece, e);
        }
        if (bytes.length != piece.length()) {
            throw lost(piece, null);
        }
        return bytes;
    }

    private static void checkAddress(Segment segment, byte[] bytes) throws Damaged {
        long address = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).getLong(PAGE_ADDRESS);
        if (address != segment.start()) {
            throw new Damaged("segment " + segment.name() + " of the archive holds WAL of another place: "
                    + Lsn.text(segment.start()) + " to "
                    + Lsn.text(segment.end()) + " is lost");
        }
    }

    private static Damaged lost(WalPiece piece, IOException cause) {
        return new Damaged("the archive's " + piece.name() + " is damaged: WAL from " + piece + " is lost", cause);
    }

    /** The highest timeline of which anything is stored; zero for none. */
    public int lastTimeline() throws IOException {
        return pieces().stream()
                .mapToInt(piece -> piece.segment().timeline())
                .max()
                .orElse(0);
    }

    /** Deletes all of a timeline that came to nothing; when somebody reads, after that. */
    public void deleteTimeline(int timeline) throws IOException {
        store.put(dropped + "/" + timeline, out -> out.write('\n'));
        readers.sweep(this::deleteDropped);
    }

    /** Its WAL is there until its mark is gone, so that its number is nobody else's meanwhile. */
    void deleteDropped(Readers.Allowed allowed) throws IOException {
        for (ArchiveStore.Stored mark : store.list(dropped)) {
            int timeline = Integer.parseInt(mark.key().substring(mark.key().lastIndexOf('/') + 1));
            for (WalPiece piece : pieces()) {
                if (piece.segment().timeline() == timeline) {
                    if (!allowed.ask()) {
                        return;
                    }
                    delete(piece);
                }
            }
            store.delete(mark.key());
        }
    }

    /** Deletes whole segments that none of these backups needs. What is newer than all of them stays. */
    void deleteBefore(List<Backup> backups, Readers.Allowed allowed) throws IOException {
        Map<Integer, Long> needed = new HashMap<>();
        backups.forEach(backup -> needed.merge(backup.timeline(), backup.start(), Math::min));
        int oldest = needed.keySet().stream().min(Integer::compare).orElse(0);
        List<WalPiece> old = new ArrayList<>();
        for (WalPiece piece : pieces()) {
            int timeline = piece.segment().timeline();
            boolean before =
                    needed.containsKey(timeline) ? piece.segment().end() <= needed.get(timeline) : timeline < oldest;
            if (before) {
                old.add(piece);
            }
        }
        for (WalPiece piece : old) {
            if (!allowed.ask()) {
                return;
            }
            delete(piece);
        }
    }
}
