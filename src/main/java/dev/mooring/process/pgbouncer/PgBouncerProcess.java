package dev.mooring.process.pgbouncer;

import dev.mooring.process.ServerAccount;
import dev.mooring.process.ServerProcess;
import dev.mooring.time.Deadline;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * One PgBouncer as a process. It works in its folder, in a session of its own, and is found again by the id that it leaves there.
 *
 * @param program that is started
 * @param folder of its files, the account's; {@code pgbouncer.ini} names all of them relative to it
 * @param port that it listens on
 */
public record PgBouncerProcess(PgBouncer program, Path folder, int port, ServerAccount account)
        implements ServerProcess {

    public static final String SETTINGS = "pgbouncer.ini";
    public static final String PID = "pgbouncer.pid";

    private static final Logger LOG = Logger.getLogger(PgBouncerProcess.class);
    private static final String START_LOG = "start.log";
    /** Every client takes a file descriptor, and every server connection. */
    private static final String WRAPPER = "umask 077; ulimit -n $(ulimit -Hn) 2>/dev/null; rm -f " + PID + "; echo $$ >"
            + PID + "; exec \"$@\" >" + START_LOG + " 2>&1 </dev/null";

    private static final Path PROC = Path.of("/proc");
    private static final Duration START_LIMIT = Duration.ofSeconds(5);
    private static final Duration END_LIMIT = Duration.ofSeconds(10);
    private static final Duration GLANCE = Duration.ofMillis(5);
    private static final Duration CLOCKS = Duration.ofMinutes(1);
    private static final Pattern REASON = Pattern.compile("(?:FATAL|ERROR) (.*)");
    private static final int LONGEST_LOG = 1 << 16;
    private static final int LAST_LINES = 3;
    /** The kernel's for addresses of unix sockets, less a little. */
    private static final int LONGEST_ADDRESS = 100;

    @Override
    public boolean alive() {
        return process().isPresent();
    }

    private Optional<ProcessHandle> process() {
        try {
            return ProcessHandle.of(
                            Long.parseLong(Files.readString(folder.resolve(PID)).strip()))
                    .filter(this::working);
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** A process that nobody has collected yet has no folder any more, and counts as dead. */
    private boolean working(ProcessHandle process) {
        try {
            if (Files.isDirectory(PROC)) {
                return Files.readSymbolicLink(
                                PROC.resolve(Long.toString(process.pid())).resolve("cwd"))
                        .equals(folder.toRealPath());
            }
            FileTime told = Files.getLastModifiedTime(folder.resolve(PID));
            return process.isAlive()
                    && process.info()
                            .startInstant()
                            .filter(start -> Duration.between(start, told.toInstant())
                                            .abs()
                                            .compareTo(CLOCKS)
                                    < 0)
                            .isPresent();
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void start() throws IOException, InterruptedException {
        if (alive()) {
            return;
        }
        List<String> words = new java.util.ArrayList<>();
        if (Files.isDirectory(PROC)) {
            words.add("setsid");
        }
        words.addAll(account.command("sh", "-c", WRAPPER, "sh", program.file().toString(), "--quiet", SETTINGS));
        ProcessBuilder builder = new ProcessBuilder(words)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD);
        String path = System.getenv("PATH");
        builder.environment().clear();
        builder.environment().put("LC_ALL", "C");
        // libpq's defaults are of no use to it, and it looks for some there.
        builder.environment().put("HOME", folder.toString());
        if (path != null) {
            builder.environment().put("PATH", path);
        }
        Process process = builder.start();
        process.getOutputStream().close();
        Deadline end = Deadline.in(START_LIMIT);
        while (!alive() && process.isAlive() && !end.passed()) {
            Thread.sleep(GLANCE);
        }
    }

    /**
     * Waits until it lets clients in.
     *
     * @return whether it does
     */
    public boolean awaitReady(Duration atMost) throws InterruptedException {
        Deadline end = Deadline.in(atMost);
        while (alive() && !end.passed()) {
            try (PgBouncerConsole console = console(atMost)) {
                console.ask("SHOW VERSION");
                return true;
            } catch (IOException notYet) {
                Thread.sleep(GLANCE);
            }
        }
        return false;
    }

    /** @param atMost how long all that is asked may take together */
    public PgBouncerConsole console(Duration atMost) throws IOException {
        Path socket = folder.resolve(".s.PGSQL." + port);
        if (socket.toString().getBytes(StandardCharsets.UTF_8).length > LONGEST_ADDRESS) {
            ProcessHandle process = process().orElseThrow(() -> new IOException("PgBouncer does not run in " + folder));
            socket = PROC.resolve(Long.toString(process.pid())).resolve("cwd").resolve(socket.getFileName());
        }
        return PgBouncerConsole.open(socket, atMost);
    }

    @Override
    public void reload() throws IOException, InterruptedException {
        Optional<ProcessHandle> process = process();
        if (process.isPresent()) {
            signal("HUP", process.get());
        }
    }

    /** Takes no more clients and goes when the ones that it has are gone; returns at once. */
    public void leave() throws IOException, InterruptedException {
        Optional<ProcessHandle> process = process();
        if (process.isPresent()) {
            signal(program.leave(), process.get());
        }
    }

    private void signal(String name, ProcessHandle process) throws IOException, InterruptedException {
        new ProcessBuilder("sh", "-c", "kill -s \"$1\" \"$2\"", "sh", name, Long.toString(process.pid()))
                .redirectErrorStream(true)
                .start()
                .waitFor();
    }

    /** It holds nothing that would be lost. */
    @Override
    public void stop(Duration atMost) throws IOException, InterruptedException {
        fence();
    }

    @Override
    public void fence() throws IOException, InterruptedException {
        Optional<ProcessHandle> process = process();
        if (process.isPresent()) {
            process.get().destroyForcibly();
            Deadline end = Deadline.in(END_LIMIT);
            while (working(process.get())) {
                if (end.passed()) {
                    throw new IOException("process " + process.get().pid() + " of PgBouncer cannot be ended");
                }
                Thread.sleep(GLANCE);
            }
        }
    }

    @Override
    public String startFailure() {
        try {
            String words = account.read(folder.resolve(START_LOG), LONGEST_LOG)
                    .lines()
                    .map(REASON::matcher)
                    .filter(java.util.regex.Matcher::find)
                    .map(reason -> reason.group(1))
                    .collect(Collectors.collectingAndThen(
                            Collectors.toList(),
                            lines -> String.join(
                                    ". ", lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size()))));
            if (!words.isEmpty()) {
                return words;
            }
        } catch (IOException e) {
            LOG.debugf("%s cannot be read: %s", folder, e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return "it says nothing in " + folder;
    }
}
