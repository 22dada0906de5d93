package dev.mooring.dataplane.local.cluster;

import dev.mooring.dataplane.ServerLog;
import dev.mooring.process.ServerAccount;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The logs of a cluster's servers, read with the rights of their account: what lies in its folders may have been put there by whoever
 * has got into a server.
 */
public final class ServerLogs {

    /** Of one answer, in bytes. */
    private static final int MOST = 1 << 18;

    private static final Pattern CURSOR = Pattern.compile("([A-Za-z0-9][A-Za-z0-9._-]{0,100}\\.log):(\\d{1,18})");
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,100}\\.log");
    private static final ServerLog NOTHING = new ServerLog(List.of(), null);

    private ServerLogs() {}

    /**
     * @param folder with a server's logs; nothing is read of one that is not there
     * @param after where the part before ended; null for the end of the log
     * @param lines how many at most, of the end
     * @throws IllegalArgumentException when no part ever ended there
     */
    public static ServerLog read(Path folder, ServerAccount account, @Nullable String after, int lines)
            throws IOException, InterruptedException {
        Optional<Path> newest = newest(folder);
        if (newest.isEmpty()) {
            return NOTHING;
        }
        if (after == null) {
            long end = Files.size(newest.get());
            ServerLog part = part(newest.get(), Math.max(0, end - MOST), account);
            List<String> last = part.lines();
            return new ServerLog(last.subList(Math.max(0, last.size() - lines), last.size()), part.next());
        }
        Matcher cursor = CURSOR.matcher(after);
        if (!cursor.matches()) {
            throw new IllegalArgumentException("after: must be what an answer before called next");
        }
        Path file = folder.resolve(cursor.group(1));
        long from = Long.parseLong(cursor.group(2));
        // A server begins another file each day, and after a week that of the same name again.
        boolean there = Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && Files.size(file) >= from;
        ServerLog rest = there ? part(file, from, account) : NOTHING;
        return rest.lines().isEmpty() && !(there && file.equals(newest.get())) ? part(newest.get(), 0, account) : rest;
    }

    private static Optional<Path> newest(Path folder) throws IOException {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.empty();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(
                            file -> NAME.matcher(file.getFileName().toString()).matches())
                    .filter(file -> !file.endsWith("start.log"))
                    .filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                    .max(Comparator.comparingLong(file -> file.toFile().lastModified()));
        }
    }

    /** Up to the last line that is whole. */
    private static ServerLog part(Path file, long from, ServerAccount account)
            throws IOException, InterruptedException {
        byte[] bytes = account.read(file, from, MOST);
        int end = bytes.length;
        while (end > 0 && bytes[end - 1] != '\n') {
            end--;
        }
        // A line that is longer than all that is read at once is told in pieces.
        int told = end == 0 && bytes.length == MOST ? MOST : end;
        // Servers write what clients send, which need not be UTF-8.
        String text = new String(bytes, 0, told, StandardCharsets.UTF_8);
        return new ServerLog(
                text.isEmpty() ? List.of() : text.lines().toList(), file.getFileName() + ":" + (from + told));
    }
}
