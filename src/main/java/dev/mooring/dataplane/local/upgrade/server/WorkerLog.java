package dev.mooring.dataplane.local.upgrade.server;

import dev.mooring.dataplane.local.cluster.ServerLogs;
import dev.mooring.process.ServerAccount;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** What a server's log says of its workers for logical replication: nothing else does. */
public final class WorkerLog {

    private static final String ERROR = "ERROR:";
    private static final int LINES = 500;
    private static final int BYTES = 1 << 18;

    private WorkerLog() {}

    /** Of a worker: clients have a user. A server that has no collector writes to where it was started. */
    public static String lastError(PostgresServer server) throws InterruptedException {
        ServerAccount account = server.clusters().account();
        Path started = server.folder().startLog();
        try {
            Optional<String> collected =
                    last(ServerLogs.read(server.folder().log(), account, null, LINES).lines().stream());
            if (collected.isPresent()) {
                return collected.get();
            }
            // Names are in the encodings of their databases.
            String log = new String(account.read(started, 0, BYTES), StandardCharsets.UTF_8);
            return last(log.lines()).orElse("its workers end, and do not say why");
        } catch (IOException e) {
            return "its workers end, and their log cannot be read: " + e.getMessage();
        }
    }

    private static Optional<String> last(Stream<String> lines) {
        return lines.filter(line -> line.contains(ERROR) && !line.contains("[user="))
                .reduce((earlier, later) -> later)
                .map(line ->
                        line.substring(line.indexOf(ERROR) + ERROR.length()).strip());
    }
}
