package dev.mooring.database.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.sql.Connection;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How many sessions other trusted sources would end is told before, by what the server has. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class FirewallCheckTest {

    private static Response check(TestCluster cluster, String value) {
        return Api.post(
                "/mooring/v1/databases/" + cluster.id() + "/firewall/check",
                "{\"rules\":[" + (value.isEmpty() ? "" : "{\"type\":\"ip_addr\",\"value\":\"" + value + "\"}") + "]}");
    }

    @Test
    void sessionsAreCountedAndNamedAndNoneIsEnded() throws Exception {
        TestCluster cluster = Api.cluster("16");
        try (Connection one = cluster.connect();
                Connection two = cluster.connect()) {
            JsonPath strange = check(cluster, "192.0.2.0/24").jsonPath();
            assertThat(strange.getInt("firewall_check.open_sessions")).isEqualTo(2);
            assertThat(strange.getInt("firewall_check.ending_sessions")).isEqualTo(2);
            assertThat(strange.getString("firewall_check.ending[0].user")).isEqualTo("doadmin");
            assertThat(strange.getString("firewall_check.ending[0].address")).isEqualTo("127.0.0.1");
            assertThat(strange.getInt("firewall_check.ending[0].sessions")).isEqualTo(2);
            for (String trusted : List.of("", "127.0.0.0/8")) {
                JsonPath known = check(cluster, trusted).jsonPath();
                assertThat(known.getInt("firewall_check.open_sessions")).isEqualTo(2);
                assertThat(known.getInt("firewall_check.ending_sessions")).isZero();
                assertThat(known.getList("firewall_check.ending")).isEmpty();
            }
            assertThat(Api.query(one, "select 1")).isEqualTo("1");
            assertThat(Api.query(two, "select 1")).isEqualTo("1");
        }
        assertThat(Api.get(cluster.path("/firewall")).jsonPath().getList("rules"))
                .as("nothing is changed")
                .isEmpty();
        assertThat(check(cluster, "192.0.2.300").statusCode()).isEqualTo(422);
        assertThat(Api.post("/mooring/v1/databases/" + cluster.id() + "/firewall/check", "{}")
                        .jsonPath()
                        .getString("message"))
                .startsWith("rules: is required");
        assertThat(Api.put(cluster.path("/firewall"), "{\"rules\":[{\"type\":\"ip_addr\",\"value\":\"192.0.2.0/24\"}]}")
                        .statusCode())
                .isEqualTo(204);
        assertThat(Api.put(cluster.path("/firewall"), "{}").jsonPath().getString("message"))
                .as("nobody opens a cluster by leaving something out")
                .startsWith("rules: is required");
        assertThat(Api.get(cluster.path("/firewall")).jsonPath().getList("rules"))
                .hasSize(1);
        assertThat(Api.put(cluster.path("/firewall"), "{\"rules\":null}").statusCode())
                .as("as godo sends an empty list")
                .isEqualTo(204);
        assertThat(Api.get(cluster.path("/firewall")).jsonPath().getList("rules"))
                .isEmpty();
        cluster.delete();
    }
}
