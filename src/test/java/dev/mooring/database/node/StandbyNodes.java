package dev.mooring.database.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.Json;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collections;
import org.awaitility.Awaitility;

/** A cluster's nodes, as its topology tells of them and as its folder has them. */
final class StandbyNodes {

    private StandbyNodes() {}

    static TestCluster create(int nodes) {
        return create(nodes, "16");
    }

    static TestCluster create(int nodes, String version) {
        Response created = Api.post(
                "/v2/databases",
                Api.clusterBody(Api.uniqueName(), version).replace("\"num_nodes\": 1", "\"num_nodes\": " + nodes));
        assertThat(created.statusCode()).as(created.asString()).isEqualTo(201);
        TestCluster cluster = TestCluster.of(created.jsonPath());
        cluster.awaitOnline();
        return cluster;
    }

    static JsonPath topology(TestCluster cluster) {
        return Api.get("/mooring/v1/databases/" + cluster.id() + "/topology").jsonPath();
    }

    /** For who asks again and again. */
    static JsonNode nodes(TestCluster cluster) {
        return Json.get("/mooring/v1/databases/" + cluster.id() + "/topology")
                .path("topology")
                .path("nodes");
    }

    static String primary(TestCluster cluster) {
        return topology(cluster).getString("topology.nodes.find { it.role == 'primary' }.name");
    }

    static void awaitFollowing(TestCluster cluster, int standbys) {
        Awaitility.await("every standby node follows")
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> Collections.frequency(nodes(cluster).findValuesAsText("state"), "following") == standbys);
    }

    /** Until it lets clients in. */
    static void awaitPrimaryOtherThan(TestCluster cluster, String name) {
        Awaitility.await("another primary")
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(20))
                .until(() -> {
                    JsonNode now = nodes(cluster).path(0);
                    return !now.path("name").asText().equals(name)
                            && now.path("state").asText().equals("running");
                });
    }

    static JsonPath operation(TestCluster cluster, String kind) {
        Awaitility.await(kind)
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> Json.newest(cluster.id(), kind)
                        .filter(found -> found.path("state").asText().equals("done"))
                        .isPresent());
        return Api.get("/mooring/v1/operations?cluster_id=" + cluster.id() + "&state=done")
                .jsonPath()
                .setRootPath("operations.find { it.kind == '" + kind + "' }");
    }

    static void signal(TestCluster cluster, String signal) throws Exception {
        signal(cluster, "", signal);
    }

    /** @param node its folder's name, empty for the primary's */
    static void signal(TestCluster cluster, String node, String signal) throws Exception {
        Path file =
                Path.of(System.getProperty("mooring.home"), "clusters", cluster.id(), node, "data", "postmaster.pid");
        long pid = Long.parseLong(Files.readAllLines(file).getFirst());
        assertThat(new ProcessBuilder("kill", "-" + signal, Long.toString(pid))
                        .start()
                        .waitFor())
                .isZero();
    }

    static Connection standby(TestCluster cluster, JsonPath seen) throws SQLException {
        TestCluster there = new TestCluster(
                cluster.id(),
                cluster.name(),
                seen.getString("database.standby_connection.host"),
                seen.getInt("database.standby_connection.port"),
                seen.getString("database.standby_connection.password"));
        return there.connect();
    }
}
