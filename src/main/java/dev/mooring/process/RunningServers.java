package dev.mooring.process;

import dev.mooring.time.Deadline;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The servers that run on files below a folder, whoever started them: found by their pid files, without the metadata.
 *
 * @param folder that the server works in
 * @param program such as {@code PostgreSQL}
 */
public record RunningServers(Path folder, String program, ProcessHandle process) {

    /** Some systems tell when a process began in whole seconds. */
    private static final Duration CLOCKS = Duration.ofSeconds(1);

    /** From a home folder to a node's data directory. */
    private static final int DEPTH = 6;

    private static final Map<String, String> PID_FILES =
            Map.of("postmaster.pid", "PostgreSQL", "broker.pid", "Kafka", "pgbouncer.pid", "PgBouncer");
    /** SIGTERM would let PostgreSQL and PgBouncer wait for their clients. */
    private static final Map<String, String> SIGNALS =
            Map.of("PostgreSQL", "INT", "Kafka", "TERM", "PgBouncer", "QUIT");

    /** Those that this account may see. */
    public static List<RunningServers> below(Path root) throws IOException {
        List<RunningServers> servers = new ArrayList<>();
        if (!Files.isDirectory(root)) {
            return servers;
        }
        Files.walkFileTree(root, EnumSet.noneOf(java.nio.file.FileVisitOption.class), DEPTH, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                PID_FILES.forEach((file, program) -> of(directory.resolve(file))
                        .ifPresent(process -> servers.add(new RunningServers(directory, program, process))));
                // What lies in a data directory is no other server's, and a lot.
                return Files.exists(directory.resolve("PG_VERSION"))
                                || Files.exists(directory.resolve("meta.properties"))
                        ? FileVisitResult.SKIP_SUBTREE
                        : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException reason) {
                // Gone meanwhile, or nothing for this account.
                return FileVisitResult.CONTINUE;
            }
        });
        return servers;
    }

    /** The number of a process that is gone may be another's by now: a server works in its folder. */
    private static Optional<ProcessHandle> of(Path pidFile) {
        try {
            String pid = Files.readString(pidFile, StandardCharsets.ISO_8859_1)
                    .lines()
                    .findFirst()
                    .orElse("")
                    .strip();
            if (!pid.matches("\\d{1,10}")) {
                return Optional.empty();
            }
            return ProcessHandle.of(Long.parseLong(pid)).filter(process -> worksIn(process, pidFile));
        } catch (IOException | UncheckedIOException e) {
            return Optional.empty();
        }
    }

    private static boolean isOlder(ProcessHandle process, Path pidFile) {
        try {
            Instant written = Files.getLastModifiedTime(pidFile).toInstant();
            return process.info()
                    .startInstant()
                    .filter(start -> start.isBefore(written.plus(CLOCKS)))
                    .isPresent();
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean worksIn(ProcessHandle process, Path pidFile) {
        Path folder = pidFile.getParent();
        Path link = Path.of("/proc", Long.toString(process.pid()), "cwd");
        if (!Files.isDirectory(Path.of("/proc", "self"))) {
            // Whoever got the number of a server that is gone began after that server had written it down.
            return process.isAlive() && isOlder(process, pidFile);
        }
        try {
            Path works = Files.readSymbolicLink(link);
            Path real = folder == null ? null : folder.toRealPath();
            return real != null && (works.equals(real) || works.equals(real.getParent()));
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Asks all of them to end as their programs end fastest without losing anything, and then waits: clients are disconnected.
     *
     * @param atMost for all of them together
     * @throws IOException when some go on; it names each
     */
    public static void stop(List<RunningServers> servers, Duration atMost) throws IOException, InterruptedException {
        List<RunningServers> refusing = new ArrayList<>();
        for (RunningServers server : servers) {
            if (!server.ask()) {
                refusing.add(server);
            }
        }
        Deadline end = Deadline.in(atMost);
        List<String> going = new ArrayList<>();
        for (RunningServers server : servers) {
            if (!server.ends(end)) {
                going.add(server.program + " in " + server.folder + ", process " + server.process.pid()
                        + (refusing.contains(server) ? ", cannot be stopped by this account" : ", goes on"));
            }
        }
        if (!going.isEmpty()) {
            throw new IOException(String.join("\n", going));
        }
    }

    private boolean ask() throws IOException, InterruptedException {
        int refused = new ProcessBuilder("kill", "-" + SIGNALS.get(program), Long.toString(process.pid()))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
        return refused == 0;
    }

    private boolean ends(Deadline end) throws InterruptedException {
        try {
            process.onExit().get(end.left().toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
            return false;
        }
    }
}
