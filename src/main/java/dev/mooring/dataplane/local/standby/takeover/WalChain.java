package dev.mooring.dataplane.local.standby.takeover;

import dev.mooring.dataplane.local.postgres.ControlFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the files of two nodes say about whether one can go on where the other one ended: it has to replay everything from where it would
 * begin, and a segment that neither has would be passed over in silence.
 */
final class WalChain {

    private static final Pattern SEGMENT = Pattern.compile("[0-9A-F]{8}([0-9A-F]{8})([0-9A-F]{8})");
    private static final Pattern LABEL = Pattern.compile("\\(file ([0-9A-F]{24})\\)");
    /** Of a page's header (PostgreSQL's sources, xlog_internal.h; the same in 13 to 18): its own position. */
    private static final int PAGE_ADDRESS = 8;

    private static final int HEADER = 16;

    private WalChain() {}

    /**
     * Whether the WAL that both have together leads from where the follower would begin to the end of the primary's.
     *
     * @param follower its data directory
     * @param primary likewise; may be broken or gone
     */
    static boolean leadsOn(Path follower, Path primary) throws IOException, InterruptedException {
        NavigableSet<Long> known = new TreeSet<>();
        long size = 0;
        for (Path wal : List.of(follower.resolve("pg_wal"), primary.resolve("pg_wal"))) {
            if (Files.isDirectory(wal)) {
                size = Math.max(size, written(wal, known));
            }
        }
        if (known.isEmpty()) {
            return false;
        }
        long first = begin(follower, size);
        return known.contains(first) && known.tailSet(first).size() == known.last() - first + 1;
    }

    /** The segment's number from the beginning of time on. */
    private static long begin(Path follower, long size) throws IOException, InterruptedException {
        try {
            // A copy that has not come to a restart point yet begins where its backup did.
            Matcher file = LABEL.matcher(Files.readString(follower.resolve("backup_label")));
            if (file.find()) {
                return number(file.group(1), size);
            }
        } catch (NoSuchFileException none) {
            // It has.
        }
        return ControlFile.redo(follower) / size;
    }

    private static long number(String name, long size) {
        Matcher segment = SEGMENT.matcher(name);
        if (!segment.matches()) {
            throw new IllegalArgumentException(name + " is no segment of WAL");
        }
        return Long.parseLong(segment.group(1), 16) * ((1L << 32) / size) + Long.parseLong(segment.group(2), 16);
    }

    /**
     * Of those that are kept to be written again only the name is new yet.
     *
     * @param known gets the numbers of what has been written
     * @return bytes of a segment; 0 where there is none
     */
    private static long written(Path wal, NavigableSet<Long> known) throws IOException {
        long size = 0;
        try (var files = Files.list(wal)) {
            for (Path file : files.filter(path ->
                            SEGMENT.matcher(path.getFileName().toString()).matches())
                    .filter(path -> Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS))
                    .toList()) {
                ByteBuffer header = ByteBuffer.allocate(HEADER).order(ByteOrder.nativeOrder());
                long bytes;
                try (FileChannel channel = FileChannel.open(file, LinkOption.NOFOLLOW_LINKS)) {
                    bytes = channel.size();
                    channel.read(header);
                } catch (NoSuchFileException removed) {
                    continue;
                }
                if (bytes > 0 && Long.bitCount(bytes) == 1 && !header.hasRemaining()) {
                    long number = number(file.getFileName().toString(), bytes);
                    size = bytes;
                    if (header.getLong(PAGE_ADDRESS) == number * bytes) {
                        known.add(number);
                    }
                }
            }
        }
        return size;
    }
}
