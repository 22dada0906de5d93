package dev.mooring.support;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.home.MooringHome;
import dev.mooring.process.postgres.Engine;
import dev.mooring.process.postgres.Engines;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** What was built, and the servers that it brings along. */
final class PackagedMooring {

    static final List<String> COMMAND = command();

    /** Majors that are enough for most tests. */
    private static final Set<String> FEW = Set.of("16", "17");

    private static final MooringHome UNPACKED = unpacked();

    private PackagedMooring() {}

    /** The native executable when there is one to be tested, else the packaged application as {@code ./mooring up} starts it. */
    private static List<String> command() {
        String executable = System.getProperty("mooring.executable");
        if (executable != null) {
            return List.of(executable);
        }
        try {
            ProcessBuilder command =
                    new ProcessBuilder("./mooring", "command").redirectError(ProcessBuilder.Redirect.INHERIT);
            command.environment().put("JAVA_HOME", System.getProperty("java.home"));
            // What it takes to start is measured in bench/; here many short lives are started.
            command.environment().put("MOORING_JAVA_OPTS", "-XX:TieredStopAtLevel=1");
            Process asked = command.start();
            List<String> words = asked.inputReader().lines().toList();
            assertThat(asked.waitFor()).as("./mooring command").isZero();
            return words;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static MooringHome unpacked() {
        try {
            Path folder = TestGround.newFolder();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> MooringHome.deleteTree(folder)));
            MooringHome home = new MooringHome(folder.resolve("home"));
            home.create();
            return home;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Each home makes a template of every major that it finds, which costs more than most tests: two are enough for them. */
    static Path engines(boolean everyMajor) throws IOException {
        Path all = Path.of("target", "engines").toAbsolutePath();
        if (everyMajor) {
            return all;
        }
        Path few = Files.createDirectories(all.resolveSibling("engines-few"));
        try (Stream<Path> bundles = Files.list(all)) {
            for (Path bundle : bundles.toList()) {
                Path link = few.resolve(bundle.getFileName());
                if (bundle.getFileName().toString().matches(".*-(" + String.join("|", FEW) + ")\\..*|kafka")) {
                    linkOnce(link, bundle);
                }
            }
        }
        return few;
    }

    private static void linkOnce(Path link, Path target) throws IOException {
        try {
            Files.createSymbolicLink(link, target);
        } catch (FileAlreadyExistsException e) {
            // By this run, one before, or one beside it.
        }
    }

    /** To unpack the servers is most of what a new home costs: it is done once for all of them. */
    static void linkEngines(MooringHome home, boolean everyMajor) throws IOException {
        Engines unpacked = Engines.find(UNPACKED);
        for (String major : everyMajor ? unpacked.majors() : FEW) {
            Engine engine = unpacked.engine(major);
            Path bundle = engine.bin().getParent();
            if (bundle.startsWith(UNPACKED.engines())) {
                Files.createSymbolicLink(home.engines().resolve(engine.version()), bundle);
            }
        }
    }
}
