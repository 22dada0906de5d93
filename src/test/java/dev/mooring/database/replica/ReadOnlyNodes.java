package dev.mooring.database.replica;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/** Read-only nodes, as the API makes and shows them. */
final class ReadOnlyNodes {

    private ReadOnlyNodes() {}

    static final String SMALL = "db-s-1vcpu-1gb";

    static ConditionFactory await(String what) {
        return Awaitility.await(what)
                .atMost(Duration.ofSeconds(120))
                .pollInterval(Duration.ofMillis(50))
                .ignoreExceptions();
    }

    static TestCluster create(int nodes, String version) throws SQLException {
        Response created = Api.post(
                "/v2/databases",
                Api.clusterBody(Api.uniqueName(), version).replace("\"num_nodes\": 1", "\"num_nodes\": " + nodes));
        assertThat(created.statusCode()).as(created.asString()).isEqualTo(201);
        TestCluster cluster = TestCluster.of(created.jsonPath());
        cluster.awaitOnline();
        try (Connection owner = cluster.connect()) {
            Api.execute(owner, "create table kept (id int primary key)");
        }
        return cluster;
    }

    static String body(String name, String size) {
        return """
                {"name": "%s", "size": "%s", "region": "nyc1", "private_network_uuid": "", "tags": ["reports"]}""".formatted(name, size);
    }

    /** As Terraform does it: what is too early is tried again. */
    static JsonPath addReplica(TestCluster cluster, String name) {
        Response[] last = new Response[1];
        await("a backup, before which there is no read-only node").until(() -> {
            last[0] = Api.post(cluster.path("/replicas"), body(name, SMALL));
            if (last[0].statusCode() == 412) {
                assertThat(last[0].asString()).containsAnyOf("no backup yet", "undergoing maintenance");
            }
            return last[0].statusCode() != 412;
        });
        assertThat(last[0].statusCode()).as(last[0].asString()).isEqualTo(201);
        return last[0].jsonPath();
    }

    /** Its address and credentials, as a cluster's. */
    static TestCluster replica(JsonPath made) {
        return new TestCluster(
                made.getString("replica.id"),
                made.getString("replica.name"),
                made.getString("replica.connection.host"),
                made.getInt("replica.connection.port"),
                made.getString("replica.connection.password"));
    }

    static String status(TestCluster cluster, TestCluster replica) {
        return Api.get(cluster.path("/replicas/" + replica.name())).jsonPath().getString("replica.status");
    }

    static void awaitOnline(TestCluster cluster, TestCluster replica) {
        await("the read-only node is online").until(() -> status(cluster, replica), "online"::equals);
    }

    static void awaitCopied(TestCluster cluster, TestCluster replica, int id) throws SQLException {
        try (Connection owner = cluster.connect()) {
            Api.execute(owner, "insert into kept values (" + id + ")");
        }
        await("what the primary has committed")
                .until(() -> replica.query("select count(*) from kept where id = " + id), "1"::equals);
    }

    static Path data(TestCluster cluster) {
        return Path.of(System.getProperty("mooring.home"), "clusters", cluster.id(), "data");
    }
}
