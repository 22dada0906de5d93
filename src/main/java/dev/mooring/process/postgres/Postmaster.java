package dev.mooring.process.postgres;

import dev.mooring.process.ServerAccount;
import dev.mooring.process.ServerProcess;
import dev.mooring.time.Deadline;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The server process of one data directory. It is started in a session of its own, so it outlives Mooring, and is found
 * again by its postmaster.pid.
 */
public final class Postmaster implements ServerProcess {

    /** The pid file is written within milliseconds; a server that dies before that is not worth a longer wait. */
    private static final Duration PID_FILE_LIMIT = Duration.ofSeconds(3);

    private static final Pattern REASON = Pattern.compile("(?:FATAL|PANIC|ERROR|DETAIL|HINT):\\s+(.*)");
    /** What ends a server, rather than a session that came too early. */
    private static final Pattern FATAL = Pattern.compile("(?:FATAL|PANIC):\\s+((?!the database system is ).*)");

    private static final String REDIRECTED = "Future log output will appear";
    private static final String BEGUN = "starting PostgreSQL ";
    private static final int LAST_LINES = 8;
    private static final Duration GLANCE = Duration.ofMillis(5);
    private static final Duration FENCE_LIMIT = Duration.ofSeconds(10);

    private final Engine engine;
    private final Path data;
    private final Path startLog;
    private final ServerAccount account;
    private final ServerProcesses processes;

    /**
     * @param startLog where the server writes before its own log is open
     */
    public Postmaster(Engine engine, Path data, Path startLog, ServerAccount account) {
        this(engine, data, startLog, account, ServerProcesses.of(data));
    }

    Postmaster(Engine engine, Path data, Path startLog, ServerAccount account, ServerProcesses processes) {
        this.processes = processes;
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

    @Override
    public boolean alive() {
        return process().isPresent();
    }

    /** Whether it has come up and lets clients in. */
    @Override
    public boolean ready() {
        return PidFile.read(data)
                .filter(PidFile::ready)
                .flatMap(processes::server)
                .isPresent();
    }

    /**
     * Waits for {@link #ready}.
     *
     * @return false when it has ended, or the time is over
     */
    public boolean awaitReady(Duration atMost) throws InterruptedException {
        Deadline end = Deadline.in(atMost);
        while (!ready()) {
            if (!alive() || end.passed()) {
                return false;
            }
            Thread.sleep(2);
        }
        return true;
    }

    /** Whether its process is there and has been stopped, so that it does nothing; false where the system does not tell. */
    @Override
    public boolean halted() {
        return process().map(processes::halted).orElse(false);
    }

    /** The living server of this data directory. */
    public OptionalLong pid() {
        return process().map(ProcessHandle::pid).map(OptionalLong::of).orElse(OptionalLong.empty());
    }

    private Optional<ProcessHandle> process() {
        return PidFile.read(data).flatMap(processes::server);
    }

    /**
     * Starts it and returns once its process can be seen, or when it has ended before that; does nothing when it runs
     * already. Clients are let in a little later.
     */
    @Override
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
        Deadline end = Deadline.in(PID_FILE_LIMIT);
        while (!alive() && !end.passed()) {
            Thread.sleep(2);
        }
    }

    /** Why the last start failed, in the server's words without times and process ids. */
    @Override
    public String startFailure() {
        return lastWords(startLog()).orElse("it says nothing in " + startLog);
    }

    /** Why it refused to start; empty for one that has not said why in its first log, because it was killed or takes long. */
    public Optional<String> refusal() {
        List<String> lines = startLog();
        return refusal(lines.subList(behind(REDIRECTED, lines), lines.size()));
    }

    /** The same, as the end of the log of a server says it. */
    public static Optional<String> refusal(List<String> lines) {
        List<String> last = lines.subList(behind(BEGUN, lines), lines.size());
        return last.stream().anyMatch(line -> FATAL.matcher(line).find()) ? lastWords(last) : Optional.empty();
    }

    private List<String> startLog() {
        try {
            // In whatever encoding: servers repeat what is in databases of any.
            return new String(Files.readAllBytes(startLog), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        } catch (IOException none) {
            return List.of();
        }
    }

    /** What is before is of an earlier life. */
    private static int behind(String mark, List<String> lines) {
        for (int i = lines.size(); i > 0; i--) {
            if (lines.get(i - 1).contains(mark)) {
                return i;
            }
        }
        return 0;
    }

    private static Optional<String> lastWords(List<String> lines) {
        String reasons = lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size()).stream()
                .map(REASON::matcher)
                .filter(Matcher::find)
                .map(reason -> reason.group(1))
                .collect(Collectors.joining(". "));
        return reasons.isEmpty() ? Optional.empty() : Optional.of(reasons);
    }

    /** Certificate and key too. */
    @Override
    public void reload() throws IOException, InterruptedException {
        OptionalLong pid = pid();
        if (pid.isPresent()) {
            signal("HUP", pid.getAsLong());
        }
    }

    @Override
    public void stop(Duration atMost) throws IOException, InterruptedException {
        stop(Stop.FAST, atMost);
    }

    /** Stops it and waits until its process is gone; fine when it does not run. */
    public void stop(Stop how, Duration atMost) throws IOException, InterruptedException {
        Optional<ProcessHandle> server = process();
        if (server.isPresent()) {
            signal(how == Stop.FAST ? "INT" : "QUIT", server.get().pid());
            awaitEnd(server.get(), Deadline.in(atMost), atMost);
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
     * Ends whatever is proved to work on the data directory still. A busy backend outlives its killed postmaster and would keep
     * the next one from starting.
     */
    @Override
    public void fence() throws IOException, InterruptedException {
        Deadline end = Deadline.in(FENCE_LIMIT);
        // Who is ended may have started another one just before.
        for (List<ProcessHandle> left = processes.all(); !left.isEmpty(); left = processes.all()) {
            left.forEach(ProcessHandle::destroyForcibly);
            for (ProcessHandle process : left) {
                awaitEnd(process, end, FENCE_LIMIT);
            }
        }
        if (processes.none()) {
            // A dead server that nobody has collected yet, or another process that has its id now, would look alive to
            // the next one.
            Files.deleteIfExists(PidFile.of(data));
        }
    }

    private void awaitEnd(ProcessHandle process, Deadline end, Duration atMost)
            throws IOException, InterruptedException {
        while (processes.working(process)) {
            if (end.passed()) {
                throw new IOException(
                        "process " + process.pid() + " of PostgreSQL did not end within " + atMost.toSeconds() + " s");
            }
            Thread.sleep(GLANCE);
        }
    }
}
