package dev.mooring.start;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.Boundary;
import dev.mooring.support.kafka.KafkaCluster;
import dev.mooring.support.kafka.KafkaWriter;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * kill -9 of Mooring before each step of every program on Kafka: what was begun ends as if nothing had happened. And a setting that
 * the other tests' Mooring does not have.
 */
@Tag("once")
class KafkaStepsIT extends KafkaOfProcess {

    /** One broker of the version before: upgraded, then given two more, with kill -9 of Mooring before every step of both. */
    @Tag("walk")
    @Test
    void upgradingAndGrowing() throws Exception {
        KafkaCluster kafka = online(create(KafkaCluster.body(Api.uniqueName(), KafkaCluster.SMALLEST, 1)
                .replaceFirst("\\{", "{\"version\": \"4.3\", ")));
        String id = kafka.api().id();
        mooring.api().body("{\"name\": \"ledger\", \"partition_count\": 3}").post(kafka.path("/topics"));
        try (KafkaWriter writer = new KafkaWriter(kafka, "ledger")) {
            walk(kafka, "/upgrade", "{\"version\": \"4.4\"}", "upgrade-cluster", "CHECK", "RESTART", "RAISE");
            assertThat(mooring.get(id).jsonPath().getString("database.version")).isEqualTo("4.4");
            writer.awaitMore(20);
            walk(
                    kafka,
                    "/resize",
                    "{\"size\": \"db-s-2vcpu-4gb\", \"num_nodes\": 3}",
                    "resize-cluster",
                    "CHECK",
                    "ADD",
                    "JOIN",
                    "SPREAD",
                    "APPLY",
                    "RESTART");
            writer.awaitMore(20);
            assertThat(mooring.api()
                            .get(kafka.path("/topics/ledger"))
                            .jsonPath()
                            .getList("topic.partitions.in_sync_replicas"))
                    .containsOnly(3);
            List<String> acknowledged = writer.stop();
            assertThat(KafkaCluster.read(kafka.settings(), "audit", "ledger", acknowledged.size()))
                    .doesNotHaveDuplicates()
                    .containsExactlyInAnyOrderElementsOf(acknowledged);
        }
        delete(id);
    }

    private static void walk(KafkaCluster kafka, String path, String body, String kind, String... steps)
            throws Exception {
        try (Boundary boundary = Boundary.before(mooring, kind, "running", steps[0])) {
            Thread asks = Thread.ofVirtual().start(() -> askFor(kafka, path, body));
            for (int i = 0; i < steps.length; i++) {
                assertThat(boundary.awaitReachedUnless(() -> false)).isTrue();
                mooring.kill();
                if (i + 1 < steps.length) {
                    boundary.abandonFor(kind, "running", steps[i + 1]);
                } else {
                    boundary.abandon();
                }
                mooring.start();
            }
            asks.join();
        }
        Awaitility.await(kind).atMost(LIMIT).untilAsserted(() -> {
            JsonPath newest = mooring.api()
                    .get("/mooring/v1/operations?cluster_id=" + kafka.api().id())
                    .jsonPath();
            assertThat(newest.getString("operations[0].kind")).isEqualTo(kind);
            assertThat(newest.getString("operations[0].state"))
                    .as(newest.prettify())
                    .isEqualTo("done");
        });
        online(kafka.api().id());
    }

    private static void askFor(KafkaCluster kafka, String path, String body) {
        try {
            mooring.api().body(body).put(kafka.path(path));
        } catch (Exception cutOff) {
            assertThat(cutOff).isNotNull();
        }
    }

