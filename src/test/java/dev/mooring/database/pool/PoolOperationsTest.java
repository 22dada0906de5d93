package dev.mooring.database.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.home.MooringHome;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.Json;
import dev.mooring.support.PoolClient;
import dev.mooring.support.PoolClient.Address;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whatever is planned for a cluster, clients of its pools wait instead of failing. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class PoolOperationsTest {

    @BeforeEach
    void needsPgBouncer() {
        PoolClient.needsPgBouncer();
    }

    private static JsonPath operation(TestCluster cluster, String id) {
        Awaitility.await(id)
                .atMost(Duration.ofSeconds(120))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> List.of("done", "failed")
                        .contains(Json.get("/mooring/v1/operations/" + id)
                                .path("operation")
                                .path("state")
                                .asText()));
        return Api.get("/mooring/v1/operations/" + id).jsonPath().setRootPath("operation");
    }

    /** Of the operation of that kind that was begun last. */
    private static JsonPath receipt(TestCluster cluster, String kind) {
        String id = Api.get("/mooring/v1/operations?cluster_id=" + cluster.id())
                .jsonPath()
                .getString("operations.find { it.kind == '" + kind + "' }.id");
        JsonPath ended = operation(cluster, id);
        assertThat(ended.getString("state")).as(ended.prettify()).isEqualTo("done");
        return ended.setRootPath("operation.receipt");
    }

    private static void unnoticed(PoolClient clients, JsonPath receipt, String what) {
        assertThat(receipt.getDouble("pool_pause_ms")).as(what).isPositive();
        assertThat(receipt.getInt("pool_clients")).as(what).isEqualTo(6);
        assertThat(receipt.getInt("pool_clients_lost")).as(what).isZero();
        clients.warm();
        assertThat(clients.failures()).as(what).isEmpty();
    }

    private static void resized(TestCluster cluster) {
        assertThat(Api.put(cluster.path("/resize"), "{\"size\":\"db-s-1vcpu-2gb\",\"num_nodes\":1}")
                        .statusCode())
                .isEqualTo(202);
        cluster.awaitOnline();
    }

    /** From the same server under an older name, as an earlier Mooring would have left it. */
    private static void updated(TestCluster cluster) throws Exception {
        MooringHome home = MooringHome.configured();
        ClusterFolder folder = ClusterFolder.of(home, UUID.fromString(cluster.id()));
        ClusterFolder.Manifest manifest = folder.manifest().orElseThrow();
        Path older = home.engines().resolve("16.1");
        if (Files.notExists(older)) {
            Files.createSymbolicLink(older, home.engines().resolve(manifest.version()));
        }
        folder.write(manifest.withVersion("16.1"));
        assertThat(Api.put(cluster.path("/install_update"), "").statusCode()).isEqualTo(204);
    }

    private static void upgraded(TestCluster cluster) {
        assertThat(Api.put(cluster.path("/upgrade"), "{\"version\":\"18\",\"method\":\"brief\"}")
                        .statusCode())
                .isEqualTo(204);
        cluster.awaitOnline();
        assertThat(Api.get(cluster.path("")).jsonPath().getString("database.version"))
                .isEqualTo("18");
    }

    @Test
    void clientsOfAPoolNoticeNothingOfPlannedOperations() throws Exception {
        Response asked = Api.post(
                "/v2/databases",
                Api.clusterBody(Api.uniqueName(), "16").replace("\"num_nodes\": 1", "\"num_nodes\": 2"));
        TestCluster cluster = TestCluster.of(asked.jsonPath());
        cluster.awaitOnline();
        Address pool = PoolClient.create(cluster, "busy", "transaction", 4, "doadmin");
        Address sessions = PoolClient.create(cluster, "sessions", "session", 2, "doadmin");
        try (PoolClient clients = new PoolClient(pool, 6).warm();
                Connection session = sessions.connect()) {
            assertThat(Api.query(session, "select 1")).isEqualTo("1");
            assertThat(Api.patch(cluster.path("/config"), "{\"config\":{\"max_locks_per_transaction\":100}}")
                            .statusCode())
                    .isEqualTo(200);
            clients.warm();
            JsonPath restarted = receipt(cluster, "apply-settings");
            assertThat(restarted.getDouble("pool_pause_ms")).isPositive();
            assertThat(restarted.getList("pools_not_held")).isEqualTo(List.of("sessions"));
            assertThat(restarted.getInt("pool_clients")).isEqualTo(7);
            assertThat(restarted.getInt("pool_clients_lost"))
                    .as("the session, which cannot be held")
                    .isOne();
            assertThat(clients.failures()).as("a restart").isEmpty();
            sessions.connect().close();

            Awaitility.await("the standby follows")
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> Api.get("/mooring/v1/databases/" + cluster.id() + "/topology")
                            .jsonPath()
                            .getList("topology.nodes.state")
                            .contains("following"));
            assertThat(Api.post("/mooring/v1/databases/" + cluster.id() + "/switchover", "")
                            .statusCode())
                    .isEqualTo(202);
            unnoticed(clients, receipt(cluster, "switch-over"), "a switchover");
            resized(cluster);
            unnoticed(clients, receipt(cluster, "resize-cluster"), "a resize");
            updated(cluster);
            JsonPath update = receipt(cluster, "install-update");
            assertThat(update.getBoolean("updated")).isTrue();
            unnoticed(clients, update, "a minor update");
            if (Api.get("/v2/databases/options")
                    .jsonPath()
                    .getList("options.pg.upgrade_targets")
                    .contains("18")) {
                upgraded(cluster);
                unnoticed(clients, receipt(cluster, "upgrade-cluster"), "a brief upgrade");
            }
        }
        cluster.delete();
    }
}
