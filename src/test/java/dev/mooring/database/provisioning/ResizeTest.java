package dev.mooring.database.provisioning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.PortThief;
import dev.mooring.support.TestGround;
import dev.mooring.support.Writer;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import org.junit.jupiter.api.Test;

/** Clusters that get another size, or another region. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class ResizeTest {

    private static JsonPath resized(TestCluster cluster, String body) {
        Response answer = Api.put(cluster.path("/resize"), body);
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(202);
        assertThat(answer.asString()).as("clients parse it").isEqualTo("{}");
        cluster.awaitOnline();
        return Api.get("/mooring/v1/operations?cluster_id=" + cluster.id() + "&state=done")
                .jsonPath()
                .setRootPath("operations.find { it.kind != 'back-up-cluster' }");
    }

    @Test
    void anotherPlanIsInForceAndNothingAnsweredIsLost() throws Exception {
        TestCluster cluster = Api.cluster("16");
        try (Writer writer = new Writer(cluster::connect).warm()) {
            JsonPath operation = resized(cluster, "{\"size\":\"db-s-2vcpu-4gb\",\"num_nodes\":1}");
            assertThat(operation.getString("kind")).isEqualTo("resize-cluster");
            assertThat(operation.getBoolean("receipt.restarted")).isTrue();
            assertThat(operation.getDouble("receipt.write_pause_ms")).isPositive();
            writer.warm().check();
        }
        assertThat(cluster.query("show max_connections")).isEqualTo("100");
        JsonPath seen = Api.get(cluster.path("")).jsonPath();
        assertThat(seen.getString("database.size")).isEqualTo("db-s-2vcpu-4gb");
        assertThat(seen.getInt("database.storage_size_mib")).isEqualTo(60 * 1024);
        cluster.delete();
    }

    @Test
    void storageThatWasAddedIsKeptByAnotherPlan() throws Exception {
        TestCluster cluster = Api.cluster("16");
        JsonPath grown = resized(cluster, "{\"size\":\"db-s-1vcpu-1gb\",\"num_nodes\":1,\"storage_size_mib\":15360}");
        assertThat(grown.getBoolean("receipt.restarted"))
                .as("more storage alone needs no restart")
                .isFalse();
        resized(cluster, "{\"size\":\"db-s-1vcpu-2gb\",\"num_nodes\":1}");
        assertThat(Api.get(cluster.path("")).jsonPath().getInt("database.storage_size_mib"))
                .isEqualTo(35 * 1024);
        cluster.delete();
    }

    @Test
    void aSizeThatTheServerCannotHaveIsTakenBack() throws Exception {
        TestCluster cluster = Api.cluster("16");
        assertThat(Api.patch(cluster.path("/config"), "{\"config\":{\"max_locks_per_transaction\":6400}}")
                        .statusCode())
                .isEqualTo(200);
        try (PortThief thief = new PortThief(cluster.port())) {
            Api.put(cluster.path("/resize"), "{\"size\":\"db-s-2vcpu-4gb\",\"num_nodes\":1}");
            thief.awaitStolen();
            assertThat(cluster.status()).isEqualTo("resizing");
            Response meanwhile = Api.put(cluster.path("/resize"), "{\"size\":\"db-s-4vcpu-8gb\",\"num_nodes\":1}");
            assertThat(meanwhile.statusCode()).isEqualTo(412);
            assertThat(meanwhile.asString())
                    .contains("Cannot make changes while the service is undergoing maintenance");
            thief.awaitStep("ROLL_BACK", "cluster_id=" + cluster.id());
        }
        cluster.awaitOnline();
        Response ends = Api.asDoctl(cluster.path(""));
        assertThat(ends.statusCode()).as("whoever waits for another size").isEqualTo(422);
        assertThat(ends.jsonPath().getString("message")).contains("could not be changed: ");
        JsonPath seen = Api.get(cluster.path("")).jsonPath();
        assertThat(seen.getString("database.failure")).isNull();
        assertThat(seen.getString("database.size")).isEqualTo("db-s-1vcpu-1gb");
        assertThat(seen.getInt("database.storage_size_mib")).isEqualTo(10 * 1024);
        assertThat(cluster.query("show max_connections")).isEqualTo("25");
        assertThat(cluster.query("show max_locks_per_transaction"))
                .as("changes before are kept")
                .isEqualTo("6400");
        cluster.delete();
    }

    @Test
    void aRegionIsWhereTheClusterIsSaidToBe() {
        TestCluster cluster = Api.cluster("16");
        String network = Api.get(cluster.path("")).jsonPath().getString("database.private_network_uuid");
        Response moved = Api.put(cluster.path("/migrate"), "{\"region\":\"ams3\",\"private_network_uuid\":\"\"}");
        assertThat(moved.statusCode()).as(moved.asString()).isEqualTo(202);
        assertThat(moved.asString()).isEqualTo("{}");
        JsonPath seen = Api.get(cluster.path("")).jsonPath();
        assertThat(seen.getString("database.region")).isEqualTo("ams3");
        assertThat(seen.getString("database.private_network_uuid")).isNotEqualTo(network);
        cluster.delete();
    }

    @Test
    void whatCannotBeIsRefused() {
        TestCluster cluster = Api.cluster("16");
        assertThat(Api.put(cluster.path("/resize"), "{\"size\":\"huge\",\"num_nodes\":9}")
                        .asString())
                .contains("size: must be one of db-s-1vcpu-1gb", "num_nodes: must be one of 1, 2, 3");
        assertThat(Api.put(
                                cluster.path("/resize"),
                                "{\"size\":\"db-s-1vcpu-1gb\",\"num_nodes\":1,\"storage_size_mib\":1}")
                        .asString())
                .contains("storage_size_mib: must be 10240 to 163840");
        assertThat(Api.put(cluster.path("/resize"), "").statusCode()).isEqualTo(422);
        assertThat(Api.put(cluster.path("/migrate"), "{\"region\":\"moon\"}").asString())
                .contains("region: must be one of");
        assertThat(Api.put("/v2/databases/" + java.util.UUID.randomUUID() + "/migrate", "{\"region\":\"ams3\"}")
                        .statusCode())
                .isEqualTo(404);
        cluster.delete();
    }
}
