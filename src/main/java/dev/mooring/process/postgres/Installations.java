package dev.mooring.process.postgres;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The full PostgreSQL installations of this machine: the folders named in {@code MOORING_POSTGRES_INSTALLATIONS} (bin folders,
 * colon-separated), then where packages put them. Each program is tried when it is found: one that does not start is none.
 *
 * @param servers whose server starts
 * @param tools whose pg_dump starts
 */
public record Installations(List<Engine> servers, List<Engine> tools) {

    /** All that pg_upgrade calls of the version that it upgrades to, beside the server's own three. */
    static final Set<String> PROGRAMS = Set.of(
            "pg_upgrade", "pg_dump", "pg_dumpall", "pg_restore", "psql", "vacuumdb", "pg_resetwal", "pg_controldata");

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Pattern VERSION = Pattern.compile("PostgreSQL\\) (\\d+)\\.(\\d+)");

    public static Installations find() throws IOException {
        List<Path> bins = folders();
        List<Engine> servers = new ArrayList<>();
        List<Engine> tools = new ArrayList<>();
        for (Path bin : bins) {
            add(servers, bin, "postgres");
            add(tools, bin, "pg_dump");
        }
        return new Installations(servers, tools);
    }

    public static List<Path> folders() throws IOException {
        List<Path> bins = new ArrayList<>();
        String set = System.getenv("MOORING_POSTGRES_INSTALLATIONS");
        if (set != null) {
            for (String folder : set.split(":")) {
                if (!folder.isBlank()) {
                    bins.add(Path.of(folder));
                }
            }
        }
        addChildren(bins, Path.of("/usr/lib/postgresql"), "\\d+");
        addChildren(bins, Path.of("/usr"), "pgsql-\\d+");
        addChildren(bins, Path.of("/opt/homebrew/opt"), "postgresql@\\d+");
        addChildren(bins, Path.of("/usr/local/opt"), "postgresql@\\d+");
        addChildren(bins, Path.of("/Applications/Postgres.app/Contents/Versions"), "\\d+");
        return bins;
    }

    private static void addChildren(List<Path> bins, Path parent, String name) throws IOException {
        if (Files.isDirectory(parent)) {
            try (var children = Files.list(parent)) {
                children.filter(child -> child.getFileName().toString().matches(name))
                        .sorted()
                        .map(child -> child.resolve("bin"))
                        .forEach(bins::add);
            }
        }
    }

    private static void add(List<Engine> found, Path bin, String program) throws IOException {
        String said = version(bin, program);
        Matcher version = VERSION.matcher(said);
        if (version.find()) {
            found.add(new Engine(version.group(1), version.group(1) + "." + version.group(2), bin));
        }
    }

    /** What the program says of its version; empty when there is none or it does not start. */
    static String version(Path bin, String program) throws IOException {
        Path file = bin.resolve(program);
        if (!Files.isExecutable(file)) {
            return "";
        }
        Process process = new ProcessBuilder(file.toString(), "--version")
                .redirectErrorStream(true)
                .start();
        try {
            // It is a line, for which there is room without a reader.
            if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS) || process.exitValue() != 0) {
                return "";
            }
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while " + file + " said its version");
        } finally {
            process.destroyForcibly();
        }
    }
}
