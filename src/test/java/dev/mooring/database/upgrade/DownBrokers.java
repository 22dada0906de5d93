package dev.mooring.database.upgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.support.Api;
import dev.mooring.support.kafka.KafkaCluster;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.awaitility.Awaitility;

/**
 * What becomes of changes of a cluster of three brokers while one of them is down: who is shut out is shut out, and no other broker is
 * taken away.
 */
record DownBrokers(KafkaCluster kafka, Path folder) {

    private static final String RESTARTS = "{\"config\": {\"auto_create_topics_enable\": true}}";
    private static final Duration LIMIT = Duration.ofMinutes(2);

    /** That of the first one, which anybody would ask first; it cannot be started. */
    void theFirstIsDown() throws Exception {
        Api.post(kafka.path("/topics"), "{\"name\": \"guests\", \"partition_count\": 3, \"replication_factor\": 3}");
        Response made = Api.post(
                kafka.path("/users"),
                "{\"name\": \"guest\", \"settings\": {\"acl\": [{\"topic\": \"guests\", \"permission\": \"produce\"}]}}");
        Properties guest = login(made);
        KafkaCluster.send(guest, "guests", "welcome");
        // Nothing is started that cannot write here.
        Path words = folder.resolve("broker1/log/start.log");
        Files.delete(words);
        Files.createDirectory(words);
        long killed = pid(1);
        ProcessHandle.of(killed).orElseThrow().destroyForcibly();

        assertThat(firewall("{\"type\": \"ip_addr\", \"value\": \"192.0.2.0/24\"}"))
                .isEqualTo(204);
        Properties outside = login(made);
        outside.put("max.block.ms", "2000");
        assertThatThrownBy(() -> KafkaCluster.send(outside, "guests", "outside"))
                .isInstanceOf(org.apache.kafka.common.errors.TimeoutException.class);
        assertThat(firewall("")).isEqualTo(204);
        KafkaCluster.send(guest, "guests", "welcome again");
        Response reset = Api.post(kafka.path("/users/guest/reset_auth"), "{}");
        assertThat(reset.statusCode()).as(reset.asString()).isEqualTo(200);
        assertThatThrownBy(() -> KafkaCluster.send(guest, "guests", "with the old password"))
                .isInstanceOf(SaslAuthenticationException.class);
        Properties renewed = login(reset);
        KafkaCluster.send(renewed, "guests", "with the new one");
        assertThat(Api.delete(kafka.path("/users/guest")).statusCode()).isEqualTo(204);
        assertThatThrownBy(() -> KafkaCluster.send(renewed, "guests", "gone"))
                .isInstanceOf(SaslAuthenticationException.class);

        List<Long> others = List.of(pid(2), pid(3));
        Response refused = Api.patch(kafka.path("/config"), RESTARTS);
        assertThat(refused.asString()).contains("broker 1 did not start");
        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(List.of(pid(2), pid(3))).isEqualTo(others);
        assertThat(createsTopics()).isFalse();

        Files.delete(words);
        awaitRunning();
        assertThat(pid(1)).isNotEqualTo(killed);
        assertThat(Api.get(kafka.path("/events"))
                        .jsonPath()
                        .getList("events.findAll { it.event_type == 'cluster_poweron' }.details"))
                .contains("broker-1");
        passwordsAreKnownThere(renewed);
    }

    /** One that reads in one go that a user was made and deleted has been seen to forget all others. */
    private void passwordsAreKnownThere(Properties deleted) {
        Properties admin = kafka.settings("doadmin", kafka.api().password(), "SCRAM-SHA-512");
        Awaitility.await("the administrator is let in by the one that was restarted")
                .atMost(LIMIT)
                .ignoreExceptions()
                .untilAsserted(() -> KafkaCluster.send(admin, "guests", "to the first"));
        assertThatThrownBy(() -> KafkaCluster.send(deleted, "guests", "gone for good"))
                .isInstanceOf(SaslAuthenticationException.class);
    }

    private void awaitRunning() {
        Awaitility.await("every broker runs")
                .atMost(LIMIT)
                .until(() -> topology().getList("topology.nodes.state", String.class).stream()
                        .allMatch("running"::equals));
    }

    private JsonPath topology() {
        return Api.get("/mooring/v1/databases/" + kafka.api().id() + "/topology")
                .jsonPath();
    }

    private boolean createsTopics() {
        return Api.get(kafka.path("/config")).jsonPath().getBoolean("config.auto_create_topics_enable");
    }

    private int firewall(String rule) {
        return Api.put(kafka.path("/firewall"), "{\"rules\": [" + rule + "]}").statusCode();
    }

    /** By any of the brokers: clients are given the first one's address. */
    private Properties login(Response user) {
        Properties settings = kafka.settings("guest", user.jsonPath().getString("user.password"), "SCRAM-SHA-512");
        settings.put(
                "bootstrap.servers",
                String.join(
                        ",",
                        topology().getList("topology.nodes.port", Integer.class).stream()
                                .map(port -> kafka.api().host() + ":" + port)
                                .toList()));
        return settings;
    }

    private long pid(int broker) throws IOException {
        return Long.parseLong(Files.readString(folder.resolve("broker" + broker + "/data/broker.pid"))
                .strip());
    }
}
