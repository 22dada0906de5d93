package dev.mooring.process.kafka;

import dev.mooring.process.ProcessState;
import dev.mooring.process.ServerAccount;
import dev.mooring.process.ServerProcess;
import dev.mooring.time.Deadline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One broker as a process. It works in its data directory, in a session of its own, and is found again by the id that it has left
 * there.
 *
 * @param java that runs it
 * @param jars the folder of all that it consists of
 * @param files of this broker
 * @param heapMib the most that its heap takes
 * @param firstStart the cluster's id and its first controllers, for a broker whose folder is to be made; else empty
 * @param recorded where it leaves its classes when it ends, for a broker that serves nobody; else null
 */
public record BrokerProcess(
        JavaRuntime java,
        Path jars,
        BrokerFiles files,
        ServerAccount account,
        int heapMib,
        List<String> firstStart,
        @Nullable Path recorded)
        implements ServerProcess {

    private static final Logger LOG = Logger.getLogger(BrokerProcess.class);
    private static final String PID = "broker.pid";
    /** The log is opened by the account: it may put in its folder what it likes. */
    private static final String WRAPPER =
            "umask 077; log=$1; shift; echo $$ >" + PID + " && exec \"$@\" >\"$log\" 2>&1 </dev/null";

    private static final Path PROC = Path.of("/proc");
    private static final Duration START_LIMIT = Duration.ofSeconds(5);
    private static final Duration END_LIMIT = Duration.ofSeconds(10);
    private static final Duration GLANCE = Duration.ofMillis(10);
    private static final Duration SETTLES = Duration.ofSeconds(30);
    private static final Duration CLOCKS = Duration.ofMinutes(1);
    private static final int LONGEST_LOG = 1 << 16;
    private static final int LAST_LINES = 3;

    public BrokerProcess(
            JavaRuntime java,
            Path jars,
            BrokerFiles files,
            ServerAccount account,
            int heapMib,
            List<String> firstStart) {
        this(java, jars, files, account, heapMib, firstStart, null);
    }

    @Override
    public boolean alive() {
        return process().isPresent();
    }

    @Override
    public boolean halted() {
        return process().map(ProcessState::halted).orElse(false);
    }

    /** It takes seconds before it finds out that it cannot. */
    @Override
    public Duration settles() {
        return SETTLES;
    }

    /** The living process. */
    public Optional<Long> pid() {
        return process().map(ProcessHandle::pid);
    }

    private Optional<ProcessHandle> process() {
        try {
            long pid =
                    Long.parseLong(Files.readString(files.data().resolve(PID)).strip());
            return ProcessHandle.of(pid).filter(this::working);
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
                        .equals(files.data().toRealPath());
            }
            FileTime told = Files.getLastModifiedTime(files.data().resolve(PID));
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
        List<String> words = new ArrayList<>();
        if (Files.isDirectory(PROC)) {
            words.add("setsid");
        }
        if (recorded != null) {
            words.addAll(List.of("nice", "-n", "19"));
        }
        List<String> command = new ArrayList<>(
                List.of("sh", "-c", WRAPPER, "sh", files.startLog().toString()));
        command.addAll(command());
        words.addAll(account.command(command.toArray(String[]::new)));
        ProcessBuilder builder = new ProcessBuilder(words)
                .directory(files.data().toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD);
        String path = System.getenv("PATH");
        builder.environment().clear();
        builder.environment().put("LC_ALL", "C");
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

    private List<String> command() throws IOException {
        ClassArchive archive = new ClassArchive(java, jars);
        List<String> command = new ArrayList<>(List.of(
                java.program(),
                "-Xms48m",
                "-Xmx" + heapMib + "m",
                "-Xss512k",
                "-XX:+IgnoreUnrecognizedVMOptions",
                "-XX:+UseSerialGC",
                "-XX:+UseCompactObjectHeaders",
                "-XX:TieredStopAtLevel=1",
                "-XX:MaxDirectMemorySize=" + Math.max(48, heapMib / 2) + "m",
                "-XX:ReservedCodeCacheSize=32m",
                "-XX:+ExitOnOutOfMemoryError",
                "-XX:-UsePerfData",
                "-Djava.awt.headless=true",
                "-Dlog4j2.configurationFile=" + files.logging(),
                "-cp",
                archive.classPath()));
        command.addAll(recorded == null ? archive.using() : archive.recording(recorded));
        command.addAll(List.of(
                "dev.mooring.process.kafka.broker.Broker", files.settings().toString()));
        command.addAll(firstStart);
        return command;
    }

    @Override
    public void stop(Duration atMost) throws IOException, InterruptedException {
        Optional<ProcessHandle> process = process();
        if (process.isPresent()) {
            process.get().destroy();
            if (!awaitEnd(process.get(), atMost)) {
                LOG.warnf("the broker in %s did not stop within %d s and is killed", files.root(), atMost.toSeconds());
                fence();
            }
        }
    }

    @Override
    public void fence() throws IOException, InterruptedException {
        Optional<ProcessHandle> process = process();
        if (process.isPresent()) {
            process.get().destroyForcibly();
            if (!awaitEnd(process.get(), END_LIMIT)) {
                throw new IOException("process " + process.get().pid() + " of Kafka cannot be ended");
            }
        }
    }

    private boolean awaitEnd(ProcessHandle process, Duration atMost) throws InterruptedException {
        Deadline end = Deadline.in(atMost);
        while (working(process)) {
            if (end.passed()) {
                return false;
            }
            Thread.sleep(GLANCE);
        }
        return true;
    }

    @Override
    public String startFailure() {
        for (Path log : List.of(files.log(), files.startLog())) {
            try {
                String words = account.read(log, LONGEST_LOG)
                        .lines()
                        .filter(line -> line.contains("ERROR")
                                || line.contains("FATAL")
                                || line.contains("Exception: ")
                                || line.startsWith("Error"))
                        .collect(Collectors.collectingAndThen(
                                Collectors.toList(),
                                lines -> String.join(
                                        ". ", lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size()))));
                if (!words.isEmpty()) {
                    return words;
                }
            } catch (IOException e) {
                LOG.debugf("%s cannot be read: %s", log, e.getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        return "it says nothing in " + files.logs();
    }
}
