package dev.mooring.dataplane.local.kafka.broker;

import dev.mooring.dataplane.Topics;
import dev.mooring.dataplane.kafka.Answers;
import dev.mooring.dataplane.local.kafka.admin.AdminClients;
import dev.mooring.dataplane.local.kafka.cluster.BrokerSettings;
import dev.mooring.dataplane.local.kafka.cluster.KafkaFolder;
import dev.mooring.dataplane.local.kafka.cluster.KafkaManifest;
import dev.mooring.dataplane.local.kafka.cluster.KafkaVersions;
import dev.mooring.home.MooringHome;
import dev.mooring.process.ServerAccount;
import dev.mooring.process.kafka.BrokerFiles;
import dev.mooring.process.kafka.BrokerProcess;
import dev.mooring.process.kafka.ClassArchive;
import dev.mooring.time.Deadline;
import dev.mooring.time.Monotonic;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.jboss.logging.Logger;

/**
 * Makes the archives of classes, in the background, once for each version of Kafka and Java that clusters run: a broker that nobody
 * may connect to is started and ended again. Whoever could write into an archive would have his code run by every broker, so it is
 * made under an account that no server and no app has: where Mooring is not root there is only one anyway.
 */
@ApplicationScoped
class ClassArchives {

    private static final Logger LOG = Logger.getLogger(ClassArchives.class);
    /** Above all that {@code MOORING_APPS_UIDS} may name. */
    private static final int ACCOUNT = Integer.MAX_VALUE;

    private static final String LOOPBACK = "127.0.0.1";
    private static final int PORTS = 4;
    private static final int HEAP_MIB = 96;
    private static final Duration START_LIMIT = Duration.ofSeconds(90);
    private static final Duration END_LIMIT = Duration.ofMinutes(3);
    private static final Duration GLANCE = Duration.ofMillis(200);

    private final MooringHome home;
    private final KafkaVersions versions;
    private final BrokerFolders folders;
    private final AdminClients admins;
    private final Set<ClassArchive> begun = ConcurrentHashMap.newKeySet();
    private final ExecutorService one = Executors.newSingleThreadExecutor(
            Thread.ofVirtual().name("class-archives").factory());

    ClassArchives(MooringHome home, KafkaVersions versions, BrokerFolders folders, AdminClients admins) {
        this.home = home;
        this.versions = versions;
        this.folders = folders;
        this.admins = admins;
    }

    void stop(@Observes ShutdownEvent event) {
        one.shutdownNow();
    }

    /** For what the cluster runs, unless it is there or has been tried before. Returns at once. */
    void makeFor(KafkaManifest cluster) throws IOException {
        Path jars = versions.jarsOf(cluster);
        ClassArchive archive = new ClassArchive(versions.java(), jars);
        if (!archive.present() && begun.add(archive)) {
            one.execute(() -> make(archive, cluster.version()));
        }
    }

    private void make(ClassArchive archive, String version) {
        Path root = home.engines().resolve(archive.jars().getFileName() + ".recording");
        UUID id = UUID.nameUUIDFromBytes(root.toString().getBytes(StandardCharsets.UTF_8));
        KafkaFolder folder = new KafkaFolder(id, root);
        BrokerFiles files = folder.broker(1);
        Path recorded = files.data().resolve("classes");
        ServerAccount account = ServerAccount.numbered(ACCOUNT);
        try {
            KafkaManifest manifest = manifest(id, version, archive.jars());
            BrokerProcess process = new BrokerProcess(
                    archive.java(),
                    archive.jars(),
                    files,
                    account,
                    HEAP_MIB,
                    List.of(BrokerSettings.clusterId(manifest), BrokerSettings.controllers(manifest)),
                    recorded);
            try {
                // Of one that was cut off.
                process.fence();
                MooringHome.deleteTree(root);
                folders.writeAside(manifest, folder, account);
                long begin = Monotonic.nanos();
                process.start();
                use(manifest, folder, process);
                process.stop(END_LIMIT);
                archive.take(recorded);
                LOG.infof(
                        "Kafka %s: brokers start faster from now on; their classes were recorded in %d s",
                        version, Duration.ofNanos(Monotonic.nanos() - begin).toSeconds());
            } finally {
                admins.close(id);
                process.fence();
                MooringHome.deleteTree(root);
            }
        } catch (IOException | Topics.Unreachable e) {
            LOG.warnf(
                    "Kafka %s: brokers start as slowly as before, because their classes could not be recorded; the next start of"
                            + " Mooring tries again: %s",
                    version, e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Nobody is a trusted source of it, and no certificate is one of its users'. */
    private static KafkaManifest manifest(UUID id, String version, Path jars) throws IOException {
        List<Integer> ports = freePorts();
        return new KafkaManifest(
                id,
                version,
                jars.getFileName().toString(),
                LOOPBACK,
                LOOPBACK,
                List.of(LOOPBACK),
                List.of(new KafkaManifest.Broker(1, ports.get(0), ports.get(1), ports.get(2), ports.get(3))),
                HEAP_MIB,
                0,
                Map.of(),
                List.of(),
                List.of(),
                Map.of());
    }

    private static List<Integer> freePorts() throws IOException {
        List<ServerSocket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < PORTS; i++) {
                sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
            }
            return sockets.stream().map(ServerSocket::getLocalPort).toList();
        } finally {
            for (ServerSocket socket : sockets) {
                socket.close();
            }
        }
    }

    /** What every new cluster does first. */
    private void use(KafkaManifest manifest, KafkaFolder folder, BrokerProcess process)
            throws IOException, InterruptedException {
        Admin admin = admins.of(manifest, folder);
        for (Deadline end = Deadline.in(START_LIMIT); ; Thread.sleep(GLANCE)) {
            try {
                Answers.of(admin.describeCluster().nodes());
                break;
            } catch (Topics.Unreachable e) {
                if (!process.alive() || end.passed()) {
                    throw new IOException("the broker did not start: " + process.startFailure(), e);
                }
            }
        }
        Answers.of(admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion(
                        "nobody",
                        new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096),
                        UUID.randomUUID().toString())))
                .all());
        Answers.of(
                admin.createTopics(List.of(new NewTopic("first", 1, (short) 1))).all());
    }
}
