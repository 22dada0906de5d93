package dev.mooring.dataplane.local.postgres;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The full PostgreSQL installations of this machine: where packages put them, and the folders named in
 * {@code MOORING_POSTGRES_INSTALLATIONS} (bin folders, colon-separated).
 */
public record Installations(List<Engine> servers, List<Engine> tools) {

    private static final Pattern VERSION = Pattern.compile("PostgreSQL\\) (\\d+)\\.(\\d+)");

    public static Installations find() throws IOException {
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
        List<Engine> servers = new ArrayList<>();
        List<Engine> tools = new ArrayList<>();
        for (Path bin : bins) {
            add(servers, bin, "postgres");
            add(tools, bin, "pg_dump");
        }
        return new Installations(servers, tools);
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
        Path file = bin.resolve(program);
        if (!Files.isExecutable(file)) {
            return;
        }
        Process process = new ProcessBuilder(file.toString(), "--version")
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        Matcher version = VERSION.matcher(said);
        if (version.find()) {
            found.add(new Engine(version.group(1), version.group(1) + "." + version.group(2), bin));
        }
    }
}
