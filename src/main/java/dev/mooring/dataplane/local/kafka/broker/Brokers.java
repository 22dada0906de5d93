package dev.mooring.dataplane.local.kafka.broker;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.Topics;
import dev.mooring.dataplane.kafka.Answers;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.cluster.LocalSettings;
import dev.mooring.dataplane.local.kafka.admin.AdminClients;
import dev.mooring.dataplane.local.kafka.admin.Quorum;
import dev.mooring.dataplane.local.kafka.cluster.BrokerSettings;
import dev.mooring.dataplane.local.kafka.cluster.KafkaFolder;
import dev.mooring.dataplane.local.kafka.cluster.KafkaManifest;
import dev.mooring.dataplane.local.kafka.cluster.KafkaVersions;
import dev.mooring.home.MooringHome;
import dev.mooring.operation.Node;
import dev.mooring.process.kafka.BrokerProcess;
import dev.mooring.process.kafka.JavaRuntime;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.jboss.logging.Logger;

/** The brokers of this machine as processes. What programs share. */
@ApplicationScoped
public class Brokers {

    private static final Logger LOG = Logger.getLogger(Brokers.class);
    private static final int MOST = 3;
    private static final int CONNECT_LIMIT_MS = 1000;

    private final BrokerFolders files;
    private final LocalClusters clusters;
    private final LocalSettings settings;
    private final AdminClients admins;
    private final KafkaVersions versions;
    private final ClassArchives archives;

    Brokers(
            BrokerFolders files,
            LocalClusters clusters,
            LocalSettings settings,
            AdminClients admins,
            KafkaVersions versions,
            ClassArchives archives) {
        this.files = files;
        this.clusters = clusters;
        this.settings = settings;
        this.admins = admins;
        this.versions = versions;
        this.archives = archives;
    }

    /** Before the engine takes up operations: every cluster that an earlier Mooring left is found again. */
    void start(@Observes @Priority(501) StartupEvent event, Node node) {
        if (node.worker()) {
            clusters.folders().forEach(folder -> adopt(folder.id()));
        }
    }

    private void adopt(UUID id) {
        KafkaFolder folder = folder(id);
        try {
            Optional<KafkaManifest> manifest = folder.manifest();
            if (manifest.isPresent()) {
                watch(manifest.get());
                LOG.infof(
                        "cluster %s: Kafka %s, brokers that run are adopted",
                        id, manifest.get().version());
            }
        } catch (IOException | RuntimeException e) {
            LOG.errorf(e, "cluster %s cannot be taken up; its files are left as they are", id);
            clusters.broken().add(folder.root(), e);
        }
    }

    /** What there is to run. */
    public KafkaVersions versions() {
        return versions;
    }

    /** What lies in their folders. */
    public BrokerFolders files() {
        return files;
    }

    public KafkaFolder folder(UUID id) {
        return files.of(id);
    }

    public LocalClusters clusters() {
        return clusters;
    }

    /** The locks of brokers, until it is closed by the thread that has them. */
    public record Held(List<ReentrantLock> locks) implements AutoCloseable {
        @Override
        public void close() {
            locks.reversed().forEach(ReentrantLock::unlock);
        }
    }

    /**
     * Takes the locks of every broker that the cluster may have; empty when somebody else has one of them.
     *
     * @param patience for each
     */
    public Optional<Held> hold(UUID id, Duration patience) throws InterruptedException {
        Held held = new Held(new ArrayList<>());
        // Always in the order of the brokers: two of them never wait for each other.
        for (int i = 1; i <= MOST; i++) {
            ReentrantLock lock = clusters.supervisor().lock(folder(id).key(i));
            boolean taken = false;
            try {
                taken = lock.tryLock(patience.toMillis(), TimeUnit.MILLISECONDS);
            } finally {
                if (!taken) {
                    held.close();
                }
            }
            if (!taken) {
                return Optional.empty();
            }
            held.locks().add(lock);
        }
        return Optional.of(held);
    }

    public KafkaManifest wanted(ClusterSpec wish) throws IOException {
        KafkaVersions.Chosen chosen = versions.of(wish.version());
        return KafkaManifest.of(wish, chosen.version(), chosen.jars(), clusters.bind(), names(wish));
    }

    /** With as many brokers as the wish has; they run the newest of its version. */
    public KafkaManifest grown(ClusterSpec wish, KafkaManifest manifest) throws IOException {
        KafkaManifest grown = manifest.grown(wish);
        return grown.brokers().equals(manifest.brokers()) ? manifest : versions.newest(grown);
    }

