package dev.mooring.dataplane.local.watch;

import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.cluster.LocalSettings;
import dev.mooring.home.MooringHome;
import dev.mooring.home.SupervisionLock;
import dev.mooring.time.Monotonic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The watch as Mooring sees it: a process that it leaves behind, and starts again when it is gone. */
public final class WatchProcess {

    private static final Logger LOG = Logger.getLogger(WatchProcess.class);
    private static final String GENERATION = "MOORING_WATCH_GENERATION";
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String RUNNER = "quarkus-run.jar";
    /** In a session of its own, where a terminal's Ctrl-C does not reach it. */
    private static final String DETACH =
            "if command -v setsid >/dev/null; then exec setsid \"$@\"; else exec nohup \"$@\"; fi";

    private final LocalClusters clusters;
    private final LocalSettings settings;
    private final String generation = UUID.randomUUID().toString();
    private final List<String> command = command();

    public WatchProcess(LocalClusters clusters, LocalSettings settings) {
        this.clusters = clusters;
        this.settings = settings;
    }

    /** One of an earlier Mooring, and perhaps of another version, ends. */
    public void begin() throws IOException {
        MooringHome.write(generationFile(clusters.home()), generation, "rw-------");
    }

    /** Starts it unless it is there, where it could do something. */
    public void ensure() {
        if (command.isEmpty() || !settings.watch() || settings.stop()) {
            return;
        }
        MooringHome home = clusters.home();
        try {
            Optional<SupervisionLock> absent = SupervisionLock.ofWatch(home);
            if (absent.isPresent()) {
                absent.get().close();
                if (isWorthIt(home)) {
                    start(home);
                }
            }
        } catch (IOException e) {
            LOG.warnf("no process keeps the databases running while Mooring is away: %s", e.getMessage());
        }
    }

    private void start(MooringHome home) throws IOException {
        List<String> words = new ArrayList<>(List.of("sh", "-c", DETACH, "sh"));
        words.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(words)
                .redirectErrorStream(true)
                .directory(home.root().toFile());
        builder.environment().putAll(WatchSettings.environment(settings));
        builder.environment().put("MOORING_HOME", home.root().toString());
        builder.environment().put(GENERATION, generation);
        builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        builder.redirectOutput(ProcessBuilder.Redirect.appendTo(
                home.root().resolve("watch.log").toFile()));
        builder.start();
    }

    /** Of this very program; empty where that is not known, as in a test of it. */
    private static List<String> command() {
        Optional<String> program = ProcessHandle.current().info().command();
        String classPath = System.getProperty("java.class.path", "");
        if (program.isEmpty()) {
            return List.of();
        }
        if ("runtime".equals(System.getProperty("org.graalvm.nativeimage.imagecode"))) {
            return List.of(program.get(), "watch");
        }
        return classPath.endsWith(RUNNER)
                ? List.of(
                        program.get(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Xmx48m",
                        "-Xss512k",
                        "-jar",
                        Path.of(classPath).toAbsolutePath().toString(),
                        "watch")
                : List.of();
    }

    /**
     * Ends the one that is there, for somebody who holds the home's lock.
     *
     * @throws IOException when it goes on
     */
    public static void retire(MooringHome home) throws IOException, InterruptedException {
        MooringHome.write(generationFile(home), UUID.randomUUID().toString(), "rw-------");
        for (long end = Monotonic.nanos() + PATIENCE.toNanos(); Monotonic.nanos() < end; Thread.sleep(20)) {
            Optional<SupervisionLock> free = SupervisionLock.ofWatch(home);
            if (free.isPresent()) {
                free.get().close();
                return;
            }
        }
        throw new IOException("the process that watches " + home.root() + " does not end");
    }

    static String ownGeneration() {
        return System.getenv(GENERATION);
    }

    /** Whether no other Mooring has been there since. One that was started by hand is always the right one. */
    static boolean isOf(MooringHome home, @Nullable String generation) {
        try {
            return Files.isDirectory(home.root())
                    && (generation == null || generation.equals(Files.readString(generationFile(home))));
        } catch (IOException none) {
            return false;
        }
    }

    private static Path generationFile(MooringHome home) {
        return home.root().resolve("watch.generation");
    }

    /** Whether there is a cluster of several nodes, or a read-only node. */
    static boolean isWorthIt(MooringHome home) {
        if (!Files.isDirectory(home.clusters())) {
            return false;
        }
        try (var children = Files.list(home.clusters())) {
            return children.filter(MooringHome::isId)
                    .map(child -> ClusterFolder.of(
                            home, UUID.fromString(child.getFileName().toString())))
                    .anyMatch(WatchProcess::hasFollowers);
        } catch (IOException | java.io.UncheckedIOException gone) {
            return false;
        }
    }

    private static boolean hasFollowers(ClusterFolder folder) {
        try {
            return folder.manifest()
                    .map(manifest -> !manifest.standbys().isEmpty() || manifest.follows() != null)
                    .orElse(false);
        } catch (IOException damaged) {
            return false;
        }
    }
}
