package dev.mooring.dataplane.local.postgres;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The server process of one data directory. It is started in a session of its own, so it outlives Mooring, and is found
 * again by its postmaster.pid.
 */
public final class Postmaster {

    private static final Path PROC = Path.of("/proc");

    /** The pid file is written within milliseconds; a server that dies before that is not worth a longer wait. */
    private static final Duration PID_FILE_LIMIT = Duration.ofSeconds(3);

    private static final Pattern REASON = Pattern.compile("(?:FATAL|PANIC|ERROR|DETAIL|HINT):\\s+(.*)");
    private static final int LAST_LINES = 8;
    /** Of postmaster.pid, counted from zero (pidfile.h). */
    private static final int STATUS_LINE = 7;

    private static final Duration FENCE_LIMIT = Duration.ofSeconds(10);

    private final Engine engine;
    private final Path data;
    private final Path startLog;
    private final ServerAccount account;

    /**
     * @param startLog where the server writes before its own log is open
     */
    public Postmaster(Engine engine, Path data, Path startLog, ServerAccount account) {
        this.engine = engine;
        this.data = data;
        this.startLog = startLog;
        this.account = account;
    }

    /** How to stop: fast ends sessions and checkpoints, immediate leaves recovery to the next start. */
    public enum Stop {
        FAST,
        IMMEDIATE
    }

    public boolean alive() {
        return pid().isPresent();
    }

    /** Whether it has come up and lets clients in. */
    public boolean ready() {
        try {
            List<String> lines = Files.readAllLines(data.resolve("postmaster.pid"));
            return lines.size() > STATUS_LINE && lines.get(STATUS_LINE).strip().equals("ready") && alive();
        } catch (IOException e) {
            return false;
        }
    }

    /** The living server of this data directory. */
    public OptionalLong pid() {
        try {
            String first = Files.readString(data.resolve("postmaster.pid"))
                    .lines()
                    .findFirst()
                    .orElse("");
            long pid = Long.parseLong(first.strip());
            return runsHere(pid) ? OptionalLong.of(pid) : OptionalLong.empty();
        } catch (IOException | NumberFormatException e) {
            return OptionalLong.empty();
        }
    }

    /**
     * Starts it and returns once its process can be seen, or when it has ended before that; does nothing when it runs
     * already. Clients are let in a little later.
     */
    public void start() throws IOException, InterruptedException {
        if (alive()) {
            return;
        }
        account.run(
                        data,
                        engine.program("pg_ctl"),
                        "start",
                        "--no-wait",
                        "--silent",
                        "--pgdata=" + data,
                        "--log=" + startLog)
                .orFail("pg_ctl start");
        Instant end = Instant.now().plus(PID_FILE_LIMIT);
        while (!alive() && Instant.now().isBefore(end)) {
            Thread.sleep(2);
        }
    }

    /** Why the last start failed, in the server's words without times and process ids. */
    public String startFailure() {
        try {
            List<String> lines = Files.readAllLines(startLog, StandardCharsets.UTF_8);
            String reasons = lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size()).stream()
                    .map(REASON::matcher)
                    .filter(Matcher::find)
                    .map(reason -> reason.group(1))
                    .collect(Collectors.joining(". "));
            return reasons.isEmpty() ? "it says nothing in " + startLog : reasons;
        } catch (IOException e) {
            return "there is no log of its start";
        }
    }

    /** Makes it read its files again, certificate and key among them; does nothing when it does not run. */
    public void reload() throws IOException, InterruptedException {
        OptionalLong pid = pid();
        if (pid.isPresent()) {
            signal("HUP", pid.getAsLong());
        }
    }

    /** Stops it and waits until its process is gone; fine when it does not run. */
    public void stop(Stop how, Duration atMost) throws IOException, InterruptedException {
        OptionalLong pid = pid();
        if (pid.isPresent()) {
            signal(how == Stop.FAST ? "INT" : "QUIT", pid.getAsLong());
            awaitEnd(pid.getAsLong(), atMost);
        }
    }

    /** By the shell's own kill: small container images have no such program. */
    private static void signal(String name, long pid) throws IOException, InterruptedException {
        new ProcessBuilder("sh", "-c", "kill -s \"$1\" \"$2\"", "sh", name, Long.toString(pid))
                .redirectErrorStream(true)
                .start()
                .waitFor();
    }

    /**
     * Ends whatever still works on the data directory. A busy backend outlives its killed postmaster and would keep
     * the next one from starting.
     */
    public void fence() throws IOException, InterruptedException {
        for (ProcessHandle process : leftovers()) {
            process.destroyForcibly();
        }
        for (ProcessHandle process : leftovers()) {
            awaitEnd(process.pid(), FENCE_LIMIT);
        }
        if (Files.isDirectory(PROC)) {
            // A dead server that nobody has collected yet would look alive to the next one: nothing works here any
            // more.
            Files.deleteIfExists(data.resolve("postmaster.pid"));
        }
    }

    private void awaitEnd(long pid, Duration atMost) throws IOException, InterruptedException {
        Instant end = Instant.now().plus(atMost);
        while (runsHere(pid)) {
            if (Instant.now().isAfter(end)) {
                throw new IOException(
                        "process " + pid + " of PostgreSQL did not end within " + atMost.toSeconds() + " s");
            }
            Thread.sleep(5);
        }
    }

    private List<ProcessHandle> leftovers() throws IOException {
        if (!Files.isDirectory(PROC)) {
            return pid().stream()
                    .mapToObj(ProcessHandle::of)
                    .flatMap(java.util.Optional::stream)
                    .toList();
        }
        try (Stream<Path> processes = Files.list(PROC)) {
            return processes
                    .map(path -> path.getFileName().toString())
                    .filter(name -> Character.isDigit(name.charAt(0)))
                    .map(Long::parseLong)
                    .filter(this::runsHere)
                    .map(ProcessHandle::of)
                    .flatMap(java.util.Optional::stream)
                    .toList();
        }
    }

    /** Whether the process is alive and works in the data directory: process ids are used again. */
    private boolean runsHere(long pid) {
        if (!Files.isDirectory(PROC)) {
            return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
        }
        try {
            // A zombie's cwd cannot be read: it counts as dead.
            return Files.readSymbolicLink(PROC.resolve(Long.toString(pid)).resolve("cwd"))
                    .equals(data.toRealPath());
        } catch (IOException e) {
            return false;
        }
    }
}