    /** All that clients may call the cluster by. */
    public List<String> names(ClusterSpec wish) {
        List<String> names = new ArrayList<>();
        names.add(wish.host());
        names.addAll(wish.hostNames());
        if (!settings.bind().equals("0.0.0.0") && !names.contains(settings.bind())) {
            names.add(settings.bind());
        }
        return names;
    }

    /** Whether a broker of this machine could listen there. */
    public boolean free(int port) {
        return clusters.portFree(port) && !open(port);
    }

    /** Whether somebody listens there on the address that brokers and Mooring meet at. */
    public boolean open(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress("127.0.0.1", port), CONNECT_LIMIT_MS);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Whether every broker takes part. Blocks. */
    public boolean complete(KafkaManifest manifest) throws IOException, InterruptedException {
        // A port that is not open yet costs the client a pause, which doubles.
        return manifest.brokers().stream().allMatch(broker -> open(broker.internal()))
                && present(manifest).size() == manifest.brokers().size();
    }

    /** The numbers of those that take part, as far as the others know. Blocks. */
    public Set<Integer> present(KafkaManifest manifest) throws IOException, InterruptedException {
        Set<Integer> listening = manifest.brokers().stream()
                .filter(broker -> open(broker.internal()))
                .map(KafkaManifest.Broker::id)
                .collect(Collectors.toSet());
        if (listening.isEmpty()) {
            return listening;
        }
        try {
            Set<Integer> known = Answers.of(admin(manifest).describeCluster().nodes()).stream()
                    .map(org.apache.kafka.common.Node::id)
                    .collect(Collectors.toSet());
            listening.retainAll(known);
            return listening;
        } catch (Topics.Unreachable e) {
            return Set.of();
        }
    }

    public BrokerProcess process(KafkaManifest manifest, KafkaManifest.Broker broker) throws IOException {
        return process(manifest, broker, List.of());
    }

    /** With what it makes its folder of, where it has none yet. */
    public BrokerProcess firstProcess(KafkaManifest manifest, KafkaManifest.Broker broker) throws IOException {
        return process(
                manifest, broker, List.of(BrokerSettings.clusterId(manifest), BrokerSettings.controllers(manifest)));
    }

    /** For one that comes to others: it makes its folder without a voice among the controllers. */
    public BrokerProcess joiningProcess(KafkaManifest manifest, KafkaManifest.Broker broker) throws IOException {
        return process(manifest, broker, List.of(BrokerSettings.clusterId(manifest), BrokerSettings.NO_CONTROLLERS));
    }

    private BrokerProcess process(KafkaManifest manifest, KafkaManifest.Broker broker, List<String> first)
            throws IOException {
        return new BrokerProcess(
                versions.java(),
                versions.jarsOf(manifest),
                folder(manifest.id()).broker(broker.id()),
                clusters.account(),
                manifest.heapMib(),
                first);
    }

    /** From then on they are kept running. */
    public void watch(KafkaManifest manifest) throws IOException {
        for (KafkaManifest.Broker broker : manifest.brokers()) {
            watch(manifest, broker);
        }
        archives.makeFor(manifest);
    }

    void watch(KafkaManifest manifest, KafkaManifest.Broker broker) throws IOException {
        clusters.supervisor()
                .watch(
                        folder(manifest.id()).key(broker.id()),
                        process(manifest, broker),
                        manifest.id(),
                        KafkaFolder.node(broker.id()));
    }

    /** Ends every broker, in whatever state the files are. Without its manifest nobody starts one again. */
    public void end(UUID id) throws IOException, InterruptedException {
        KafkaFolder folder = folder(id);
        for (int i = 1; i <= MOST; i++) {
            clusters.supervisor().forget(folder.key(i));
        }
        folder.forget();
        admins.close(id);
        for (int i = 1; i <= MOST; i++) {
            // What it would be started with does not matter any more.
            new BrokerProcess(
                            new JavaRuntime(Path.of("/"), ""),
                            Path.of("/"),
                            folder.broker(i),
                            clusters.account(),
                            0,
                            List.of())
                    .fence();
        }
    }

    /** Ends a broker that nothing depends on any more, and leaves nothing of it. */
    public void remove(KafkaManifest others, KafkaManifest.Broker broker) throws IOException, InterruptedException {
        KafkaFolder folder = folder(others.id());
        clusters.supervisor().forget(folder.key(broker.id()));
        process(others, broker).fence();
        new Quorum(admin(others)).forget(broker.id());
        MooringHome.deleteTree(folder.broker(broker.id()).root());
    }

    public void remove(UUID id) throws IOException, InterruptedException {
        end(id);
        MooringHome.deleteTree(folder(id).root());
    }

    public Admin admin(KafkaManifest manifest) throws IOException {
        return admins.of(manifest, folder(manifest.id()));
    }
}
