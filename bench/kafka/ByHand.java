import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;

/** One broker that is formatted and started by hand. */
final class ByHand implements Brokers {

    /** Mooring's own. */
    private static final List<String> SMALL =
            List.of("-Xms48m", "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");
    /** Those of bin/kafka-server-start.sh. */
    private static final List<String> OF_ITS_SCRIPT = List.of(
            "-Xms1G",
            "-Xmx1G",
            "-XX:+UseG1GC",
            "-XX:MaxGCPauseMillis=20",
            "-XX:InitiatingHeapOccupancyPercent=35",
            "-XX:+ExplicitGCInvokesConcurrent",
            "-Djava.awt.headless=true");

    private final Path folder = Files.createTempDirectory("kafka-bench");
    private final Path settings = folder.resolve("server.properties");
    private final Properties client = new Properties();
    private final List<String> options;
    private Process broker;

    /**
     * With a topic of one partition.
     *
     * @param secure whether clients log in with a password, over TLS
     * @param script whether it is started as Kafka's own script does
     */
    ByHand(boolean secure, boolean script) throws Exception {
        options = script ? OF_ITS_SCRIPT : SMALL;
        int port = freePort();
        int inside = freePort();
        int controller = freePort();
        String protocol = secure ? "SASL_SSL" : "PLAINTEXT";
        Files.writeString(
                settings,
                """
                process.roles=broker,controller
                node.id=1
                log.dirs=%s/logs
                listeners=CLIENT://127.0.0.1:%d,INSIDE://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d
                advertised.listeners=CLIENT://127.0.0.1:%d,INSIDE://127.0.0.1:%d
                inter.broker.listener.name=INSIDE
                listener.security.protocol.map=CLIENT:%s,INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT
                controller.listener.names=CONTROLLER
                controller.quorum.bootstrap.servers=127.0.0.1:%d
                offsets.topic.replication.factor=1
                offsets.topic.num.partitions=12
                num.network.threads=2
                num.io.threads=2
                log.cleaner.dedupe.buffer.size=4194304
                """
                        .formatted(folder, port, inside, controller, port, inside, protocol, controller));
        List<String> format = new ArrayList<>(List.of(
                "kafka.tools.StorageTool", "format", "-t", "Z0pOhZoZTBmfMtTxJcuhwA", "-c", settings.toString(),
                "--standalone"));
        client.put("bootstrap.servers", "127.0.0.1:" + port);
        client.put("reconnect.backoff.max.ms", "50");
        if (secure) {
            secure();
            format.addAll(List.of("--add-scram", "SCRAM-SHA-256=[name=bench,password=bench-password]"));
        }
        if (java(SMALL, format).waitFor() != 0) {
            throw new IllegalStateException("the broker's folder cannot be made: " + Files.readString(folder.resolve("log")));
        }
        revive();
        try (Admin admin = Admin.create(client)) {
            admin.createTopics(List.of(new NewTopic("first", 1, (short) 1))).all().get();
        }
    }

    private void secure() throws Exception {
        Path keys = folder.resolve("keys.p12");
        keytool("-genkeypair", "-alias", "broker", "-keyalg", "EC", "-groupname", "secp256r1", "-dname", "CN=127.0.0.1", "-ext",
                "SAN=IP:127.0.0.1", "-keystore", keys.toString());
        Files.writeString(
                settings,
                """
                sasl.enabled.mechanisms=SCRAM-SHA-256
                listener.name.client.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
                ssl.keystore.type=PKCS12
                ssl.keystore.location=%s
                ssl.keystore.password=changeit
                ssl.key.password=changeit
                """
                        .formatted(keys),
                java.nio.file.StandardOpenOption.APPEND);
        client.put("security.protocol", "SASL_SSL");
        client.put("sasl.mechanism", "SCRAM-SHA-256");
        client.put(
                "sasl.jaas.config",
                "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"bench\""
                        + " password=\"bench-password\";");
        client.put("ssl.truststore.type", "PKCS12");
        client.put("ssl.truststore.location", keys.toString());
        client.put("ssl.truststore.password", "changeit");
        keytool("-exportcert", "-alias", "broker", "-file", folder.resolve("broker.crt").toString(), "-keystore", keys.toString());
        Path trusted = folder.resolve("trusted.p12");
        keytool("-importcert", "-noprompt", "-alias", "broker", "-file", folder.resolve("broker.crt").toString(), "-keystore",
                trusted.toString());
        client.put("ssl.truststore.location", trusted.toString());
    }

    private static void keytool(String... words) throws Exception {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
        command.addAll(List.of(words));
        command.addAll(List.of("-storetype", "PKCS12", "-storepass", "changeit"));
        if (new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor()
                != 0) {
            throw new IllegalStateException("keytool " + words[0] + " failed");
        }
    }

    private Process java(List<String> options, List<String> words) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.add("-cp");
        command.add(Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(jar -> Path.of(jar).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator)));
        command.addAll(words);
        return new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    @Override
    public Properties client() {
        return client;
    }

    @Override
    public long pid(int number) {
        return broker.pid();
    }

    @Override
    public void revive() throws IOException {
        broker = java(options, List.of("kafka.Kafka", settings.toString()));
    }

    @Override
    public void close() throws InterruptedException {
        broker.destroyForcibly().waitFor();
    }
}
