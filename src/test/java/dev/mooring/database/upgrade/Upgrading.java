package dev.mooring.database.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import io.restassured.path.json.JsonPath;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;

/** Upgrades, as the API is asked for them. */
final class Upgrading {

    private Upgrading() {}

    static JsonPath upgrade(TestCluster cluster, String body) {
        begin(cluster, body);
        return Upgraded.ended(cluster);
    }

    static String server(TestCluster cluster) throws SQLException {
        return cluster.query("select current_setting('server_version_num')::int / 10000");
    }

    static void begin(TestCluster cluster, String body) {
        var answer = Api.put(cluster.path("/upgrade"), body);
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(204);
    }

    static void awaitSomebodyIsWaitedFor(TestCluster cluster) {
        Awaitility.await("it says whom it waits for")
                .atMost(Duration.ofMinutes(2))
                .until(() -> Api.get("/mooring/v1/operations?cluster_id=" + cluster.id())
                        .asString()
                        .contains("waiting for the end of process"));
    }

    static String undo(TestCluster cluster) {
        return "/mooring/v1/databases/" + cluster.id() + "/upgrade/undo";
    }

    static void run(TestCluster cluster, String command) throws SQLException {
        try (Connection connection = cluster.connect()) {
            Api.execute(connection, command);
        }
    }

    static List<String> reachable() {
        return Api.get("/v2/databases/options").jsonPath().getList("options.pg.upgrade_targets", String.class);
    }

    static String failed(TestCluster cluster) {
        Awaitility.await("failure")
                .atMost(Duration.ofSeconds(30))
                .until(() -> Api.get("/mooring/v1/operations?cluster_id=" + cluster.id())
                                .jsonPath()
                                .getString("operations.find { it.kind != 'back-up-cluster' }.error")
                        != null);
        cluster.awaitOnline();
        return Api.get("/mooring/v1/operations?cluster_id=" + cluster.id())
                .jsonPath()
                .getString("operations.find { it.kind != 'back-up-cluster' }.error");
    }
}
