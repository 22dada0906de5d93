package dev.mooring.dataplane.local.archive;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Finds commits in archived WAL, in its order. The layout is that of xlog_internal.h (pages), xlogrecord.h (records) and xact.h
 * (commits), which is the same in PostgreSQL 13 to 18.
 */
public final class CommitReader {

    private static final int PAGE = 8192;
    private static final int PAGE_HEADER = 24;
    /** The first page of a segment has more to say. */
    private static final int LONG_PAGE_HEADER = 40;

    private static final int PAGE_FLAGS = 2;
    private static final int PAGE_REMAINING = 16;
    private static final int FIRST_IS_CONTINUED = 0x1;
    /** After a crash: what was begun on the page before is never finished. */
    private static final int FIRST_OVERWRITES = 0x8;

    private static final int RECORD_HEADER = 24;
    private static final int RECORD_INFO = 16;
    private static final int RECORD_MANAGER = 17;
    /** CRC-32C over what follows the header and then over the header up to here. */
    private static final int RECORD_CRC = 20;

    private static final int LOG_MANAGER = 0;
    private static final int SWITCH = 0x40;
    private static final int TRANSACTION_MANAGER = 1;
    private static final int OPERATION = 0x70;
    private static final int COMMIT = 0x00;
    private static final int COMMIT_PREPARED = 0x30;

    private static final int SHORT_DATA = 255;
    private static final int LONG_DATA = 254;
    private static final int ORIGIN = 253;
    private static final int TOP_LEVEL_XID = 252;

    /** Where busy servers commit, a segment's first commit is far before this. */
    private static final int HEAD = 256 << 10;

    private static final Instant EPOCH = Instant.parse("2000-01-01T00:00:00Z");

    private final WalArchive wal;
    private final int timeline;
    private final long through;
    private final int most;
    private @Nullable Loaded loaded;
    private long position;

    /**
     * @param end the position behind it: whoever replays up to there has it
     * @param at the time by the server's clock
     */
    public record Commit(long end, Instant at) {}

    /**
     * @param from where a record begins
     * @param through up to where nothing is missing
     */
    public CommitReader(WalArchive wal, int timeline, long from, long through) {
        this(wal, timeline, from, through, Segment.SIZE);
    }

    private CommitReader(WalArchive wal, int timeline, long from, long through, int most) {
        this.wal = wal;
        this.timeline = timeline;
        this.position = from;
        this.through = through;
        this.most = most;
    }

    /** Reads no more than the beginning of a segment, which costs next to nothing; the end of that is taken for the last of all. */
    public static CommitReader ofHead(WalArchive wal, Segment segment, long through) {
        return new CommitReader(
                wal, segment.timeline(), segment.start(), Math.min(segment.start() + HEAD, through), HEAD);
    }

    /**
     * Reads on at the first record that begins in the segment.
     *
     * @return whether one is known to: a long record may fill all of it
     */
    public boolean skipTo(Segment segment) throws IOException {
        position = segment.start();
        int remaining = page(PAGE_REMAINING);
        position += LONG_PAGE_HEADER;
        return remaining <= 0 || advance(remaining) == Way.WHOLE && position < segment.end();
    }

    /** Empty when there are no more. */
    public Optional<Commit> next() throws IOException {
        while (toRecord()) {
            long start = position;
            int length = bytes(start).getInt(offset(start));
            if (length < RECORD_HEADER) {
                // Nothing was written behind this.
                return Optional.empty();
            }
            byte[] head = new byte[RECORD_HEADER];
            Way way = read(head, RECORD_HEADER);
            int manager = head[RECORD_MANAGER] & 0xff;
            int info = head[RECORD_INFO] & 0xff;
            if (way == Way.WHOLE && manager == LOG_MANAGER && info == SWITCH) {
                position = Segment.at(timeline, start).end();
                continue;
            }
            boolean commits = manager == TRANSACTION_MANAGER
                    && ((info & OPERATION) == COMMIT || (info & OPERATION) == COMMIT_PREPARED);
            int rest = length - RECORD_HEADER;
            // No more than can be there: of a head the length may be anything.
            byte[] body = commits ? new byte[(int) Math.min(rest, through - start)] : null;
            if (way == Way.WHOLE) {
                way = read(body, rest);
            }
            if (way == Way.ENDS) {
                return Optional.empty();
            }
            if (way == Way.WHOLE && body != null) {
                check(head, body, start);
                return Optional.of(new Commit(aligned(position), time(body)));
            }
        }
        return Optional.empty();
    }

