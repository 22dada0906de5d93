package dev.mooring.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The operating system's account that database processes run under. PostgreSQL refuses to run as root; when Mooring does,
 * commands are started through {@code setpriv} as an unprivileged account, else as the account of Mooring itself.
 */
public final class ServerAccount {

    /** Of Mooring's own environment: the rest may hold its secrets. */
    private static final Set<String> PASSED_ON = Set.of("PATH", "HOME", "TMPDIR", "TZ", "LD_LIBRARY_PATH");

    private static final int MOST_KILLS = 100;

    /** What {@link #choose} has answered in this process. */
    private static final Set<ServerAccount> OF_SERVERS = ConcurrentHashMap.newKeySet();

    /** Null for Mooring's own. */
    private final @Nullable String name;

    private final boolean confined;
    /** Null until it has been looked up. */
    private volatile @Nullable UserPrincipal principal;

    private ServerAccount(@Nullable String name) {
        this(name, false);
    }

    private ServerAccount(@Nullable String name, boolean confined) {
        this.name = name;
        this.confined = confined;
    }

    /**
     * An account that is only a number: no line of passwd needs to know it, it is in no group but its own, and its processes
     * gain no rights by any program that they start. Mooring's own account unless that is root.
     */
    public static ServerAccount numbered(int id) {
        return root() ? new ServerAccount(Integer.toString(id), true) : new ServerAccount(null);
    }

    /** That of Mooring, whatever it is. */
    public static ServerAccount moorings() {
        return new ServerAccount(null);
    }

    /** Null for one that has a name, or is Mooring's. */
    public @Nullable Integer number() {
        return confined && name != null ? Integer.valueOf(name) : null;
    }

    /** For giving folders back to Mooring when it is root. */
    static ServerAccount rootItself() {
        return new ServerAccount("root");
    }

    /**
     * @param configured {@code MOORING_LOCAL_USER}; null for postgres, else nobody
     */
    public static ServerAccount choose(@Nullable String configured) {
        ServerAccount chosen = configured == null && root()
                ? new ServerAccount(exists("postgres") ? "postgres" : "nobody")
                : named("MOORING_LOCAL_USER", configured);
        if (OF_SERVERS.stream().noneMatch(chosen::sameAs)) {
            OF_SERVERS.add(chosen);
        }
        return chosen;
    }

    /** The numbers of the accounts that servers of Mooring run under: the chosen one, and Mooring's own. */
    public static Set<Integer> idsOfServers() throws IOException {
        Set<Integer> ids = new TreeSet<>();
        ids.add(SystemAccounts.own());
        for (ServerAccount account : OF_SERVERS) {
            ids.add(account.id());
        }
        return ids;
    }

    /** Its number. Blocks when it is asked for the first time. */
    public int id() throws IOException {
        return name == null ? SystemAccounts.own() : confined ? Integer.parseInt(name) : SystemAccounts.of(name);
    }

    /**
     * Mooring's own account, unless that is root.
     *
     * @param setting where the name comes from, for the error when there is no such account
     */
    public static ServerAccount named(String setting, @Nullable String name) {
        if (!root()) {
            return new ServerAccount(null);
        }
        if (name == null || !exists(name)) {
            throw new IllegalArgumentException(setting + ": no account named " + name);
        }
        return new ServerAccount(name);
    }

    private static boolean root() {
        return "root".equals(System.getProperty("user.name"));
    }

