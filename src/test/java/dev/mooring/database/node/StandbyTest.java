package dev.mooring.database.node;

import static dev.mooring.database.node.StandbyNodes.awaitFollowing;
import static dev.mooring.database.node.StandbyNodes.awaitPrimaryOtherThan;
import static dev.mooring.database.node.StandbyNodes.create;
import static dev.mooring.database.node.StandbyNodes.nodes;
import static dev.mooring.database.node.StandbyNodes.operation;
import static dev.mooring.database.node.StandbyNodes.primary;
import static dev.mooring.database.node.StandbyNodes.signal;
import static dev.mooring.database.node.StandbyNodes.standby;
import static dev.mooring.database.node.StandbyNodes.topology;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.home.MooringHome;
import dev.mooring.process.pgbouncer.PgBouncer;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.EarlierMinor;
import dev.mooring.support.PoolClient;
import dev.mooring.support.TestGround;
import dev.mooring.support.Writer;
import dev.mooring.support.history.AppendHistory;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Nodes that follow the primary, and what they are good for. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class StandbyTest {

    /** The node, and a pool where there can be one. */
    private static Writer.Opener[] openers(TestCluster cluster) {
        return PgBouncer.find().isEmpty()
                ? new Writer.Opener[] {cluster::connect}
                : new Writer.Opener[] {
                    cluster::connect, PoolClient.create(cluster, "shared", "transaction", 4, "doadmin")::connect
                };
    }

    @Test
    void aNodeThatFollowsIsReadFromAndTakesThePlaceOfALostPrimary() throws Exception {
        TestCluster cluster = create(2);
        JsonPath seen = Api.get(cluster.path("")).jsonPath();
        assertThat(seen.getInt("database.num_nodes")).isEqualTo(2);
        assertThat(topology(cluster).getList("topology.nodes.role")).containsExactly("primary", "standby");
        try (AppendHistory writer = new AppendHistory(openers(cluster)).warm()) {
            try (Connection reader = standby(cluster, seen)) {
                assertThat(Api.query(reader, "select pg_is_in_recovery()")).isEqualTo("t");
                assertThat(Api.query(reader, "show checkpoint_timeout"))
                        .as("little is left to be written out when it is to take the place")
                        .isEqualTo("30s");
                Awaitility.await("what was written can be read there")
                        .until(() -> Integer.parseInt(Api.query(reader, "select count(*) from appended")) > 0);
            }
            for (int kill = 1; kill <= 2; kill++) {
                awaitFollowing(cluster, 1);
                String lost = primary(cluster);
                signal(cluster, "KILL");
                awaitPrimaryOtherThan(cluster, lost);
                writer.warm();
            }
            awaitFollowing(cluster, 1);
            try (Connection admin = cluster.connect()) {
                assertThat(Api.query(admin, "show checkpoint_timeout"))
                        .as("a primary's own, once it has taken the place")
                        .isEqualTo("5min");
                assertThat(Api.query(
                                admin,
                                "select bool_and(ssl) from pg_stat_ssl join pg_stat_replication using (pid)"
                                        + " where usename = 'postgres'"))
                        .as("who follows knows whom")
                        .isEqualTo("t");
            }
            String halted = primary(cluster);
            signal(cluster, "STOP");
            awaitPrimaryOtherThan(cluster, halted);
            writer.warm().check();
        }
        JsonPath told = operation(cluster, "fail-over");
        assertThat(told.getBoolean("receipt.wal_complete")).isTrue();
        assertThat(told.getLong("receipt.pause_ms")).isPositive();
        assertThat(Api.get(cluster.path("/events")).jsonPath().getList("events.event_type"))
                .contains("cluster_master_promotion");
        cluster.delete();
    }

    @Test
    @Tag("once")
    void nodesComeAndGoWithTheSize() throws Exception {
        TestCluster cluster = Api.cluster("13");
        resize(cluster, "db-s-1vcpu-2gb", 3);
        assertThat(topology(cluster).getList("topology.nodes.name")).containsExactly("node-1", "node-2", "node-3");
        awaitFollowing(cluster, 2);
        assertThat(Api.patch(cluster.path("/config"), "{\"config\":{\"max_locks_per_transaction\":100}}")
                        .statusCode())
                .isEqualTo(200);
        JsonPath seen = Api.get(cluster.path("")).jsonPath();
        Awaitility.await("the settings of the primary")
                .atMost(Duration.ofSeconds(30))
                .ignoreExceptions()
                .until(() -> {
                    try (Connection reader = standby(cluster, seen)) {
                        return Api.query(reader, "show max_locks_per_transaction")
                                .equals("100");
                    }
                });
        String password = Api.post(cluster.path("/users"), "{\"name\":\"reader\"}")
                .jsonPath()
                .getString("user.password");
        try (Connection deleted = awaitConnection(cluster, "reader", password);
                Connection stays = standby(cluster, seen)) {
            assertThat(Api.delete(cluster.path("/users/reader")).statusCode()).isEqualTo(204);
            Awaitility.await("a deleted user's session ends here too")
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> !deleted.isValid(1));
            assertThat(Api.query(stays, "select 1")).isEqualTo("1");
            assertThat(Api.put(
                                    cluster.path("/firewall"),
                                    "{\"rules\":[{\"type\":\"ip_addr\",\"value\":\"192.0.2.1\"}]}")
                            .statusCode())
                    .isEqualTo(204);
            Awaitility.await("a source that is not trusted any more is not let in here either")
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> !stays.isValid(1));
            assertThat(Api.put(cluster.path("/firewall"), "{\"rules\":[]}").statusCode())
                    .isEqualTo(204);
        }
        assertThat(Api.patch(cluster.path("/config"), "{\"config\":{\"synchronous_replication\":\"quorum\"}}")
                        .statusCode())
                .isEqualTo(200);
        Awaitility.await("commits wait for a standby node")
                .atMost(Duration.ofSeconds(30))
                .until(
                        () -> cluster.query("show synchronous_standby_names"),
                        "ANY 1 (mooring_standby_1, mooring_standby_2)"::equals);
        assertThat(cluster.query("select count(*) from pg_class")).isNotEqualTo("0");
        anUpdateLeavesThePrimarySomebodyThatFollows(cluster);
        String lost = primary(cluster);
        signal(cluster, "KILL");
        List<String> waitedFor = new ArrayList<>();
        Awaitility.await("they do so for both at the new primary")
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(10))
                .ignoreExceptionsInstanceOf(SQLException.class)
                .until(
                        () -> {
                            waitedFor.add(cluster.query("show synchronous_standby_names"));
                            return waitedFor.getLast();
                        },
                        "ANY 1 (mooring_standby_1, mooring_standby_2)"::equals);
        assertThat(primary(cluster)).isNotEqualTo(lost);
        assertThat(waitedFor)
                .as("from the new primary's first moment on they wait for the node that is left")
                .doesNotContain("")
                .containsAnyOf("ANY 1 (mooring_standby_1)", "ANY 1 (mooring_standby_2)");
        awaitFollowing(cluster, 2);
        resize(cluster, "db-s-1vcpu-1gb", 1);
        Awaitility.await("nobody is waited for")
                .atMost(Duration.ofSeconds(30))
                .until(() -> cluster.query("show synchronous_standby_names"), ""::equals);
        assertThat(topology(cluster).getList("topology.nodes.role")).containsExactly("primary");
        assertThat(Api.get(cluster.path("")).jsonPath().getString("database.standby_connection"))
                .isNull();
        Response alone = Api.post("/mooring/v1/databases/" + cluster.id() + "/switchover", "");
        assertThat(alone.statusCode()).isEqualTo(422);
        assertThat(alone.asString()).contains("num_nodes");
        cluster.delete();
    }

    private static void anUpdateLeavesThePrimarySomebodyThatFollows(TestCluster cluster) throws Exception {
        EarlierMinor.of(MooringHome.configured(), cluster.id());
        int fewest = 2;
        int changes = 0;
        try (Connection before = cluster.connect()) {
            assertThat(Api.put(cluster.path("/install_update"), "").statusCode())
                    .isEqualTo(204);
            // Until the primary's own turn comes, which ends the session.
            while (before.isValid(1)) {
                int now = Integer.parseInt(Api.query(
                        before,
                        "select count(*) from pg_stat_replication where application_name like 'mooring_standby_%'"));
                changes += now == fewest ? 0 : 1;
                fewest = Math.min(fewest, now);
            }
        } catch (SQLException ended) {
            // In the middle of looking.
        }
        assertThat(changes).as("each node was restarted").isPositive();
        assertThat(fewest)
                .as("nodes that get the WAL while the other is restarted")
                .isEqualTo(1);
        cluster.awaitOnline();
        awaitFollowing(cluster, 2);
    }

    @Test
    @Tag("once")
    void anUpgradeTakesTheStandbyNodesAlong() throws Exception {
        TestCluster cluster = create(2, "15");
        try (Connection owner = cluster.connect()) {
            Api.execute(owner, "create table kept as select generate_series(1, 100) as id");
        }
        Response asked = Api.put(cluster.path("/upgrade"), "{\"version\": \"16\"}");
        assertThat(asked.statusCode()).as(asked.asString()).isEqualTo(204);
        operation(cluster, "upgrade-cluster");
        cluster.awaitOnline();
        awaitFollowing(cluster, 1);
        JsonPath seen = Api.get(cluster.path("")).jsonPath();
        // It was copied before the new version let anybody in, and learns of that like of any other change.
        Awaitility.await("the standby node of the new version")
                .atMost(Duration.ofSeconds(30))
                .ignoreExceptions()
                .untilAsserted(() -> {
                    try (Connection reader = standby(cluster, seen)) {
                        assertThat(Api.query(reader, "show server_version_num")).startsWith("16");
                        assertThat(Api.query(reader, "select count(*) from kept"))
                                .isEqualTo("100");
                    }
                });
        String before = primary(cluster);
        signal(cluster, "KILL");
        awaitPrimaryOtherThan(cluster, before);
        assertThat(cluster.query("select count(*) from kept")).isEqualTo("100");
        cluster.delete();
    }

    /** Roles come with the WAL. */
    private static Connection awaitConnection(TestCluster cluster, String user, String password) {
        JsonPath seen = Api.get(cluster.path("")).jsonPath();
        TestCluster there = new TestCluster(
                cluster.id(),
                cluster.name(),
                seen.getString("database.standby_connection.host"),
                seen.getInt("database.standby_connection.port"),
                password);
        return Awaitility.await("the user on the standby node")
                .atMost(Duration.ofSeconds(30))
                .ignoreExceptions()
                .until(() -> there.connect(user, password, "defaultdb"), connection -> true);
    }

    private static void resize(TestCluster cluster, String size, int nodes) {
        Response answer = Api.put(cluster.path("/resize"), "{\"size\":\"%s\",\"num_nodes\":%d}".formatted(size, nodes));
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(202);
        cluster.awaitOnline();
        assertThat(Api.get(cluster.path("")).jsonPath().getInt("database.num_nodes"))
                .isEqualTo(nodes);
    }

    @Test
    void moreNodesThanThereCanBeAreRefused() {
        for (String nodes : List.of("0", "4", "-1")) {
            Response refused = Api.post(
                    "/v2/databases",
                    Api.clusterBody(Api.uniqueName(), "16").replace("\"num_nodes\": 1", "\"num_nodes\": " + nodes));
            assertThat(refused.statusCode()).isEqualTo(422);
            assertThat(refused.asString()).contains("num_nodes: must be one of 1, 2, 3");
        }
        assertThat(Api.get("/v2/databases/options").jsonPath().getList("options.pg.layouts.num_nodes"))
                .isEqualTo(List.of(1, 2, 3));
    }
}
