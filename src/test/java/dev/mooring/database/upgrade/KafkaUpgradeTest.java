package dev.mooring.database.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mooring.home.MooringHome;
import dev.mooring.home.RenewableCertificates;
import dev.mooring.support.Api;
import dev.mooring.support.Json;
import dev.mooring.support.TestGround;
import dev.mooring.support.kafka.KafkaCluster;
import dev.mooring.support.kafka.KafkaWriter;
import io.quarkus.arc.All;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.math.BigInteger;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A Kafka cluster of the version before, with a client that goes on writing: upgraded, given more brokers, and robbed of one. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
@Tag("once")
class KafkaUpgradeTest {

    @Inject
    @All
    List<RenewableCertificates> certificates;

    @Inject
    MooringHome home;

    @Test
    void nothingIsLostByAnUpgradeNorByMoreBrokers() throws Exception {
        KafkaCluster kafka = KafkaCluster.create(KafkaCluster.SMALLEST, 1, "4.3");
        assertThat(Api.get(kafka.path("")).jsonPath().getString("database.semantic_version"))
                .startsWith("4.3.");
        Api.post(kafka.path("/topics"), "{\"name\": \"ledger\", \"partition_count\": 3}");
        try (KafkaWriter writer = new KafkaWriter(kafka, "ledger")) {
            writer.awaitMore(20);
            takesACertificateWhileItRuns(kafka);
            writer.awaitMore(20);
            refusals(kafka);
            JsonPath upgraded = done(kafka, "upgrade-cluster", "/upgrade", "{\"version\": \"4.4\"}");
            assertThat(upgraded.getString("operations[0].receipt.from")).startsWith("4.3.");
            assertThat(upgraded.getInt("operations[0].receipt.broker_1_away_ms"))
                    .isPositive();
            assertThat(upgraded.getString("operations[0].receipt.undo_problem")).contains("there is none");
            Response undo = Api.post("/mooring/v1/databases/" + kafka.api().id() + "/upgrade/undo", "{}");
            assertThat(undo.statusCode()).as(undo.asString()).isEqualTo(422);
            assertThat(undo.asString()).contains("the engine kafka has no");
            JsonPath cluster = Api.get(kafka.path("")).jsonPath();
            assertThat(cluster.getString("database.version")).isEqualTo("4.4");
            assertThat(cluster.getString("database.semantic_version")).startsWith("4.4.");
            writer.awaitMore(20);

            done(kafka, "resize-cluster", "/resize", "{\"size\": \"db-s-2vcpu-4gb\", \"num_nodes\": 3}");
            writer.awaitMore(20);
            JsonPath topic = Api.get(kafka.path("/topics/ledger")).jsonPath();
            assertThat(topic.getInt("topic.replication_factor")).isEqualTo(3);
            assertThat(topic.getList("topic.partitions.in_sync_replicas")).containsOnly(3);
            Response back = Api.put(
                    kafka.path("/resize"), "{\"size\": \"%s\", \"num_nodes\": 1}".formatted(KafkaCluster.SMALLEST));
            // Told at once, as a rule.
            assertThat(back.statusCode()).as(back.asString()).isIn(202, 422);
            Awaitility.await("it is refused")
                    .atMost(Duration.ofMinutes(1))
                    .untilAsserted(() -> assertThat(operation(kafka).getString("operations[0].error"))
                            .contains("does not become one of 1 again"));
            kafka.api().awaitOnline();

            renewCertificates(kafka);
            writer.awaitMore(20);
            List<String> acknowledged = writer.stop();
            assertThat(KafkaCluster.read(kafka.settings(), "audit", "ledger", acknowledged.size()))
                    .doesNotHaveDuplicates()
                    .containsExactlyInAnyOrderElementsOf(acknowledged);
        }
        new DownBrokers(kafka, home.cluster(UUID.fromString(kafka.api().id()))).theFirstIsDown();
        noPasswordLiesAround(kafka);
        startsFromAnArchive(kafka);
        kafka.api().delete();
    }

    /** Neither in a file of the brokers nor in what anybody sees of their processes. */
    private void noPasswordLiesAround(KafkaCluster kafka) throws Exception {
        Path folder = home.cluster(UUID.fromString(kafka.api().id()));
        String password = kafka.api().password();
        assertThat(filesWith("doadmin", folder)).isNotEmpty();
        assertThat(filesWith(password, folder)).isEmpty();
        for (int broker = 1; broker <= 3; broker++) {
            Path process = Path.of(
                    "/proc",
                    Files.readString(folder.resolve("broker" + broker + "/data/broker.pid"))
                            .strip());
            assertThat(Files.readString(process.resolve("cmdline"))).doesNotContain(password);
            assertThat(Files.readString(process.resolve("environ"))).doesNotContain(password);
        }
    }