    private static boolean exists(String account) {
        try {
            Path.of("/").getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(account);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Whether the file or folder belongs to it, and is no link. */
    public boolean owns(Path path) throws IOException {
        if (!differs()) {
            return true;
        }
        return !Files.isSymbolicLink(path)
                && Files.getOwner(path, LinkOption.NOFOLLOW_LINKS).equals(principal());
    }

    /** Ends every process of an account that is Mooring's to give, also those that have left their groups and sessions. */
    public void endProcesses() throws IOException, InterruptedException {
        for (int tries = 0; confined && SystemAccounts.runsAnything(Integer.parseInt(name)); tries++) {
            if (tries == MOST_KILLS) {
                throw new IOException("processes of the account " + name + " cannot be ended");
            }
            run(null, "sh", "-c", "kill -s KILL -- -1");
            Thread.sleep(5);
        }
    }

    /** Another account than Mooring's own. */
    public boolean differs() {
        return name != null;
    }

    public boolean sameAs(ServerAccount other) {
        return java.util.Objects.equals(name, other.name);
    }

    public List<String> command(String... words) {
        List<String> command = new ArrayList<>();
        if (name != null) {
            command.addAll(List.of(
                    "setpriv",
                    "--reuid=" + name,
                    "--regid=" + (confined ? name : SystemAccounts.groupOf(name)),
                    "--clear-groups",
                    "--inh-caps=-all"));
            if (confined) {
                command.addAll(List.of("--bounding-set=-all", "--no-new-privs"));
            }
        }
        command.addAll(Arrays.asList(words));
        return command;
    }

    /** Whether the account is only a number to the operating system. */
    public boolean nameless() {
        return name == null && "?".equals(System.getProperty("user.name"));
    }

    /** Runs to the end as the account. */
    public Result run(@Nullable Path folder, String... words) throws IOException, InterruptedException {
        return run(folder, Map.of(), words);
    }

    public Result run(@Nullable Path folder, Map<String, String> environment, String... words)
            throws IOException, InterruptedException {
        ProcessBuilder builder = prepare(folder, environment, words);
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor(), output.strip());
    }

    /** Of what only Mooring is to know. */
    static void clear(ProcessBuilder builder) {
        builder.environment().keySet().retainAll(PASSED_ON);
    }

    private ProcessBuilder prepare(@Nullable Path folder, Map<String, String> environment, String... words) {
        ProcessBuilder builder = new ProcessBuilder(command(words)).redirectErrorStream(true);
        if (folder != null) {
            builder.directory(folder.toFile());
        }
        clear(builder);
        builder.environment().put("LC_ALL", "C");
        builder.environment().putAll(environment);
        return builder;
    }

    /**
     * The same for what may get stuck.
     *
     * @throws IOException when it has not ended in time; it has been ended then, with all that it had started
     */
    public Result run(@Nullable Path folder, Map<String, String> environment, Duration atMost, String... words)
            throws IOException, InterruptedException {
        ProcessBuilder builder = prepare(folder, environment, words);
        Path output = Files.createTempFile("mooring", ".out");
        try {
            Process process = builder.redirectOutput(output.toFile()).start();
            process.getOutputStream().close();
            try {
                if (!process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
                    throw new IOException(
                            words[0] + " did not end within " + atMost.toSeconds() + " s: " + said(output));
                }
            } finally {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
            return new Result(process.exitValue(), said(output));
        } finally {
            Files.delete(output);
        }
    }

    /** In whatever encoding. */
    private static String said(Path output) throws IOException {
        return new String(Files.readAllBytes(output), StandardCharsets.UTF_8).strip();
    }

    /** Whether the account finds a regular file there, and no link to one. */
    public boolean has(Path file) throws IOException, InterruptedException {
        return new AccountFiles(this).has(file);
    }

    /** Whether the account finds a folder there that it can enter. */
    public boolean enters(Path folder) throws IOException, InterruptedException {
        return new AccountFiles(this).enters(folder);
    }

    /** What the account reads there, at most that many bytes, with no more rights than it has itself. */
    public String read(Path file, int most) throws IOException, InterruptedException {
        return new String(read(file, 0, most), StandardCharsets.UTF_8);
    }

    /** The same from a byte on. */
    public byte[] read(Path file, long from, int most) throws IOException, InterruptedException {
        return new AccountFiles(this).read(file, from, most);
    }

    /** Writes into a folder of the account, with no more rights than it has itself; whole or not at all. */
    public void write(Path file, String content) throws IOException, InterruptedException {
        new AccountFiles(this).write(file, content);
    }

    /**
     * Makes the file or folder belong to the account; a link changes its owner itself.
     *
     * @param path in a folder that only Mooring can change: elsewhere its owner could put another file there meanwhile
     */
    public void own(Path path) throws IOException {
        if (differs()) {
            Handover.requireMoorings(Handover.parent(path));
            give(path);
        }
    }

    /** The same where nobody but Mooring can be anyway. */
    void give(Path path) throws IOException {
        Files.getFileAttributeView(path, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                .setOwner(principal());
    }

    private UserPrincipal principal() throws IOException {
        UserPrincipal owner = principal;
        if (owner == null) {
            // Asked for once: a data directory has a thousand files.
            owner = FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName(name);
            principal = owner;
        }
        return owner;
    }

    /** Fails with what to do when the account cannot get into the folder. */
    public void checkCanEnter(Path folder) throws IOException, InterruptedException {
        if (differs() && run(null, "test", "-x", folder.toString()).exit() != 0) {
            throw new IOException(
                    "the account " + name + ", which Mooring starts programs under, cannot enter " + folder
                            + ": give others the x permission on it and its parents, or set MOORING_HOME to another folder");
        }
    }

    /**
     * @param output standard output and error together
     */
    public record Result(int exit, String output) {

        /** Of a shell, of setpriv and of whatever starts programs: what could not be executed. Signals are above that. */
        private static final int NOT_EXECUTED = 126;

        private static final int SIGNALLED = 128;

        /** Whether the program itself failed, so that what it says is no answer to what it was asked. */
        public boolean crashed() {
            return exit >= NOT_EXECUTED;
        }

        /** How it ended, with what it said. */
        public String how() {
            String end = exit > SIGNALLED
                    ? "ended by signal " + (exit - SIGNALLED)
                    : crashed() ? "could not be executed" : "exit code " + exit;
            return output.isBlank() ? end : end + ": " + output;
        }

        public Result orFail(String what) throws IOException {
            if (exit != 0) {
                throw new IOException(what + " failed, " + how());
            }
            return this;
        }
    }
}
