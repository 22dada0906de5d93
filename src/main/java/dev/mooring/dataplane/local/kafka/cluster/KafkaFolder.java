package dev.mooring.dataplane.local.kafka.cluster;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.home.DurableFiles;
import dev.mooring.home.MooringHome;
import dev.mooring.process.kafka.BrokerFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;

/** The files of one cluster. */
public record KafkaFolder(UUID id, Path root) {

    private static final ObjectMapper JSON = new ObjectMapper();

    public static KafkaFolder of(MooringHome home, UUID id) {
        return new KafkaFolder(id, home.cluster(id));
    }

    public BrokerFiles broker(int number) {
        return new BrokerFiles(root.resolve("broker" + number));
    }

    /** What users call a broker. */
    public static String node(int number) {
        return "broker-" + number;
    }

    /** Tells brokers apart where servers are watched and locked; the first one has the id of its cluster, where others begin to look. */
    public UUID key(int number) {
        return number == 1 ? id : UUID.nameUUIDFromBytes((id + "/broker" + number).getBytes(StandardCharsets.UTF_8));
    }

    /** Mooring's own certificate and key, for this cluster alone. */
    public Path admin() {
        return root.resolve("admin.pem");
    }

    private Path file() {
        return root.resolve("kafka.json");
    }

    /**
     * Empty until the cluster should run, and again once it should not.
     *
     * @throws IOException also for one that is damaged
     */
    public Optional<KafkaManifest> manifest() throws IOException {
        try {
            KafkaManifest manifest = JSON.readValue(Files.readAllBytes(file()), KafkaManifest.class);
            if (manifest != null && manifest.whole()) {
                return Optional.of(manifest);
            }
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (JacksonException e) {
            throw new IOException(file() + " is damaged: it does not say what should run there", e);
        }
        throw new IOException(file() + " is damaged: it does not say what should run there");
    }

    public void write(KafkaManifest manifest) throws IOException {
        MooringHome.write(file(), JSON.writeValueAsString(manifest), "rw-------");
    }

    public void forget() throws IOException {
        DurableFiles.delete(file());
    }
}
