import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Properties;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * From "I want a Kafka" to the first record that was acknowledged and read, two ways, in turns: a POST to Mooring; and the same
 * broker formatted and started by hand, without TLS, users and rules.
 */
public class KafkaBench {

    private static final String url = env("MOORING_URL", "http://localhost:8080");
    private static final Path home = Path.of(env("MOORING_HOME", System.getProperty("user.home") + "/.mooring"));
    private static final HttpClient http = HttpClient.newHttpClient();
    private static String token;

    public static void main(String[] args) throws Exception {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 5;
        token = Files.readString(home.resolve("admin-token")).strip();
        double[] mooring = new double[rounds];
        double[] hand = new double[rounds];
        for (int i = 0; i < rounds; i++) {
            hand[i] = byHand();
            mooring[i] = byMooring();
            System.out.printf("round %d: Mooring %.0f ms, by hand %.0f ms%n", i + 1, mooring[i], hand[i]);
        }
        System.out.printf(
                "median: Mooring %.0f ms, by hand %.0f ms, ratio %.2f%n",
                median(mooring), median(hand), median(mooring) / median(hand));
    }

    private static double median(double[] times) {
        double[] sorted = times.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static String env(String name, String otherwise) {
        String set = System.getenv(name);
        return set == null || set.isBlank() ? otherwise : set;
    }

    private static double byMooring() throws Exception {
        long begin = System.nanoTime();
        String made = call(
                "POST",
                "/v2/databases",
                "{\"name\":\"bench-" + UUID.randomUUID().toString().substring(0, 8)
                        + "\",\"engine\":\"kafka\",\"num_nodes\":1,\"size\":\"db-s-2vcpu-2gb\",\"region\":\"nyc1\"}");
        String id = text(made, "id");
        try {
            while (!text(call("GET", "/v2/databases/" + id, null), "status").equals("online")) {
                Thread.sleep(5);
            }
            call("POST", "/v2/databases/" + id + "/topics", "{\"name\":\"first\",\"partition_count\":1}");
            Properties settings = new Properties();
            settings.put("bootstrap.servers", text(made, "uri"));
            settings.put("security.protocol", "SASL_SSL");
            settings.put("sasl.mechanism", "SCRAM-SHA-256");
            settings.put(
                    "sasl.jaas.config",
                    "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"doadmin\" password=\""
                            + text(made, "password") + "\";");
            settings.put("ssl.truststore.type", "PEM");
            settings.put(
                    "ssl.truststore.certificates",
                    new String(
                            Base64.getDecoder().decode(text(call("GET", "/v2/databases/" + id + "/ca", null), "certificate")),
                            StandardCharsets.UTF_8));
            firstRecord(settings);
            return (System.nanoTime() - begin) / 1e6;
        } finally {
            call("DELETE", "/v2/databases/" + id, null);
        }
    }

    private static double byHand() throws Exception {
        Path folder = Files.createTempDirectory("kafka-bench");
        int port = freePort();
        int controller = freePort();
        Path settings = folder.resolve("server.properties");
        Files.writeString(
                settings,
                """
                process.roles=broker,controller
                node.id=1
                log.dirs=%s/logs
                listeners=PLAINTEXT://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d
                advertised.listeners=PLAINTEXT://127.0.0.1:%d
                listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
                controller.listener.names=CONTROLLER
                controller.quorum.bootstrap.servers=127.0.0.1:%d
                offsets.topic.replication.factor=1
                offsets.topic.num.partitions=12
                num.network.threads=2
                num.io.threads=2
                log.cleaner.dedupe.buffer.size=4194304
                """
                        .formatted(folder, port, controller, port, controller));
        long begin = System.nanoTime();
        java(folder, "kafka.tools.StorageTool", "format", "-t", "Z0pOhZoZTBmfMtTxJcuhwA", "-c", settings.toString(), "--standalone")
                .waitFor();
        Process broker = java(folder, "kafka.Kafka", settings.toString());
        try {
            Properties client = new Properties();
            client.put("bootstrap.servers", "127.0.0.1:" + port);
            client.put("reconnect.backoff.max.ms", "50");
            try (Admin admin = Admin.create(client)) {
                admin.createTopics(List.of(new NewTopic("first", 1, (short) 1))).all().get();
            }
            firstRecord(client);
            return (System.nanoTime() - begin) / 1e6;
        } finally {
            broker.destroyForcibly().waitFor();
        }
    }

    private static Process java(Path folder, String... words) throws IOException {
        List<String> command = new java.util.ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xms48m",
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                        .map(jar -> Path.of(jar).toAbsolutePath().toString())
                        .collect(Collectors.joining(File.pathSeparator))));
        command.addAll(List.of(words));
        return new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
    }

    private static void firstRecord(Properties settings) throws Exception {
        settings.put("acks", "all");
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            producer.send(new ProducerRecord<>("first", "ahoy")).get();
        }
        settings.put("group.id", "bench");
        settings.put("auto.offset.reset", "earliest");
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            // A place of its own: a group would wait for others to join.
            var partition = new org.apache.kafka.common.TopicPartition("first", 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            while (consumer.poll(Duration.ofMillis(50)).isEmpty()) {}
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static String call(String method, String path, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + path))
                .header("authorization", "Bearer " + token)
                .header("content-type", "application/json")
                .method(
                        method,
                        body == null
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(body))
                .build();
        HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() >= 300) {
            throw new IllegalStateException(method + " " + path + ": " + answer.statusCode() + " " + answer.body());
        }
        return answer.body();
    }

    private static String text(String json, String key) {
        Matcher found = Pattern.compile("\"" + key + "\":\"([^\"]*)\"").matcher(json);
        if (!found.find()) {
            throw new IllegalStateException("no " + key + " in " + json);
        }
        return found.group(1);
    }
}
