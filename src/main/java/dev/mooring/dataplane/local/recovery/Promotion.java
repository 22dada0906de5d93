package dev.mooring.dataplane.local.recovery;

import dev.mooring.dataplane.local.archive.Lsn;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import java.io.IOException;
import java.nio.file.Files;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a server has left the timeline that it replayed: behind the last record of it. PostgreSQL writes that into the new
 * timeline's history file (timeline.c): timeline, position and a reason in each line, the last one being its parent's.
 */
final class Promotion {

    private static final String HISTORY = ".history";
    private static final Pattern PARENT = Pattern.compile("(\\d+)\\t([0-9A-F]+/[0-9A-F]+)\\t.*");

    private Promotion() {}

    /**
     * @param timeline that it replayed
     * @throws IOException also when the server has written no such thing
     */
    static long position(LocalClusters clusters, ClusterFolder folder, int timeline)
            throws IOException, InterruptedException {
        String newest;
        try (var files = Files.list(folder.data().resolve("pg_wal"))) {
            newest = files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(HISTORY))
                    .max(String::compareTo)
                    .orElseThrow(() -> new IOException("the recovered server has no timeline of its own"));
        }
        String last = clusters.readData(folder, "pg_wal/" + newest)
                .lines()
                .filter(line -> PARENT.matcher(line).matches())
                .reduce((former, line) -> line)
                .orElse("");
        Matcher parent = PARENT.matcher(last);
        if (!parent.matches() || !parent.group(1).equals(Integer.toString(timeline))) {
            throw new IOException(
                    "the recovered server's " + newest + " does not say where timeline " + timeline + " ended");
        }
        return Lsn.parse(parent.group(2));
    }
}
