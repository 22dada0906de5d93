package dev.mooring.dataplane.local.cluster;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.home.DurableFiles;
import dev.mooring.home.MooringHome;
import dev.mooring.home.ServerCertificate;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jboss.logging.Logger;

/**
 * The files of one cluster: {@code data/} the data directory, {@code tls/}, {@code log/}, and the manifest that says what should run, by
 * which a later Mooring finds the cluster again.
 */
public record ClusterFolder(UUID id, Path root) {

    /** The side folder of the version before an upgrade. */
    public static final String PREVIOUS = "previous";

    private static final Logger LOG = Logger.getLogger(ClusterFolder.class);
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * What should run here.
     *
     * @param version exact server version
     * @param superuserSecret sealed password
     * @param hostNames other names in the certificate
     * @param applied the revision of the wish that the cluster matches
     * @param synchronousArchive whether commits wait for the archive
     * @param unarchived whether there is no archive
     */
    @RecordBuilder
    @RegisterForReflection
    public record Manifest(
            String major,
            String version,
            String bind,
            int port,
            String superuserSecret,
            List<String> hostNames,
            long applied,
            boolean synchronousArchive,
            boolean unarchived)
            implements ClusterFolderManifestBuilder.With {

        private boolean whole() {
            return major != null && version != null && bind != null && port > 0 && superuserSecret != null;
        }
    }

    public static ClusterFolder of(MooringHome home, UUID id) {
        return new ClusterFolder(id, home.cluster(id));
    }

    /** A second server of the same cluster, with files of its own inside this folder. */
    public ClusterFolder side(String name) {
        return new ClusterFolder(id, root.resolve(name));
    }

    /** Tells the servers of one cluster apart: the cluster's id, or one derived from it for the other side. */
    public UUID key() {
        String name = root.getFileName().toString();
        return name.equals(id.toString())
                ? id
                : UUID.nameUUIDFromBytes((id + "/" + name).getBytes(StandardCharsets.UTF_8));
    }

    public Path data() {
        return root.resolve("data");
    }

    /** Of the certificate and its key. Beside the data directory, which every user with REPLICATION may fetch. */
    public Path tls() {
        return root.resolve("tls");
    }

    public ServerCertificate certificate() {
        return new ServerCertificate(tls().resolve("server.pem"));
    }

    public Path partialData() {
        return root.resolve("data.partial");
    }

    public Path log() {
        return root.resolve("log");
    }

    public Path startLog() {
        return log().resolve("start.log");
    }

    private Path file() {
        return root.resolve("cluster.json");
    }

    /**
     * Empty until the cluster should run, and again once it should not.
     *
     * @throws IOException also for one that is damaged
     */
    public Optional<Manifest> manifest() throws IOException {
        byte[] content;
        try {
            content = Files.readAllBytes(file());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        Manifest manifest = null;
        try {
            manifest = JSON.readValue(content, Manifest.class);
        } catch (JacksonException e) {
            // It may hold a secret: what the parser says of it is not repeated.
            LOG.debugf("%s cannot be read: %s", file(), e.getOriginalMessage());
        }
        if (manifest == null || !manifest.whole()) {
            throw new IOException(
                    file() + " is damaged: it does not say what should run there. Put it back from a copy,"
                            + " or restore the cluster from its archive and delete this one");
        }
        return Optional.of(manifest);
    }

    public void write(Manifest manifest) throws IOException {
        MooringHome.write(file(), JSON.writeValueAsString(manifest), "rw-------");
    }

    public void forget() throws IOException {
        DurableFiles.delete(file());
    }
}
