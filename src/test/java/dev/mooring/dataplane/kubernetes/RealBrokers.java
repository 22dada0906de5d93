package dev.mooring.dataplane.kubernetes;

import dev.mooring.dataplane.kafka.Answers;
import dev.mooring.dataplane.kafka.Features;
import dev.mooring.home.CertificateAuthority;
import dev.mooring.home.MooringHome;
import dev.mooring.process.kafka.JavaRuntime;
import dev.mooring.process.kafka.KafkaBundle;
import java.io.IOException;
import java.io.Writer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.awaitility.Awaitility;

/**
 * Real brokers that stand for the pods of one cluster: with the listeners, the authorization and the settings that its Kafka object says.
 * Whoever is Strimzi here comes in where nobody else does.
 */
final class RealBrokers implements AutoCloseable {

    private static final String CLUSTER_ID = "TXktY2x1c3Rlci1pZC0wMQ";
    private static final String LOOPBACK = "127.0.0.1";
    private static final List<String> FOLDERS =
            List.of("TXktZm9sZGVyLWlkLTAwMA", "TXktZm9sZGVyLWlkLTAwMQ", "TXktZm9sZGVyLWlkLTAwMg");

    private final Path folder;
    private final Path certificate;
    private final List<Process> processes = new ArrayList<>();
    private final List<Broker> brokers = new ArrayList<>();
    private Admin admin;

    private record Broker(int clients, int control, int internal, int controller) {}

    RealBrokers(CertificateAuthority authority, int count) throws Exception {
        folder = Files.createTempDirectory("mooring-brokers");
        certificate = folder.resolve("server.pem");
        Files.writeString(certificate, authority.issue(List.of("localhost", LOOPBACK)));
        for (int i = 0; i < count; i++) {
            int[] ports = freePorts();
            brokers.add(new Broker(ports[0], ports[1], ports[2], ports[3]));
        }
    }

    private static int[] freePorts() throws IOException {
        List<ServerSocket> held = new ArrayList<>();
        try {
            for (int i = 0; i < 4; i++) {
                held.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
            }
            return held.stream().mapToInt(ServerSocket::getLocalPort).toArray();
        } finally {
            for (ServerSocket socket : held) {
                socket.close();
            }
        }
    }

    String clusterId() {
        return CLUSTER_ID;
    }

    String clients() {
        return brokers.stream().map(broker -> LOOPBACK + ":" + broker.clients()).collect(Collectors.joining(","));
    }

    String control() {
        return brokers.stream().map(broker -> LOOPBACK + ":" + broker.control()).collect(Collectors.joining(","));
    }

    /** Whoever Strimzi is. */
    Admin admin() {
        return admin;
    }

    /** Raises the form of their metadata to the newest that all of them know, as Strimzi does when nobody holds it. */
    void raise() throws Exception {
        new Features(admin).raise();
    }

    /** Starts them, or starts them again with other settings. */
    void run(String version, List<String> superUsers, Map<String, String> config) throws Exception {
        stop();
        KafkaBundle bundle = KafkaBundle.all().stream()
                .filter(one -> one.minor().equals(KafkaBundle.minor(version)))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("there is no Kafka " + version));
        Path jars = bundle.unpacked(MooringHome.configured());
        String controllers = IntStream.range(0, brokers.size())
                .mapToObj(id -> id + "@" + LOOPBACK + ":" + brokers.get(id).controller() + ":" + FOLDERS.get(id))
                .collect(Collectors.joining(","));
        for (int id = 0; id < brokers.size(); id++) {
            Path own = Files.createDirectories(folder.resolve("broker-" + id));
            Path settings = own.resolve("server.properties");
            try (Writer out = Files.newBufferedWriter(settings)) {
                settings(id, superUsers, config).store(out, null);
            }
            processes.add(new ProcessBuilder(
                            JavaRuntime.find().orElseThrow().program(),
                            "-Xmx160m",
                            "-XX:+UseSerialGC",
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            jars.resolve("*").toString(),
                            "dev.mooring.process.kafka.broker.Broker",
                            settings.toString(),
                            CLUSTER_ID,
                            controllers)
                    .directory(own.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(own.resolve("log").toFile())
                    .start());
        }
        Properties own = Answers.clientSettings();
        own.put(
                "bootstrap.servers",
                brokers.stream()
                        .map(broker -> LOOPBACK + ":" + broker.internal())
                        .collect(Collectors.joining(",")));
        admin = Admin.create(own);
        Awaitility.await("every broker takes part")
                .atMost(Duration.ofSeconds(90))
                .pollInterval(Duration.ofMillis(100))
                .until(this::complete);
    }

    private boolean complete() throws Exception {
        if (processes.stream().anyMatch(process -> !process.isAlive())) {
            throw new IllegalStateException("a broker does not start: "
                    + Files.readString(folder.resolve("broker-0").resolve("log")));
        }
        try {
            return Answers.of(admin.describeCluster().nodes()).size() == brokers.size();
        } catch (RuntimeException starting) {
            return false;
        }
    }

    private Properties settings(int id, List<String> superUsers, Map<String, String> config) {
        Broker broker = brokers.get(id);
        String listeners = "CLIENTS://" + LOOPBACK + ":" + broker.clients() + ",CONTROL://" + LOOPBACK + ":"
                + broker.control() + ",INTERNAL://" + LOOPBACK + ":" + broker.internal() + ",CONTROLLER://" + LOOPBACK
                + ":" + broker.controller();
        Properties all = new Properties();
        all.putAll(config);
        all.put("process.roles", "broker,controller");
        all.put("node.id", Integer.toString(id));
        all.put("log.dirs", folder.resolve("broker-" + id).resolve("data").toString());
        all.put("listeners", listeners);
        all.put("advertised.listeners", listeners);
        all.put(
                "listener.security.protocol.map",
                "CLIENTS:SASL_SSL,CONTROL:SASL_SSL,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT");
        all.put("inter.broker.listener.name", "INTERNAL");
        all.put("controller.listener.names", "CONTROLLER");
        all.put(
                "controller.quorum.bootstrap.servers",
                brokers.stream()
                        .map(other -> LOOPBACK + ":" + other.controller())
                        .collect(Collectors.joining(",")));
        all.put("sasl.enabled.mechanisms", "SCRAM-SHA-512");
        for (String listener : List.of("listener.name.clients.", "listener.name.control.")) {
            all.put(
                    listener + "scram-sha-512.sasl.jaas.config",
                    "org.apache.kafka.common.security.scram.ScramLoginModule required;");
            all.put(listener + "ssl.keystore.type", "PEM");
            all.put(listener + "ssl.keystore.location", certificate.toString());
        }
        all.put("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer");
        all.put(
                "super.users",
                superUsers.stream().map(user -> ";User:" + user).collect(Collectors.joining("", "User:ANONYMOUS", "")));
        all.put("log.cleaner.dedupe.buffer.size", "4194304");
        all.put("broker.session.timeout.ms", "6000");
        all.put("broker.heartbeat.interval.ms", "1000");
        all.put("group.initial.rebalance.delay.ms", "0");
        all.putAll(config);
        return all;
    }

    private void stop() throws InterruptedException {
        if (admin != null) {
            admin.close(Duration.ZERO);
            admin = null;
        }
        processes.forEach(Process::destroy);
        for (Process process : processes) {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        }
        processes.clear();
    }

    @Override
    public void close() throws Exception {
        stop();
        MooringHome.deleteTree(folder);
    }
}
