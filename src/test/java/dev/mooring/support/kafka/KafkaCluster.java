package dev.mooring.support.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.mooring.home.MooringHome;
import dev.mooring.support.Api;
import dev.mooring.support.Json;
import io.restassured.response.Response;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;

/** A Kafka cluster as a client sees it that knows what the API says of it, and nothing else. */
public record KafkaCluster(Api.TestCluster api, String ca) {

    public static final String SMALLEST = "db-s-2vcpu-2gb";

    public static String body(String name, String size, int nodes) {
        return """
                {"name": "%s", "engine": "kafka", "num_nodes": %d, "size": "%s", "region": "nyc1"}""".formatted(name, nodes, size);
    }

    /** One that is online. */
    public static KafkaCluster create(String size, int nodes) {
        return create(body(Api.uniqueName(), size, nodes));
    }

    /** The same of a version. */
    public static KafkaCluster create(String size, int nodes, String version) {
        return create(body(Api.uniqueName(), size, nodes).replaceFirst("\\{", "{\"version\": \"" + version + "\", "));
    }

    private static KafkaCluster create(String body) {
        Response created = Api.post("/v2/databases", body);
        assertThat(created.statusCode()).as(created.asString()).isEqualTo(201);
        Api.TestCluster cluster = Api.TestCluster.of(created.jsonPath());
        Awaitility.await("cluster " + cluster.id() + " online")
                .atMost(Duration.ofMinutes(4))
                .pollInterval(Duration.ofMillis(100))
                .until(
                        () -> {
                            var now = Json.get(cluster.path("")).path("database");
                            assertThat(now.path("failure").isTextual())
                                    .as(now.toString())
                                    .isFalse();
                            return now.path("status").asText();
                        },
                        "online"::equals);
        String ca = Api.get(cluster.path("/ca")).jsonPath().getString("ca.certificate");
        return new KafkaCluster(cluster, new String(Base64.getDecoder().decode(ca), StandardCharsets.UTF_8));
    }

    public String path(String rest) {
        return api.path(rest);
    }

    public Properties settings(String user, String password, String mechanism) {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", api.host() + ":" + api.port());
        settings.put("security.protocol", "SASL_SSL");
        settings.put("sasl.mechanism", mechanism);
        settings.put(
                "sasl.jaas.config",
                "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"" + user + "\" password=\""
                        + password + "\";");
        settings.put("ssl.truststore.type", "PEM");
        settings.put("ssl.truststore.certificates", ca);
        settings.put("acks", "all");
        settings.put("max.block.ms", "20000");
        settings.put("request.timeout.ms", "20000");
        settings.put("delivery.timeout.ms", "60000");
        settings.put("linger.ms", "0");
        settings.put("default.api.timeout.ms", "20000");
        settings.put("auto.offset.reset", "earliest");
        settings.put("enable.metrics.push", "false");
        return settings;
    }

    /** For a client that has a user's certificate and key in place of its name and password. */
    public Properties certified(String certificate, String key) {
        Properties settings = settings("", "", "SCRAM-SHA-512");
        settings.keySet().removeIf(name -> name.toString().startsWith("sasl."));
        int port = Api.get(path("")).jsonPath().getInt("database.connection.application_ports.mtls");
        settings.put("bootstrap.servers", api.host() + ":" + port);
        settings.put("security.protocol", "SSL");
        settings.put("ssl.keystore.type", "PEM");
        settings.put("ssl.keystore.certificate.chain", certificate);
        settings.put("ssl.keystore.key", key);
        return settings;
    }

    /** For Mooring's own way in to a broker, which no trusted source and no rule governs. */
    public Properties inside(int broker) throws IOException {
        Path folder = new MooringHome(Path.of(System.getProperty("mooring.home"))).cluster(UUID.fromString(api.id()));
        String pem = Files.readString(folder.resolve("admin.pem"));
        int key = pem.indexOf("-----BEGIN PRIVATE KEY-----");
        Properties settings = certified(pem.substring(0, key), pem.substring(key));
        int port = new ObjectMapper()
                .readTree(folder.resolve("kafka.json").toFile())
                .at("/brokers/" + (broker - 1) + "/internal")
                .asInt();
        settings.put("bootstrap.servers", "127.0.0.1:" + port);
        return settings;
    }

    public Properties settings() {
        return settings("doadmin", api.password(), "SCRAM-SHA-256");
    }

    public static KafkaProducer<String, String> producer(Properties settings) {
        return new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
    }

    /** Returns when every one is acknowledged; throws what the brokers say instead. */
    public static void send(Properties settings, String topic, String... values) throws Exception {
        try (KafkaProducer<String, String> producer = producer(settings)) {
            for (String value : values) {
                producer.send(new ProducerRecord<>(topic, value)).get();
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    /**
     * All that there is when as many as that are there, so that one too many is seen; what there is within 30 seconds, if they are not.
     * The group's offsets are committed.
     */
    public static List<String> read(Properties settings, String group, String topic, int count) {
        Properties all = new Properties();
        all.putAll(settings);
        all.putAll(Map.of("group.id", group, "enable.auto.commit", "false"));
        List<String> values = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(all, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(topic));
            long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
            while ((values.size() < count || !atEnd(consumer)) && System.nanoTime() < end) {
                for (ConsumerRecord<String, String> found : consumer.poll(Duration.ofMillis(200))) {
                    values.add(found.value());
                }
            }
            consumer.commitSync();
        }
        return values;
    }

    private static boolean atEnd(KafkaConsumer<String, String> consumer) {
        return consumer.endOffsets(consumer.assignment()).entrySet().stream()
                .allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
    }
}