    private enum Way {
        WHOLE,
        /** Never finished; another record begins where the position is now. */
        ABANDONED,
        ENDS
    }

    /** To where the next record begins; false at the end. */
    private boolean toRecord() throws IOException {
        position = aligned(position);
        if (position % PAGE == 0 && position + PAGE_HEADER < through) {
            position += header(position);
        }
        return position + Integer.BYTES <= through;
    }

    private Way advance(int length) throws IOException {
        return read(null, length);
    }

    /**
     * Moves on by so many bytes of a record, across pages.
     *
     * @param into null to throw them away
     */
    private Way read(byte @Nullable [] into, int length) throws IOException {
        int done = 0;
        while (done < length) {
            if (position % PAGE == 0) {
                if (position + PAGE_HEADER >= through) {
                    return Way.ENDS;
                }
                int flags = bytes(position).getShort(offset(position) + PAGE_FLAGS);
                int header = header(position);
                if ((flags & FIRST_OVERWRITES) != 0) {
                    position += header;
                    return Way.ABANDONED;
                }
                if ((flags & FIRST_IS_CONTINUED) == 0) {
                    return Way.ENDS;
                }
                position += header;
            }
            int part = Math.min(length - done, PAGE - (int) (position % PAGE));
            if (position + part > through) {
                return Way.ENDS;
            }
            if (into != null) {
                bytes(position).get(offset(position), into, done, part);
            }
            done += part;
            position += part;
        }
        return Way.WHOLE;
    }

    private int page(int field) throws IOException {
        return bytes(position).getInt(offset(position) + field);
    }

    private static int header(long page) {
        return page % Segment.SIZE == 0 ? LONG_PAGE_HEADER : PAGE_HEADER;
    }

    private static int offset(long position) {
        return (int) (position % Segment.SIZE);
    }

    private static long aligned(long position) {
        return position + 7 & ~7L;
    }

    private record Loaded(Segment segment, ByteBuffer bytes) {}

    private ByteBuffer bytes(long at) throws IOException {
        Segment segment = Segment.at(timeline, at);
        Loaded present = loaded;
        if (present == null || !segment.equals(present.segment())) {
            byte[] read = most < Segment.SIZE ? wal.head(segment, most) : wal.read(segment);
            present = new Loaded(segment, ByteBuffer.wrap(read).order(ByteOrder.nativeOrder()));
            loaded = present;
        }
        return present.bytes();
    }

    private static void check(byte[] head, byte[] body, long start) throws Damaged {
        CRC32C crc = new CRC32C();
        crc.update(body);
        crc.update(head, 0, RECORD_CRC);
        int stored = ByteBuffer.wrap(head).order(ByteOrder.nativeOrder()).getInt(RECORD_CRC);
        if (stored != (int) crc.getValue()) {
            throw new Damaged("the commit at " + Lsn.text(start) + " in the archive is not as the server wrote it");
        }
    }

    /** A commit's own data are the last of its record, and begin with the time in microseconds. */
    private static Instant time(byte[] body) throws Damaged {
        ByteBuffer record = ByteBuffer.wrap(body).order(ByteOrder.nativeOrder());
        while (record.hasRemaining()) {
            int id = record.get() & 0xff;
            switch (id) {
                case ORIGIN -> record.position(record.position() + Short.BYTES);
                case TOP_LEVEL_XID -> record.position(record.position() + Integer.BYTES);
                case SHORT_DATA, LONG_DATA -> {
                    int length = id == SHORT_DATA ? record.get() & 0xff : record.getInt();
                    long micros = record.getLong(body.length - length);
                    return EPOCH.plusSeconds(Math.floorDiv(micros, 1_000_000L))
                            .plusNanos(Math.floorMod(micros, 1_000_000L) * 1000);
                }
                default -> throw new Damaged("the archive holds a commit that cannot be read");
            }
        }
        throw new Damaged("the archive holds a commit without a time");
    }
}
