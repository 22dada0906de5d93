package dev.mooring.dataplane.local.postgres;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The operating system's account that database processes run under. PostgreSQL refuses to run as root; when Mooring does,
 * commands are started through {@code setpriv} as an unprivileged account, else as the account of Mooring itself.
 */
public final class ServerAccount {

    private final String name;
    private volatile UserPrincipal principal;

    private ServerAccount(String name) {
        this.name = name;
    }

    /**
     * @param configured {@code MOORING_LOCAL_USER}; null for postgres, else nobody
     */
    public static ServerAccount choose(String configured) {
        return configured == null && root()
                ? new ServerAccount(exists("postgres") ? "postgres" : "nobody")
                : named("MOORING_LOCAL_USER", configured);
    }

    /**
     * Mooring's own account, unless that is root.
     *
     * @param setting where the name comes from, for the error when there is no such account
     */
    public static ServerAccount named(String setting, String name) {
        if (!root()) {
            return new ServerAccount(null);
        }
        if (!exists(name)) {
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

    /** Another account than Mooring's own. */
    public boolean differs() {
        return name != null;
    }

    public boolean sameAs(ServerAccount other) {
        return java.util.Objects.equals(name, other.name);
    }

    public List<String> command(String... words) {
        List<String> command = new ArrayList<>();
        if (differs()) {
            command.addAll(List.of(
                    "setpriv", "--reuid=" + name, "--regid=" + groupOf(name), "--clear-groups", "--inh-caps=-all"));
        }
        command.addAll(Arrays.asList(words));
        return command;
    }

    /** Whether the account is only a number to the operating system. */
    boolean nameless() {
        return name == null && "?".equals(System.getProperty("user.name"));
    }

    /** Runs to the end as the account. */
    public Result run(Path folder, String... words) throws IOException, InterruptedException {
        return run(folder, Map.of(), words);
    }

    Result run(Path folder, Map<String, String> environment, String... words) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command(words)).redirectErrorStream(true);
        if (folder != null) {
            builder.directory(folder.toFile());
        }
        builder.environment().put("LC_ALL", "C");
        builder.environment().keySet().removeIf(key -> key.startsWith("PG"));
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor(), output.strip());
    }

    /** Makes the file or folder belong to the account. */
    public void own(Path path) throws IOException {
        if (differs()) {
            UserPrincipal owner = principal;
            if (owner == null) {
                // Asked for once: a data directory has a thousand files.
                owner = path.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(name);
                principal = owner;
            }
            Files.setOwner(path, owner);
        }
    }

    /** Fails with what to do when the account cannot get into the folder. */
    public void checkCanEnter(Path folder) throws IOException, InterruptedException {
        if (differs() && run(null, "test", "-x", folder.toString()).exit() != 0) {
            throw new IOException("the account " + name + ", which PostgreSQL runs under, cannot enter " + folder
                    + ": give others the x permission on it and its parents, or set MOORING_HOME to another folder");
        }
    }

    private static String groupOf(String account) {
        try (var lines = Files.lines(Path.of("/etc/passwd"))) {
            return lines.map(line -> line.split(":"))
                    .filter(fields -> fields.length > 3 && fields[0].equals(account))
                    .map(fields -> fields[3])
                    .findFirst()
                    .orElse(account);
        } catch (IOException e) {
            return account;
        }
    }

    /**
     * @param output standard output and error together
     */
    public record Result(int exit, String output) {
        public Result orFail(String what) throws IOException {
            if (exit != 0) {
                throw new IOException(what + " failed: " + output);
            }
            return this;
        }
    }
}
