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
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The files of one cluster: {@code data/} the data directory, {@code tls/}, {@code log/}, and the manifest that says what should run, by
 * which a later Mooring finds the cluster again.
 */
public record ClusterFolder(UUID id, Path root) {

    /** The side folder of the version before an upgrade. */
    public static final String PREVIOUS = "previous";

    public static final String FIRST_NODE = "node-1";
    private static final String STANDBY = "standby-";

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
     * @param node the name of the server whose data are in the main folder: the primary
     * @param term how often another one has become the primary
     * @param failovers how often of these because the one before was lost
     * @param standbys servers that should follow
     * @param follows what the server follows and never takes the place of; null for a cluster of its own
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
            boolean unarchived,
            String node,
            long term,
            long failovers,
            List<Standby> standbys,
            @Nullable Follows follows)
            implements ClusterFolderManifestBuilder.With {

        public Manifest {
            node = node == null ? FIRST_NODE : node;
            standbys = standbys == null ? List.of() : List.copyOf(standbys);
        }

        /** Of a read-only node. */
        public Follows requiredFollows() {
            return Objects.requireNonNull(follows, "the server follows no other cluster");
        }

        /**
         * Gives the cluster as many servers as there are ports for followers: those that it has stay, as far as they are wanted.
         */
        public Manifest withFollowersAt(List<Integer> ports) {
            List<Standby> wanted = new ArrayList<>();
            Set<String> names = new HashSet<>(Set.of(node));
            for (int slot = 1; slot <= ports.size(); slot++) {
                int number = slot;
                standbys.stream()
                        .filter(one -> one.slot() == number)
                        .findFirst()
                        .ifPresent(one -> {
                            wanted.add(one.withPort(ports.get(number - 1)));
                            names.add(one.name());
                        });
            }
            for (int slot = 1; slot <= ports.size(); slot++) {
                int number = slot;
                if (wanted.stream().noneMatch(one -> one.slot() == number)) {
                    String name = IntStream.iterate(1, n -> n + 1)
                            .mapToObj(n -> "node-" + n)
                            .filter(names::add)
                            .findFirst()
                            .orElseThrow();
                    wanted.add(new Standby(slot, name, ports.get(slot - 1)));
                }
            }
            wanted.sort(Comparator.comparingInt(Standby::slot));
            return withStandbys(wanted);
        }

        private boolean whole() {
            return major != null && version != null && bind != null && port > 0 && superuserSecret != null;
        }
    }

    /**
     * A server that follows.
     *
     * @param slot its folder's number, from 1
     * @param name stays with its data
     * @param port its own; with its place it gives that to the primary before it
     */
    @RecordBuilder
    @RegisterForReflection
    public record Standby(int slot, String name, int port) implements ClusterFolderStandbyBuilder.With {}

    /**
     * How a read-only node differs from the primary that it follows.
     *
     * @param cluster whose primary that is
     * @param atLeast server parameters that it has where the primary has less, with their units
     * @param sources networks that may connect; null for every network
     * @param pools whether it has connection pools
     * @param revision of the wish that this is from
     * @param leaving whether it is becoming a cluster of its own: nobody makes a follower of it any more
     */
    @RecordBuilder
    @RegisterForReflection
    public record Follows(
            UUID cluster,
            Map<String, String> atLeast,
            @Nullable List<String> sources,
            boolean pools,
            long revision,
            boolean leaving)
            implements ClusterFolderFollowsBuilder.With {}

    public static ClusterFolder of(MooringHome home, UUID id) {
        return new ClusterFolder(id, home.cluster(id));
    }

    /** A second server of the same cluster, with files of its own inside this folder. */
    public ClusterFolder side(String name) {
        return new ClusterFolder(id, root.resolve(name));
    }

    /** The side folder of a server that follows. */
    public ClusterFolder standby(int slot) {
        return side(STANDBY + slot);
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

    /** What the pools' process shows the server, which lets in nobody else from this machine for others. */
    public ServerCertificate poolerCertificate() {
        return new ServerCertificate(tls().resolve("pooler.pem"));
    }

    /** Who has to have signed the certificate of such a client. */
    public Path clientsAuthority() {
        return tls().resolve("clients-ca.pem");
    }

    /** The side folder of the cluster's connection pools. */
    public ClusterFolder pooler() {
        return side("pool");
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
        return read(file());
    }

    private static Optional<Manifest> read(Path file) throws IOException {
        byte[] content;
        try {
            content = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        Manifest manifest = null;
        try {
            manifest = JSON.readValue(content, Manifest.class);
        } catch (JacksonException e) {
            // It may hold a secret: what the parser says of it is not repeated.
            LOG.debugf("%s cannot be read: %s", file, e.getOriginalMessage());
        }
        if (manifest == null || !manifest.whole()) {
            throw new IOException(file + " is damaged: it does not say what should run there. Put it back from a copy,"
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

    private Path before() {
        return root.resolve("before.cluster.json");
    }

    /** Keeps what should have run until now, unless an earlier try of the same change has. */
    public void keepBefore(Manifest manifest) throws IOException {
        if (Files.notExists(before())) {
            MooringHome.write(before(), JSON.writeValueAsString(manifest), "rw-------");
        }
    }

    /** What {@link #keepBefore} has kept. */
    public Optional<Manifest> kept() throws IOException {
        return read(before());
    }

    public void forgetBefore() throws IOException {
        Files.deleteIfExists(before());
    }
}