    /** Brokers rename files all the time, which it does not mind. */
    private static String filesWith(String text, Path folder) throws Exception {
        Process search = new ProcessBuilder("grep", "-rlsF", "-e", text, folder.toString()).start();
        return new String(search.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    /** Whoever could write into it would have his code run by every broker. */
    private void startsFromAnArchive(KafkaCluster kafka) throws Exception {
        Path archive = Awaitility.await("the classes of 4.4 are recorded")
                .atMost(Duration.ofMinutes(4))
                .until(
                        () -> {
                            try (Stream<Path> engines = Files.list(home.engines())) {
                                return engines.filter(file -> file.toString().endsWith(".classes")
                                                && file.getFileName().toString().startsWith("kafka-4.4."))
                                        .findFirst()
                                        .orElse(null);
                            }
                        },
                        Objects::nonNull);
        assertThat(Files.getOwner(archive)).isEqualTo(Files.getOwner(home.engines()));
        assertThat(Files.getPosixFilePermissions(archive))
                .containsExactlyInAnyOrderElementsOf(PosixFilePermissions.fromString("rw-r--r--"));
        assertThat(archive.resolveSibling(archive.getFileName() + ".partial")).doesNotExist();
        Path pid = home.cluster(UUID.fromString(kafka.api().id())).resolve("broker1/data/broker.pid");
        String killed = Files.readString(pid).strip();
        ProcessHandle.of(Long.parseLong(killed)).orElseThrow().destroyForcibly();
        Awaitility.await("the broker is started again, with them")
                .atMost(Duration.ofMinutes(1))
                .ignoreExceptions()
                .untilAsserted(() -> {
                    String again = Files.readString(pid).strip();
                    assertThat(again).isNotEqualTo(killed);
                    assertThat(Files.readString(Path.of("/proc", again, "maps")))
                            .contains(archive.toString());
                });
    }

    /** What is restarted by itself is among the events. */
    private void takesACertificateWhileItRuns(KafkaCluster kafka) throws Exception {
        renewCertificates(kafka);
        assertThat(kafka.api().events()).doesNotContain("cluster_poweron");
    }

    /** As if more than two thirds of their lives were over. */
    private void renewCertificates(KafkaCluster kafka) throws Exception {
        BigInteger before = shown(kafka);
        long renewals = renewals(kafka);
        for (RenewableCertificates kind : certificates) {
            if (kind.kind().equals("brokers")) {
                kind.renew(Instant.now().plus(Duration.ofDays(600)));
            }
        }
        assertThat(shown(kafka)).isNotEqualTo(before);
        Awaitility.await("an event")
                .atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(renewals(kafka)).isEqualTo(renewals + 1));
    }

    private static long renewals(KafkaCluster kafka) {
        return kafka.api().events().stream()
                .filter("cluster_certificate_renew"::equals)
                .count();
    }

    /** The serial number of what clients see. */
    private static BigInteger shown(KafkaCluster kafka) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new Anybody()}, null);
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory()
                .createSocket(kafka.api().host(), kafka.api().port())) {
            socket.startHandshake();
            return ((X509Certificate) socket.getSession().getPeerCertificates()[0]).getSerialNumber();
        }
    }

    private static final class Anybody extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    private static void refusals(KafkaCluster kafka) {
        for (Map.Entry<String, String> refused : Map.of(
                        "{\"version\": \"4.3\"}", "version: must be higher than 4.3",
                        "{\"version\": \"3.9\"}", "version: must be one of 4.3, 4.4",
                        "{\"version\": \"4.4\", \"method\": \"online\"}", "one broker after the other")
                .entrySet()) {
            Response answer = Api.put(kafka.path("/upgrade"), refused.getKey());
            assertThat(answer.statusCode()).as(refused.getKey()).isEqualTo(422);
            assertThat(answer.asString()).contains(refused.getValue());
        }
    }

    /** The operation when it has ended well. */
    private static JsonPath done(KafkaCluster kafka, String kind, String path, String body) {
        Response asked = Api.put(kafka.path(path), body);
        assertThat(asked.statusCode()).as(asked.asString()).isBetween(200, 204);
        Awaitility.await(kind).atMost(Duration.ofMinutes(5)).untilAsserted(() -> {
            JsonNode newest = Json.get(
                            "/mooring/v1/operations?cluster_id=" + kafka.api().id())
                    .path("operations")
                    .path(0);
            assertThat(newest.path("kind").asText()).isEqualTo(kind);
            assertThat(newest.path("state").asText())
                    .as(newest.toPrettyString())
                    .isEqualTo("done");
        });
        kafka.api().awaitOnline();
        return operation(kafka);
    }

    private static JsonPath operation(KafkaCluster kafka) {
        return Api.get("/mooring/v1/operations?cluster_id=" + kafka.api().id()).jsonPath();
    }
}