    /** Every step of the programs, and the end. */
    @Tag("walk")
    @ParameterizedTest
    @ValueSource(strings = {"CHECK", "WRITE", "START", "SET_UP", "done"})
    void creating(String step) throws Exception {
        String id;
        try (Boundary boundary = before("provision-cluster", step)) {
            id = create(KafkaCluster.SMALLEST, 1);
            boundary.awaitReached();
            killAndStart(boundary);
        }
        KafkaCluster kafka = online(id);
        mooring.api().body("{\"name\": \"first\"}").post(kafka.path("/topics"));
        KafkaCluster.send(kafka.settings(), "first", "served");
        assertThat(KafkaCluster.read(kafka.settings(), "one", "first", 1)).containsExactly("served");
        delete(id);
    }

    @Tag("walk")
    @ParameterizedTest
    @ValueSource(strings = {"WAIT_FOR_OTHERS", "STOP", "REMOVE", "done"})
    void destroying(String step) throws Exception {
        String id = create(KafkaCluster.SMALLEST, 1);
        online(id);
        try (Boundary boundary = before("destroy-cluster", step)) {
            assertThat(mooring.api().delete("/v2/databases/" + id).statusCode()).isEqualTo(204);
            boundary.awaitReached();
            killAndStart(boundary);
        }
        gone(id);
    }

    @Tag("walk")
    @ParameterizedTest
    @ValueSource(strings = {"APPLY", "RESTART", "done"})
    void changing(String step) throws Exception {
        String id = create(KafkaCluster.SMALLEST, 1);
        KafkaCluster kafka = online(id);
        try (Boundary boundary = before("apply-settings", step)) {
            Thread asks = Thread.ofVirtual().start(() -> ask(kafka));
            boundary.awaitReached();
            killAndStart(boundary);
            asks.join();
        }
        Awaitility.await("the setting is in force")
                .atMost(LIMIT)
                .until(() -> mooring.api().get(kafka.path("/config")).jsonPath().getInt("config.num_partitions") == 3);
        delete(id);
    }

    private static void ask(KafkaCluster kafka) {
        try {
            mooring.api().body("{\"config\": {\"num_partitions\": 3}}").patch(kafka.path("/config"));
        } catch (Exception cutOff) {
            assertThat(cutOff).isNotNull();
        }
    }

    /** Which Mooring does not do unless it is told to, as DigitalOcean's App Platform does not. */
    @Tag("walk")
    @Test
    void anAppBecomesATrustedSourceWhereTheSettingSaysSo() throws Exception {
        KafkaCluster kafka = online(create(KafkaCluster.SMALLEST, 1));
        assertThat(mooring.api()
                        .body("{\"rules\": [{\"type\": \"ip_addr\", \"value\": \"192.0.2.7\"}]}")
                        .put(kafka.path("/firewall"))
                        .statusCode())
                .isEqualTo(204);
        Response created = mooring.api()
                .body("{\"spec\": {\"name\": \"guarded\", \"databases\": [{\"name\": \"events\", \"engine\": \"KAFKA\","
                        + " \"production\": true, \"cluster_name\": \""
                        + kafka.api().name() + "\"}]}}")
                .post("/v2/apps");
        assertThat(created.statusCode()).as(created.asString()).isEqualTo(200);
        String app = created.jsonPath().getString("app.id");
        Awaitility.await("the app is deployed")
                .atMost(LIMIT)
                .until(
                        () -> mooring.api().get("/v2/apps/" + app).jsonPath().getString("app.active_deployment.phase"),
                        "ACTIVE"::equals);
        assertThat(mooring.api().get(kafka.path("/firewall")).jsonPath().getList("rules.value"))
                .containsExactlyInAnyOrder("192.0.2.7", app);
        assertThat(mooring.api().delete("/v2/apps/" + app).statusCode()).isEqualTo(200);
        delete(kafka.api().id());
    }

    private static Boundary before(String kind, String step) throws Exception {
        return step.equals("done")
                ? Boundary.before(mooring, kind, "done", null)
                : Boundary.before(mooring, kind, "running", step);
    }

    private static void killAndStart(Boundary boundary) throws Exception {
        mooring.kill();
        boundary.abandon();
        mooring.start();
    }
}
