package dev.mooring.dataplane.local.kafka;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.Topics;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.cluster.LocalSettings;
import dev.mooring.home.Authorities;
import dev.mooring.home.MooringHome;
import dev.mooring.operation.Node;
import dev.mooring.process.Handover;
import dev.mooring.process.kafka.BrokerFiles;
import dev.mooring.process.kafka.BrokerProcess;
import dev.mooring.process.kafka.JavaRuntime;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.admin.Admin;
import org.jboss.logging.Logger;

/** The brokers of this machine as files and processes. What programs share. */
@ApplicationScoped
class Brokers {

    private static final Logger LOG = Logger.getLogger(Brokers.class);
    private static final int MOST = 3;
    private static final int CONNECT_LIMIT_MS = 1000;
    private static final Duration COMPLETE_LIMIT = Duration.ofSeconds(90);
    private static final Duration GLANCE = Duration.ofMillis(100);

    private final MooringHome home;
    private final Authorities authorities;
    private final LocalClusters clusters;
    private final LocalSettings settings;
    private final AdminClients admins;
    private final KafkaVersions versions;

    Brokers(
            MooringHome home,
            Authorities authorities,
            LocalClusters clusters,
            LocalSettings settings,
            AdminClients admins,
            KafkaVersions versions) {
        this.home = home;
        this.authorities = authorities;
        this.clusters = clusters;
        this.settings = settings;
        this.admins = admins;
        this.versions = versions;
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
    KafkaVersions versions() {
        return versions;
    }

    KafkaFolder folder(UUID id) {
        return KafkaFolder.of(home, id);
    }

    LocalClusters clusters() {
        return clusters;
    }

    /** Of every broker that the cluster may have. */
    List<ReentrantLock> locks(UUID id) {
        List<ReentrantLock> locks = new ArrayList<>();
        for (int i = 1; i <= MOST; i++) {
            locks.add(clusters.supervisor().lock(folder(id).key(i)));
        }
        return locks;
    }

    KafkaManifest wanted(ClusterSpec wish) throws IOException {
        KafkaVersions.Chosen chosen = versions.of(wish.version());
        return KafkaManifest.of(wish, chosen.version(), chosen.jars(), clusters.bind(), names(wish));
    }

    /** With as many brokers as the wish has; they run the newest of its version. */
    KafkaManifest grown(ClusterSpec wish, KafkaManifest manifest) throws IOException {
        KafkaManifest grown = manifest.grown(wish);
        return grown.brokers().equals(manifest.brokers()) ? manifest : versions.newest(grown);
    }

    /** All that clients may call the cluster by. */
    List<String> names(ClusterSpec wish) {
        List<String> names = new ArrayList<>();
        names.add(wish.host());
        names.addAll(wish.hostNames());
        if (!settings.bind().equals("0.0.0.0") && !names.contains(settings.bind())) {
            names.add(settings.bind());
        }
        return names;
    }

    /** Makes the folders and writes every file of the brokers; who may come in first. */
    void write(KafkaManifest manifest) throws IOException {
        makeFolders(folder(manifest.id()), manifest.brokers());
        writeSources(manifest, manifest.sources());
        writeAccess(manifest, manifest.access());
        writeEveryCertificate(manifest);
        for (KafkaManifest.Broker broker : manifest.brokers()) {
            writeSettings(manifest, broker);
        }
    }

    /** The same for brokers that are new to a cluster that serves: nothing of the others is touched. */
    void write(KafkaManifest manifest, List<KafkaManifest.Broker> added, KafkaFolder folder) throws IOException {
        makeFolders(folder, added);
        String certificate = issue(manifest.names(), false);
        String identity = issue(List.of(manifest.brokerName(), "127.0.0.1"), true);
        for (KafkaManifest.Broker broker : added) {
            BrokerFiles files = folder.broker(broker.id());
            file(files.sources(), BrokerSettings.sources(manifest.sources()));
            file(files.access(), BrokerSettings.access(manifest.access()));
            file(files.authorities(), authorities());
            file(files.certificate(), certificate);
            file(files.identity(), identity);
            file(files.settings(), BrokerSettings.render(manifest, broker, files));
            file(files.logging(), BrokerSettings.logging(files));
        }
    }

    private void makeFolders(KafkaFolder folder, List<KafkaManifest.Broker> of) throws IOException {
        Handover.passage(folder.root());
        for (KafkaManifest.Broker broker : of) {
            BrokerFiles files = folder.broker(broker.id());
            Handover.passage(files.root());
            Handover.folder(files.data(), clusters.account());
            Handover.folder(files.logs(), clusters.account());
        }
    }

    /** Whether a broker's file says something else than it should. */
    boolean differ(KafkaManifest manifest) throws IOException {
        for (KafkaManifest.Broker broker : manifest.brokers()) {
            BrokerFiles files = folder(manifest.id()).broker(broker.id());
            if (Files.notExists(files.settings())
                    || !Files.readString(files.settings()).equals(BrokerSettings.render(manifest, broker, files))) {
                return true;
            }
        }
        return false;
    }

    boolean hasFiles(KafkaManifest manifest, KafkaManifest.Broker broker) {
        return Files.exists(folder(manifest.id()).broker(broker.id()).settings());
    }

    /** @return whether they are others than there were */
    boolean writeSettings(KafkaManifest manifest, KafkaManifest.Broker broker) throws IOException {
        BrokerFiles files = folder(manifest.id()).broker(broker.id());
        String settings = BrokerSettings.render(manifest, broker, files);
        // In a folder that only Mooring changes.
        boolean others = Files.notExists(files.settings())
                || !Files.readString(files.settings()).equals(settings);
        file(files.settings(), settings);
        file(files.logging(), BrokerSettings.logging(files));
        return others;
    }

    /** Whether a broker of this machine could listen there. */
    boolean free(int port) {
        return clusters.portFree(port) && !open(port);
    }

    /** Whether somebody listens there on the address that brokers and Mooring meet at. */
    boolean open(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress("127.0.0.1", port), CONNECT_LIMIT_MS);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    void writeSources(KafkaManifest manifest, List<String> sources) throws IOException {
        for (KafkaManifest.Broker broker : manifest.brokers()) {
            file(folder(manifest.id()).broker(broker.id()).sources(), BrokerSettings.sources(sources));
        }
    }

    /** @param users by the fingerprints of their certificates */
    void writeAccess(KafkaManifest manifest, Map<String, String> users) throws IOException {
        for (KafkaManifest.Broker broker : manifest.brokers()) {
            file(folder(manifest.id()).broker(broker.id()).access(), BrokerSettings.access(users));
        }
    }

    UserCertificates userCertificates() {
        return new UserCertificates(authorities, clusters.vault());
    }

    /** The certificate that clients see. */
    void writeCertificates(KafkaManifest manifest) throws IOException {
        String pem = issue(manifest.names(), false);
        for (KafkaManifest.Broker broker : manifest.brokers()) {
            file(folder(manifest.id()).broker(broker.id()).certificate(), pem);
        }
    }

    private void writeIdentities(KafkaManifest manifest) throws IOException {
        KafkaFolder folder = folder(manifest.id());
        String pem = issue(List.of(manifest.brokerName(), "127.0.0.1"), true);
        for (KafkaManifest.Broker broker : manifest.brokers()) {
            file(folder.broker(broker.id()).identity(), pem);
        }
        MooringHome.write(folder.admin(), issue(List.of(manifest.adminName()), true), "rw-------");
        forgetAdmin(manifest.id());
    }

    /** All of them, and those whom they believe. In force for each broker when it starts. */
    void writeEveryCertificate(KafkaManifest manifest) throws IOException {
        writeAuthorities(manifest);
        writeCertificates(manifest);
        writeIdentities(manifest);
    }

    /** Whether every broker takes part within a while. Blocks. */
    boolean awaitComplete(KafkaManifest manifest) throws IOException, InterruptedException {
        Instant end = Instant.now().plus(COMPLETE_LIMIT);
        while (!complete(manifest)) {
            if (Instant.now().isAfter(end)) {
                return false;
            }
            Thread.sleep(GLANCE);
        }
        return true;
    }

    /** Whether every partition has all of its copies in step within a while. Blocks. */
    boolean awaitInStep(KafkaManifest manifest) throws IOException, InterruptedException {
        Instant end = Instant.now().plus(COMPLETE_LIMIT);
        while (Lag.behind(admin(manifest)) > 0) {
            if (Instant.now().isAfter(end)) {
                return false;
            }
            Thread.sleep(GLANCE);
        }
        return true;
    }

    boolean complete(KafkaManifest manifest) throws IOException, InterruptedException {
        // A port that is not open yet costs the client a pause, which doubles.
        if (!manifest.brokers().stream().allMatch(broker -> open(broker.internal()))) {
            return false;
        }
        try {
            return AdminClients.answer(admin(manifest).describeCluster().nodes())
                            .size()
                    == manifest.brokers().size();
        } catch (Topics.Unreachable e) {
            return false;
        }
    }

    private void writeAuthorities(KafkaManifest manifest) throws IOException {
        KafkaFolder folder = folder(manifest.id());
        String bundlePem = authorities();
        MooringHome.write(folder.root().resolve("ca.pem"), bundlePem, "rw-r--r--");
        for (KafkaManifest.Broker broker : manifest.brokers()) {
            file(folder.broker(broker.id()).authorities(), bundlePem);
        }
    }

    private String authorities() throws IOException {
        try {
            return authorities.clusters().bundle();
        } catch (GeneralSecurityException e) {
            throw new IOException("the clusters' CA cannot be read", e);
        }
    }

    private String issue(List<String> names, boolean forPeers) throws IOException {
        try {
            return forPeers
                    ? authorities.clusters().issueForPeers(names)
                    : authorities.clusters().issue(names);
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException("cannot issue a certificate for " + names, e);
        }
    }

    private void file(Path file, String content) throws IOException {
        Handover.file(file, content, clusters.account());
    }

    BrokerProcess process(KafkaManifest manifest, KafkaManifest.Broker broker) throws IOException {
        return process(manifest, broker, List.of());
    }

    /** With what it makes its folder of, where it has none yet. */
    BrokerProcess firstProcess(KafkaManifest manifest, KafkaManifest.Broker broker) throws IOException {
        return process(
                manifest, broker, List.of(BrokerSettings.clusterId(manifest), BrokerSettings.controllers(manifest)));
    }

    /** For one that comes to others: it makes its folder without a voice among the controllers. */
    BrokerProcess joiningProcess(KafkaManifest manifest, KafkaManifest.Broker broker) throws IOException {
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
    void watch(KafkaManifest manifest) throws IOException {
        for (KafkaManifest.Broker broker : manifest.brokers()) {
            clusters.supervisor().watch(folder(manifest.id()).key(broker.id()), process(manifest, broker));
        }
    }

    /** Ends every broker, in whatever state the files are. Without its manifest nobody starts one again. */
    void end(UUID id) throws IOException, InterruptedException {
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
    void remove(KafkaManifest others, KafkaManifest.Broker broker) throws IOException, InterruptedException {
        KafkaFolder folder = folder(others.id());
        clusters.supervisor().forget(folder.key(broker.id()));
        process(others, broker).fence();
        new Quorum(admin(others)).forget(broker.id());
        MooringHome.deleteTree(folder.broker(broker.id()).root());
    }

    void remove(UUID id) throws IOException, InterruptedException {
        end(id);
        MooringHome.deleteTree(folder(id).root());
    }

    Admin admin(KafkaManifest manifest) throws IOException {
        return admins.of(manifest, folder(manifest.id()));
    }

    /** Asked again with the certificate that there is now. */
    private void forgetAdmin(UUID id) {
        admins.close(id);
    }
}
