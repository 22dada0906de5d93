package dev.mooring.app.runtime;

import dev.mooring.dataplane.local.postgres.ServerAccount;
import dev.mooring.home.MooringHome;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A command run outside this process, under a name. It has a session of its own and writes to files, so it goes on when
 * Mooring ends, and whoever knows its folder can ask how it stands: not started, running, or ended with which code.
 */
public final class Work {

    /** Runs the command and leaves its exit code in a file, whole or not at all. */
    private static final String WRAPPER =
            "sh -c \"$1\"; code=$?; echo \"$code\" >\"$2.partial\"; mv \"$2.partial\" \"$2\"; exit \"$code\"";

    private static final Path PROC = Path.of("/proc");
    private static final int START_TIME_FIELD = 19;
    private static final long LONGEST_LOG = 16L << 20;
    private static final Duration KILL_LIMIT = Duration.ofSeconds(10);

    private final Path folder;
    private final ServerAccount account;

    /** @param folder of this work alone */
    public Work(Path folder, ServerAccount account) {
        this.folder = folder;
        this.account = account;
    }

    public Path log() {
        return folder.resolve("log");
    }

    public boolean started() {
        return Files.exists(pidFile());
    }

    public boolean running() {
        return pid().isPresent();
    }

    /** The exit code; empty while it runs, before it has, and when it was killed together with its shell. */
    public OptionalInt exit() {
        try {
            return OptionalInt.of(Integer.parseInt(
                    Files.readString(folder.resolve("out/exit")).strip()));
        } catch (IOException | NumberFormatException e) {
            return OptionalInt.empty();
        }
    }

    /**
     * Starts it, unless it is running.
     *
     * @param environment all that it gets
     */
    public void start(String command, Path directory, Map<String, String> environment)
            throws IOException, InterruptedException {
        if (running()) {
            return;
        }
        Files.createDirectories(folder);
        if (Files.notExists(log())) {
            Files.createFile(log(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        }
        Path out = folder.resolve("out");
        MooringHome.deleteTree(out);
        Files.createDirectory(out, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        account.own(out);
        List<String> words = new ArrayList<>();
        if (Files.isDirectory(PROC)) {
            words.add("setsid");
        }
        words.addAll(account.command(
                "sh", "-c", WRAPPER, "sh", command, out.resolve("exit").toString()));
        ProcessBuilder builder = new ProcessBuilder(words)
                .directory(directory.toFile())
                .redirectInput(new java.io.File("/dev/null"))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()));
        builder.environment().clear();
        builder.environment().putAll(environment);
        Process process = builder.start();
        MooringHome.write(pidFile(), process.pid() + " " + startTime(process.pid()), "rw-------");
    }

    /** Asks every process of it to end, and kills those that have not after a while. */
    public void stop(Duration grace) throws IOException, InterruptedException {
        OptionalLong pid = pid();
        if (pid.isEmpty()) {
            return;
        }
        signal("TERM", pid.getAsLong());
        Instant end = Instant.now().plus(grace);
        while (running() && Instant.now().isBefore(end)) {
            Thread.sleep(20);
        }
        signal("KILL", pid.getAsLong());
        Instant limit = Instant.now().plus(KILL_LIMIT);
        while (running()) {
            if (Instant.now().isAfter(limit)) {
                throw new IOException("process " + pid.getAsLong() + " cannot be ended");
            }
            Thread.sleep(5);
        }
    }

    /** The last lines that it wrote. */
    public List<String> lastLines(int most) throws IOException {
        String text = tail(log(), 64 * 1024);
        List<String> lines = text.lines().toList();
        return lines.subList(Math.max(0, lines.size() - most), lines.size());
    }

    /** The end of a file, at most that many bytes of it; nothing when it is not there. */
    public static String tail(Path file, int most) throws IOException {
        if (Files.notExists(file)) {
            return "";
        }
        try (RandomAccessFile reader = new RandomAccessFile(file.toFile(), "r")) {
            long from = Math.max(0, reader.length() - most);
            byte[] bytes = new byte[(int) (reader.length() - from)];
            reader.seek(from);
            reader.readFully(bytes);
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    /** Keeps the log from growing without end: its writer appends, so what was copied can be cut off under it. */
    void turnLog() throws IOException {
        if (Files.exists(log()) && Files.size(log()) > LONGEST_LOG) {
            Files.copy(log(), folder.resolve("log.1"), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            try (RandomAccessFile file = new RandomAccessFile(log().toFile(), "rw")) {
                file.setLength(0);
            }
        }
    }

    private Path pidFile() {
        return folder.resolve("pid");
    }

    private OptionalLong pid() {
        try {
            String[] words = Files.readString(pidFile()).strip().split(" ");
            long pid = Long.parseLong(words[0]);
            return startTime(pid).equals(words[1]) && !words[1].equals("0")
                    ? OptionalLong.of(pid)
                    : OptionalLong.empty();
        } catch (IOException | NumberFormatException | ArrayIndexOutOfBoundsException e) {
            return OptionalLong.empty();
        }
    }

    /** Tells a process from a later one with the same id; 0 when there is none, or only its remains. */
    private static String startTime(long pid) {
        if (!Files.isDirectory(PROC)) {
            return ProcessHandle.of(pid)
                    .filter(ProcessHandle::isAlive)
                    .flatMap(process -> process.info().startInstant())
                    .map(start -> Long.toString(start.toEpochMilli()))
                    .orElse("0");
        }
        try {
            String stat = Files.readString(PROC.resolve(Long.toString(pid)).resolve("stat"));
            // Behind the name, which may hold spaces: the state, then numbers.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return fields[0].equals("Z") ? "0" : fields[START_TIME_FIELD];
        } catch (IOException e) {
            return "0";
        }
    }

    /** To the whole group, which the first process leads. The shell's own kill: small systems have no other. */
    private static void signal(String name, long pid) throws IOException, InterruptedException {
        new ProcessBuilder(
                        "sh",
                        "-c",
                        "kill -s \"$1\" -- \"-$2\" 2>/dev/null || kill -s \"$1\" \"$2\"",
                        "sh",
                        name,
                        Long.toString(pid))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }
}
