package dev.mooring.dataplane.local.kafka.cluster;

import dev.mooring.home.MooringHome;
import dev.mooring.process.kafka.JavaRuntime;
import dev.mooring.process.kafka.KafkaBundle;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The versions of Kafka that this machine can run, and what it runs them with. */
@ApplicationScoped
public class KafkaVersions {

    private final MooringHome home;
    private final Optional<JavaRuntime> java;
    /** The newest of each version, by what clients order. */
    private final Map<String, KafkaBundle> bundles = new TreeMap<>();

    KafkaVersions(MooringHome home) throws IOException {
        this.home = home;
        this.java = JavaRuntime.find();
        KafkaBundle.all().forEach(bundle -> bundles.putIfAbsent(bundle.minor(), bundle));
    }

    /**
     * @param version exact
     * @param jars the folder, among those of the engines
     */
    public record Chosen(String version, String jars) {}

    /** Exact version by the one that is ordered; empty when there is nothing to run it with. */
    public Map<String, String> offered() {
        Map<String, String> versions = new TreeMap<>();
        if (java.isPresent()) {
            bundles.forEach((minor, bundle) -> versions.put(minor, bundle.version()));
        }
        return versions;
    }

    /** What keeps this machine from running brokers; empty when nothing does. */
    public Optional<String> missing() {
        if (bundles.isEmpty()) {
            return Optional.of("the jars of Kafka are not beside this Mooring (MOORING_ENGINES, kafka/)");
        }
        return java.isEmpty() ? Optional.of(JavaRuntime.MISSING) : Optional.empty();
    }

    /** @throws IOException when there is none */
    public JavaRuntime java() throws IOException {
        return java.orElseThrow(() -> new IOException(JavaRuntime.MISSING));
    }

    /** @throws IOException when there are no jars of it */
    public Chosen of(String minor) throws IOException {
        KafkaBundle bundle = bundle(minor);
        return new Chosen(bundle.version(), bundle.unpacked(home).getFileName().toString());
    }

    /** The same with the newest of its version that there is to run. */
    public KafkaManifest newest(KafkaManifest manifest) throws IOException {
        String minor = KafkaBundle.minor(manifest.version());
        return bundles.containsKey(minor) ? upgraded(manifest, minor) : manifest;
    }

    /** The same with the newest of another version. */
    public KafkaManifest upgraded(KafkaManifest manifest, String minor) throws IOException {
        Chosen chosen = of(minor);
        return manifest.updated(chosen.version(), chosen.jars());
    }

    /** Its own, as long as they are there. */
    public Path jarsOf(KafkaManifest manifest) throws IOException {
        Path own = home.engines().resolve(manifest.jars());
        return Files.isDirectory(own)
                ? own
                : bundle(KafkaBundle.minor(manifest.version())).unpacked(home);
    }

    private KafkaBundle bundle(String minor) throws IOException {
        if (!bundles.containsKey(minor)) {
            throw new IOException(
                    "the jars of Kafka " + minor + " are not beside this Mooring (MOORING_ENGINES, kafka/)");
        }
        return bundles.get(minor);
    }
}
