package dev.mooring.process.kafka;

import dev.mooring.home.DurableFiles;
import dev.mooring.home.MooringHome;
import dev.mooring.process.ProgramFolders;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.module.ModuleDescriptor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The jars of a broker: those that the build has fetched, each with the SHA-256 that it had then, and the one of Mooring's own.
 * Copied under {@code $MOORING_HOME/engines} at first use: a broker goes on reading them when the build's folder is emptied.
 *
 * @param version such as {@code 4.4.0}
 * @param folder where Kafka's own were found
 * @param shared where the others were found
 * @param own Mooring's
 */
public record KafkaBundle(String version, Path folder, Path shared, Path own) {

    /** {@code sha256sum}'s form: the sum, two spaces, the name. */
    private static final String SUMS = "/kafka.sha256";

    private static final Pattern CLIENTS = Pattern.compile("kafka-clients-(\\d+\\.\\d+\\.\\d+)\\.jar");
    private static final String KAFKAS_OWN = "kafka";
    private static final int SHORT = 8;

    /**
     * Every version that is there as a whole, the newest first. Looks in {@code kafka/} of the folders that have the PostgreSQL bundles; a
     * version's folder has its own jars, and that of the newest also those that all of them share.
     */
    public static List<KafkaBundle> all() throws IOException {
        Set<String> jars = sums().keySet();
        List<String> versions = jars.stream()
                .map(CLIENTS::matcher)
                .filter(Matcher::matches)
                .map(name -> name.group(1))
                .sorted(Comparator.comparing(ModuleDescriptor.Version::parse).reversed())
                .toList();
        List<KafkaBundle> found = new ArrayList<>();
        for (String version : versions) {
            for (Path engines : ProgramFolders.named("engines")) {
                Path kafka = engines.resolve("kafka");
                Path shared = kafka.resolve(versions.getFirst());
                Optional<KafkaBundle> bundle =
                        own(shared).map(own -> new KafkaBundle(version, kafka.resolve(version), shared, own));
                if (bundle.isPresent()
                        && bundle.get().jars(jars).stream()
                                .allMatch(jar -> Files.exists(bundle.get().found(jar)))) {
                    found.add(bundle.get());
                    break;
                }
            }
        }
        return found;
    }

    /** Those of the version, and those that are nobody's own. */
    private List<String> jars(Set<String> known) {
        return known.stream()
                .filter(jar -> !jar.startsWith(KAFKAS_OWN) || jar.endsWith("-" + version + ".jar"))
                .toList();
    }

    private Path found(String jar) {
        return (jar.startsWith(KAFKAS_OWN) ? folder : shared).resolve(jar);
    }

    private static Optional<Path> own(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return Optional.empty();
        }
        try (var jars = Files.newDirectoryStream(folder, "*-broker.jar")) {
            var found = jars.iterator();
            return found.hasNext() ? Optional.of(found.next()) : Optional.empty();
        }
    }

    private static Map<String, String> sums() throws IOException {
        Map<String, String> sums = new TreeMap<>();
        try (InputStream stream = KafkaBundle.class.getResourceAsStream(SUMS);
                BufferedReader lines = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] parts = line.split(" {2}", 2);
                sums.put(parts[1], parts[0]);
            }
        }
        return sums;
    }

    /** Major and minor: what clients order. */
    public String minor() {
        return minor(version);
    }

    /** Of an exact version. */
    public static String minor(String version) {
        return version.substring(0, version.lastIndexOf('.'));
    }

    /**
     * The folder with every jar, ready to run.
     *
     * @throws IOException also when one of them is not what this Mooring was built with
     */
    public synchronized Path unpacked(MooringHome home) throws IOException {
        Path target =
                home.engines().resolve("kafka-" + version + "-" + sha256(own).substring(0, SHORT));
        if (Files.notExists(target)) {
            Path partial = target.resolveSibling(target.getFileName() + ".partial");
            MooringHome.deleteTree(partial);
            Files.createDirectories(partial);
            Map<String, String> sums = sums();
            for (String jar : jars(sums.keySet())) {
                Path copy = copy(found(jar), partial);
                String found = sha256(copy);
                if (!found.equals(sums.get(jar))) {
                    throw new IOException(
                            found(jar) + " is not the jar that this Mooring was built with: its SHA-256 is " + found
                                    + ", not " + sums.get(jar) + "; fetch it again");
                }
            }
            copy(own, partial);
            Files.setPosixFilePermissions(partial, PosixFilePermissions.fromString("rwxr-xr-x"));
            DurableFiles.syncTree(partial);
            DurableFiles.move(partial, target);
        }
        return target;
    }

    private static Path copy(Path jar, Path folder) throws IOException {
        Path copy = Files.copy(jar, folder.resolve(jar.getFileName()));
        Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rw-r--r--"));
        return copy;
    }

    private static String sha256(Path file) throws IOException {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
