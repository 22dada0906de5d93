package dev.mooring.process.kafka;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.module.ModuleDescriptor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A Java to run brokers with: that of {@code MOORING_KAFKA_JAVA}, {@code JAVA_HOME}, of Mooring itself, or on the {@code PATH};
 * the first that is new enough. Where none is: the newest of the folders that packages and installers use.
 *
 * @param home its folder
 * @param version such as {@code 25.0.3}
 */
public record JavaRuntime(Path home, String version) {

    public static final int LEAST = 21;

    /** What is missing where there is none, and what to do about it. */
    public static final String MISSING = "Kafka needs a Java " + LEAST
            + " or newer on the machine: install one (Debian: openjdk-21-jre-headless), or name its folder with"
            + " MOORING_KAFKA_JAVA";

    private static final Logger LOG = Logger.getLogger(JavaRuntime.class);
    private static final Pattern VERSION = Pattern.compile("JAVA_VERSION=\"((\\d+)[^\"]*)\"");

    /** Folders whose entries are Javas, and where in an entry its home is. */
    private static final Map<Path, String> INSTALLED = Map.of(
            Path.of("/usr/lib/jvm"), "",
            Path.of("/usr/java"), "",
            Path.of("/opt/java"), "",
            Path.of("/Library/Java/JavaVirtualMachines"), "Contents/Home",
            Path.of("/opt/homebrew/opt"), "libexec/openjdk.jdk/Contents/Home");

    public static Optional<JavaRuntime> find() {
        List<Path> homes = new ArrayList<>();
        add(homes, System.getProperty("mooring.kafka.java", System.getenv("MOORING_KAFKA_JAVA")));
        add(homes, System.getenv("JAVA_HOME"));
        add(homes, System.getProperty("java.home"));
        onPath().ifPresent(homes::add);
        return homes.stream().flatMap(home -> at(home).stream()).findFirst().or(() -> newest(INSTALLED));
    }

    /** A machine's default is often an older one than the newest that it has. */
    static Optional<JavaRuntime> newest(Map<Path, String> folders) {
        return folders.entrySet().stream()
                .flatMap(folder -> entries(folder.getKey()).stream().map(entry -> entry.resolve(folder.getValue())))
                .flatMap(home -> at(home).stream())
                .max(Comparator.comparing(java -> ModuleDescriptor.Version.parse(java.version())));
    }

    private static List<Path> entries(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.toList();
        } catch (IOException | UncheckedIOException e) {
            LOG.debugf("%s is not looked at for a Java: %s", folder, e.getMessage());
            return List.of();
        }
    }

    private static void add(List<Path> homes, @Nullable String folder) {
        if (folder != null && !folder.isBlank()) {
            homes.add(Path.of(folder));
        }
    }

    private static Optional<Path> onPath() {
        String path = System.getenv("PATH");
        if (path == null) {
            return Optional.empty();
        }
        for (String folder : path.split(":")) {
            Path java = Path.of(folder, "java");
            if (Files.isExecutable(java)) {
                try {
                    return Optional.ofNullable(java.toRealPath().getParent()).map(Path::getParent);
                } catch (IOException e) {
                    LOG.debugf("%s leads nowhere: %s", java, e.getMessage());
                }
            }
        }
        return Optional.empty();
    }

    /** Empty when there is none, or an old one. */
    public static Optional<JavaRuntime> at(Path home) {
        if (!Files.isExecutable(home.resolve("bin/java"))) {
            return Optional.empty();
        }
        try {
            Matcher version = VERSION.matcher(Files.readString(home.resolve("release")));
            return version.find() && Integer.parseInt(version.group(2)) >= LEAST
                    ? Optional.of(new JavaRuntime(home, version.group(1)))
                    : Optional.empty();
        } catch (IOException e) {
            LOG.debugf("%s does not say which Java it is: %s", home, e.getMessage());
            return Optional.empty();
        }
    }

    /** Tells builds apart, those of one version too; fit for the name of a file. */
    String build() {
        try {
            return version + "-"
                    + Integer.toHexString(
                            Files.readString(home.resolve("release")).hashCode());
        } catch (IOException e) {
            LOG.debugf("%s does not say which build it is: %s", home, e.getMessage());
            return version;
        }
    }

    public String program() {
        return home.resolve("bin/java").toString();
    }
}
