package dev.mooring.app.runtime;

import dev.mooring.home.DurableFiles;
import dev.mooring.home.MooringHome;
import dev.mooring.home.RandomText;
import dev.mooring.process.Handover;
import dev.mooring.process.ServerAccount;
import dev.mooring.process.SocketOwners;
import dev.mooring.time.Deadline;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.io.Writer;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * A command run outside this process, under a name. It has a session of its own and writes to files, so it goes on when
 * Mooring ends, and whoever knows its folder can ask how it stands: not started, running, or ended with which code.
 */
public final class ManagedProcess {

    /**
     * Takes its environment from its input, enters the folder, runs the command and leaves its exit code in a file. All that
     * is the app's account already: what runs before it, as Mooring's, gets nothing of the app's environment, which may tell
     * the loader of programs what to load.
     */
    private static final String WRAPPER = "umask 077; given=$(cat); exec </dev/null; case $given in *'#whole') eval"
            + " \"$given\";; *) echo unbegun >\"$2\"; exit 125;; esac; cd -- \"$3\" && sh -c \"$1\"; code=$?; echo \"$code\" >\"$2\"; exit \"$code\"";

    private static final String WHOLE = "#whole";
    /** In place of an exit code, where whoever started it ended before it had its environment: then nothing has run. */
    private static final String UNBEGUN = "unbegun";

    /** Where sh is bash they cannot be set, and trying ends it. */
    private static final Set<String> READ_ONLY =
            Set.of("BASHOPTS", "BASH_VERSINFO", "EUID", "PPID", "SHELLOPTS", "UID");

    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
    private static final String PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private static final int LONGEST_EXIT = 16;
    /** Where apps listen. */
    static final String HERE = "127.0.0.1";

    private static final Path PROC = Path.of("/proc");
    private static final String EXIT = "exit";
    private static final long LONGEST_LOG = 16L << 20;
    private static final Duration KILL_LIMIT = Duration.ofSeconds(10);

    private final Path folder;
    private final ServerAccount account;

    /** @param folder of this work alone */
    public ManagedProcess(Path folder, ServerAccount account) {
        this.folder = folder;
        this.account = account;
    }

    public Path log() {
        return folder.resolve("log");
    }

    public boolean started() {
        // A note that cannot be read is one all the same: nothing runs twice because of it.
        return Files.exists(pidFile())
                && start().map(start -> !ending(start).equals(UNBEGUN)).orElse(true);
    }

    public boolean running() {
        return pid().isPresent();
    }

    /**
     * That nobody else answers at its port, where its account is its app's alone.
     *
     * @throws ConnectException also when nobody does
     */
    void checkHolds(int port) throws IOException {
        if (account.number() != null) {
            int own = account.number();
            SocketOwners.checkListener(new InetSocketAddress(HERE, port), holder -> holder == own);
        }
    }

    /** The exit code; empty while it runs, before it has, and when it was killed together with its shell. */
    public OptionalInt exit() {
        try {
            return OptionalInt.of(Integer.parseInt(start().map(this::ending).orElse("")));
        } catch (NumberFormatException e) {
            return OptionalInt.empty();
        }
    }

    /** The whole line that was left at its end; empty for none. The account writes it, and can put no other file there. */
    private String ending(Start start) {
        try (InputStream in = Files.newInputStream(folder.resolve(start.exit()), LinkOption.NOFOLLOW_LINKS)) {
            String text = new String(in.readNBytes(LONGEST_EXIT), StandardCharsets.US_ASCII);
            return text.endsWith("\n") ? text.strip() : "";
        } catch (IOException e) {
            return "";
        }
    }

    /**
     * Starts it, unless it is running.
     *
     * @param directory that it runs in; may be the account's
     * @param environment all that it gets
     * @param limits of an account that is not Mooring's
     */
    public void start(String command, Path directory, Map<String, String> environment, Limits limits)
            throws IOException, InterruptedException {
        if (running()) {
            return;
        }
        Handover.passage(folder);
        if (Files.notExists(log())) {
            Files.createFile(log(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        }
        forget();
        // Of this start alone: what an earlier one that came to nothing still has to say is not about this one.
        Path exit = folder.resolve(EXIT + "-" + RandomText.hex(4));
        Handover.file(exit, "", account);
        List<String> words = account.command("sh", "-c", WRAPPER, "sh", command, exit.toString(), directory.toString());
        if (account.differs()) {
            words = limits.around(words);
        }
        if (Files.isDirectory(PROC)) {
            words.addFirst("setsid");
        }
        ProcessBuilder builder = new ProcessBuilder(words)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()));
        String path = System.getenv("PATH");
        builder.environment().clear();
        builder.environment().put("PATH", path == null || path.isBlank() ? PATH : path);
        Process process = builder.start();
        try {
            // On the disk before anything runs: whoever comes next does not begin it a second time.
            ProcessStart start = ProcessStart.of(process.pid());
            MooringHome.write(
                    pidFile(),
                    start.pid() + " " + start.time() + " " + start.boot() + " " + exit.getFileName(),
                    "rw-------");
        } catch (IOException | RuntimeException e) {
            // It waits for its environment, without which nothing runs.
            process.getOutputStream().close();
            throw e;
        }
        try (Writer in = process.outputWriter(StandardCharsets.UTF_8)) {
            in.write(exports(environment));
        } catch (IOException e) {
            if (!process.waitFor(1, TimeUnit.SECONDS)) {
                throw e;
            }
            // It has ended without having read it; its log says why.
        }
    }

    /** For a shell. */
    static String exports(Map<String, String> environment) {
        StringBuilder script = new StringBuilder();
        environment.forEach((key, value) -> {
            if (NAME.matcher(key).matches() && !READ_ONLY.contains(key)) {
                script.append("export ")
                        .append(key)
                        .append("='")
                        .append(value.replace("'", "'\\''"))
                        .append("'\n");
            }
        });
        return script.append(WHOLE).toString();
    }

    /** Asks every process of it to end, and kills those that have not after a while. */
    public void stop(Duration grace) throws IOException, InterruptedException {
        OptionalLong pid = pid();
        if (pid.isEmpty()) {
            return;
        }
        signal("TERM", pid.getAsLong());
        Deadline end = Deadline.in(grace);
        while (running() && !end.passed()) {
            Thread.sleep(20);
        }
        signal("KILL", pid.getAsLong());
        Deadline limit = Deadline.in(KILL_LIMIT);
        while (running()) {
            if (limit.passed()) {
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
    public void turnLog() throws IOException {
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

    /** @param exit name of the file for its exit code */
    private record Start(ProcessStart process, String exit) {}

    /** What is known of the last one. */
    private Optional<Start> start() {
        try {
            String[] words = Files.readString(pidFile()).strip().split(" ");
            // An earlier Mooring has written the first two.
            return Optional.of(
                    words.length > 3
                            ? new Start(new ProcessStart(Long.parseLong(words[0]), words[1], words[2]), words[3])
                            : new Start(new ProcessStart(Long.parseLong(words[0]), words[1], null), EXIT));
        } catch (IOException | NumberFormatException | ArrayIndexOutOfBoundsException e) {
            return Optional.empty();
        }
    }

    private OptionalLong pid() {
        return start().map(Start::process)
                .filter(ProcessStart::goesOn)
                .map(process -> OptionalLong.of(process.pid()))
                .orElse(OptionalLong.empty());
    }

    /** What earlier starts have left. */
    private void forget() throws IOException {
        DurableFiles.delete(pidFile());
        try (var left = Files.newDirectoryStream(folder, EXIT + "*")) {
            for (Path file : left) {
                Files.deleteIfExists(file);
            }
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
