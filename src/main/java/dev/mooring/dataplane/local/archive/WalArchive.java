package dev.mooring.dataplane.local.archive;

import dev.mooring.dataplane.archive.ArchiveStore;
import java.io.ByteArrayOutputStream;
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
import org.jspecify.annotations.Nullable;

/** The stored WAL of one cluster. */
public final class WalArchive {

    /** Where a page's own position stands in its header (xlog_internal.h). */
    private static final int PAGE_ADDRESS = 8;

    private static final int BUFFER = 256 << 10;
    private static final int MOST_TRIES = 3;

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
        store.put(key(piece), out -> {
            try (OutputStream compressed = Compression.into(out)) {
                compressed.write(bytes, 0, length);
            }
        });
    }

    void delete(WalPiece piece) throws IOException {
        store.delete(key(piece));
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
     * @throws Damaged when nothing is stored of it or a piece is not what was stored
     */
    public byte[] read(Segment segment) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(Segment.SIZE);
        unpack(segment, segment.start() + 1, bytes);
        return bytes.toByteArray();
    }

    /**
     * The first bytes of a segment. A frame's checksum stands at its end: what is found here may still turn out to be damaged
     * when the segment is read.
     *
     * @param most how many, at most
     */
    byte[] head(Segment segment, int most) throws IOException {
        WalPiece whole = WalPiece.whole(segment);
        try (InputStream stored = store.open(key(whole));
                InputStream in = Compression.outOf(stored)) {
            byte[] bytes = in.readNBytes(most);
            checkAddress(segment, bytes);
            return bytes;
        } catch (NoSuchFileException e) {
            return read(segment);
        } catch (Damaged e) {
            throw e;
        } catch (IOException e) {
            throw lost(whole, e);
        }
    }

    /**
     * Writes a segment out whole, with zeros where it was not written yet.
     *
     * @param through position up to which it has to be there
     * @throws Damaged when something before that is not, or a piece is not what was stored; what was written is of no use then
     */
    public void unpack(Segment segment, long through, OutputStream out) throws IOException {
        WalPiece whole = WalPiece.whole(segment);
        // Pieces give way to a longer one that holds them all, perhaps just now.
        for (int tries = 0; ; tries++) {
            try (InputStream stored = store.open(key(whole))) {
                unpack(whole, stored, out);
                return;
            } catch (NoSuchFileException e) {
                Optional<byte[]> bytes = assemble(segment, through, tries == MOST_TRIES);
                if (bytes.isPresent()) {
                    out.write(bytes.get());
                    return;
                }
            }
        }
    }

    /** Empty when a piece has gone since they were listed, unless that is the last try. */
    private Optional<byte[]> assemble(Segment segment, long through, boolean last) throws IOException {
        byte[] bytes = new byte[Segment.SIZE];
        int reached = 0;
        for (WalPiece piece : coverage().of(segment)) {
            if (piece.from() <= reached && piece.to() > reached) {
                try {
                    System.arraycopy(read(piece), 0, bytes, piece.from(), piece.length());
                } catch (NoSuchFileException e) {
                    if (last) {
                        throw lost(piece, e);
                    }
                    return Optional.empty();
                }
                reached = piece.to();
            }
        }
        long end = Math.min(through, segment.end());
        if (segment.start() + reached < end) {
            if (!last) {
                return Optional.empty();
            }
            throw new Damaged("the archive's segment " + segment.name() + " is missing: WAL from "
                    + Lsn.text(segment.start() + reached) + " to " + Lsn.text(end) + " is lost");
        }
        checkAddress(segment, bytes);
        return Optional.of(bytes);
    }

    byte[] read(WalPiece piece) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(piece.length());
        try (InputStream stored = store.open(key(piece))) {
            unpack(piece, stored, bytes);
        }
        return bytes.toByteArray();
    }

    private static void unpack(WalPiece piece, InputStream stored, OutputStream out) throws IOException {
        byte[] buffer = new byte[BUFFER];
        long length = 0;
        try (InputStream in = opened(piece, stored)) {
            for (int read = next(piece, in, buffer); read > 0; read = next(piece, in, buffer)) {
                if (length == 0 && piece.isWhole()) {
                    checkAddress(piece.segment(), buffer);
                }
                length += read;
                if (length > piece.length()) {
                    throw lost(piece, null);
                }
                out.write(buffer, 0, read);
            }
        }
        if (length != piece.length()) {
            throw lost(piece, null);
        }
    }

    private static InputStream opened(WalPiece piece, InputStream stored) throws Damaged {
        try {
            return Compression.outOf(stored);
        } catch (IOException e) {
            throw lost(piece, e);
        }
    }

    /** A full buffer but for the last one; what fails here is the archive's fault, not that of whom it is written to. */
    private static int next(WalPiece piece, InputStream in, byte[] buffer) throws Damaged {
        try {
            return in.readNBytes(buffer, 0, buffer.length);
        } catch (IOException e) {
            throw lost(piece, e);
        }
    }

    private String key(WalPiece piece) {
        return folder + "/" + piece.name();
    }

    private static void checkAddress(Segment segment, byte[] bytes) throws Damaged {
        if (bytes.length < PAGE_ADDRESS + Long.BYTES) {
            throw lost(WalPiece.whole(segment), null);
        }
        long address = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).getLong(PAGE_ADDRESS);
        if (address != segment.start()) {
            throw new Damaged("segment " + segment.name() + " of the archive holds WAL of another place: "
                    + Lsn.text(segment.start()) + " to "
                    + Lsn.text(segment.end()) + " is lost");
        }
    }

    private static Damaged lost(WalPiece piece, @Nullable IOException cause) {
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
