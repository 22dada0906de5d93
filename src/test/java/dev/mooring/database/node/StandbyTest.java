package dev.mooring.database.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mooring.process.pgbouncer.PgBouncer;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.Json;
import dev.mooring.support.PoolClient;
import dev.mooring.support.TestGround;
import dev.mooring.support.Writer;
import dev.mooring.support.history.AppendHistory;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Properties;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;

/** Nodes that follow the primary, and what they are good for. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class StandbyTest {

    private static final String FAILS_OVER =
            "select pg_create_logical_replication_slot('%s', 'test_decoding', failover => true)";
    private static final String CHANGES =
            "select count(*) from pg_logical_slot_get_changes('%s', null, null) where data like '%%kept%%'";

    private static TestCluster create(int nodes) {
        return create(nodes, "16");
    }

    private static TestCluster create(int nodes, String version) {
        Response created = Api.post(
                "/v2/databases",
                Api.clusterBody(Api.uniqueName(), version).replace("\"num_nodes\": 1", "\"num_nodes\": " + nodes));
        assertThat(created.statusCode()).as(created.asString()).isEqualTo(201);
        TestCluster cluster = TestCluster.of(created.jsonPath());
        cluster.awaitOnline();
        return cluster;
    }

    private static JsonPath topology(TestCluster cluster) {
        return Api.get("/mooring/v1/databases/" + cluster.id() + "/topology").jsonPath();
    }

    /** For who asks again and again. */
    private static JsonNode nodes(TestCluster cluster) {
        return Json.get("/mooring/v1/databases/" + cluster.id() + "/topology")
                .path("topology")
                .path("nodes");
    }

    private static String primary(TestCluster cluster) {
        return topology(cluster).getString("topology.nodes.find { it.role == 'primary' }.name");
    }

    private static void awaitFollowing(TestCluster cluster, int standbys) {
        Awaitility.await("every standby node follows")
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> Collections.frequency(nodes(cluster).findValuesAsText("state"), "following") == standbys);
    }

    /** Until it lets clients in. */
    private static void awaitPrimaryOtherThan(TestCluster cluster, String name) {
        Awaitility.await("another primary")
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(20))
                .until(() -> {
                    JsonNode now = nodes(cluster).path(0);
                    return !now.path("name").asText().equals(name)
                            && now.path("state").asText().equals("running");
                });
    }

    private static JsonPath operation(TestCluster cluster, String kind) {
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

    private static void signal(TestCluster cluster, String signal) throws Exception {
        signal(cluster, "", signal);
    }

    /** @param node its folder's name, empty for the primary's */
    private static void signal(TestCluster cluster, String node, String signal) throws Exception {
        Path file =
                Path.of(System.getProperty("mooring.home"), "clusters", cluster.id(), node, "data", "postmaster.pid");
        long pid = Long.parseLong(Files.readAllLines(file).getFirst());
        assertThat(new ProcessBuilder("kill", "-" + signal, Long.toString(pid))
                        .start()
                        .waitFor())
                .isZero();
    }

    private static Connection standby(TestCluster cluster, JsonPath seen) throws SQLException {
        TestCluster there = new TestCluster(
                cluster.id(),
                cluster.name(),
                seen.getString("database.standby_connection.host"),
                seen.getInt("database.standby_connection.port"),
                seen.getString("database.standby_connection.password"));
        return there.connect();
    }

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
    void aSwitchoverLosesNothingAndKeepsWhatSlotsKeep() throws Exception {
        TestCluster cluster = create(2, "17");
        try (Connection owner = cluster.connect()) {
            Api.execute(owner, "create table kept (id int primary key)");
            Api.execute(owner, "select pg_create_logical_replication_slot('mine', 'test_decoding')");
        }
        try (Writer writer = new Writer(cluster::connect).warm()) {
            String before = primary(cluster);
            signal(cluster, "standby-1", "KILL");
            try (Connection owner = cluster.connect()) {
                // Nobody else can have it by now: it comes along with the WAL, as the other one does.
                Api.execute(owner, FAILS_OVER.formatted("late"));
            }
            Response asked = Api.post("/mooring/v1/databases/" + cluster.id() + "/switchover", "");
            assertThat(asked.statusCode()).as(asked.asString()).isEqualTo(202);
            JsonPath done = operation(cluster, "switch-over");
            assertThat(done.getString("receipt.from")).isEqualTo(before);
            assertThat(done.getDouble("receipt.write_pause_ms")).isPositive();
            assertThat(primary(cluster)).isEqualTo(done.getString("receipt.to")).isNotEqualTo(before);
            writer.warm().check();
        }
        awaitFollowing(cluster, 1);
        try (Connection owner = cluster.connect()) {
            Api.execute(owner, "insert into kept values (1)");
            for (String slot : List.of("mine", "late")) {
                assertThat(Api.query(owner, CHANGES.formatted(slot)))
                        .as("the slot is there still and misses nothing")
                        .isEqualTo("1");
            }
        }
        nobodyReceivesUnderTheNameOfANode(cluster);
        cluster.delete();
    }

    /** Commits that are to wait for the node would be answered when that one has them. */
    private static void nobodyReceivesUnderTheNameOfANode(TestCluster cluster) throws Exception {
        Response created =
                Api.post(cluster.path("/users"), "{\"name\":\"tap\",\"settings\":{\"pg_allow_replication\":true}}");
        assertThat(created.statusCode()).as(created.asString()).isEqualTo(201);
        Properties properties = new Properties();
        properties.setProperty("user", "tap");
        properties.setProperty("password", created.jsonPath().getString("user.password"));
        properties.setProperty("sslmode", "require");
        properties.setProperty("replication", "database");
        properties.setProperty("preferQueryMode", "simple");
        properties.setProperty("assumeMinServerVersion", "13");
        properties.setProperty("ApplicationName", "Mooring_Standby_1");
        Connection tap = DriverManager.getConnection(
                "jdbc:postgresql://" + cluster.host() + ":" + cluster.port() + "/defaultdb", properties);
        try {
            // It may be ended before it has received anything.
            assertThatThrownBy(() -> {
                        PGReplicationStream stream = tap.unwrap(PGConnection.class)
                                .getReplicationAPI()
                                .replicationStream()
                                .physical()
                                .withStartPosition(
                                        LogSequenceNumber.valueOf(cluster.query("select pg_current_wal_lsn()")))
                                .start();
                        Awaitility.await("its end")
                                .atMost(Duration.ofSeconds(30))
                                .until(() -> {
                                    stream.readPending();
                                    return false;
                                });
                    })
                    .isInstanceOf(SQLException.class);
        } finally {
            // Without a word to a server that has ended it.
            tap.abort(Runnable::run);
        }
        awaitFollowing(cluster, 1);
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

    @Test
    @Tag("once")
    void whatWasSentIsThereWhenThePrimaryIsLostWithItsFiles() throws Exception {
        TestCluster cluster = create(2, "17");
        try (Connection owner = cluster.connect()) {
            Api.execute(owner, "create table kept as select generate_series(1, 100) as id");
            Api.execute(owner, FAILS_OVER.formatted("mine"));
            Api.execute(owner, "select pg_create_logical_replication_slot('forgotten', 'test_decoding')");
        }
        awaitFollowing(cluster, 1);
        awaitSynced(cluster, "mine");
        String lost = primary(cluster);
        Path data = Path.of(System.getProperty("mooring.home"), "clusters", cluster.id(), "data");
        long pid = Long.parseLong(
                Files.readAllLines(data.resolve("postmaster.pid")).getFirst());
        // Moved away as a whole: the server may be making another file in it.
        Files.move(data.resolve("pg_wal"), data.resolveSibling("lost-wal"));
        ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
        awaitPrimaryOtherThan(cluster, lost);
        JsonPath told = operation(cluster, "fail-over");
        assertThat(told.getBoolean("receipt.wal_complete")).isFalse();
        assertThat(told.getList("receipt.slots_lost")).containsExactly("forgotten");
        assertThat(cluster.query("select count(*) from kept")).isEqualTo("100");
        awaitFollowing(cluster, 1);
        try (Connection owner = cluster.connect()) {
            Api.execute(owner, "insert into kept values (101)");
            assertThat(Api.query(owner, CHANGES.formatted("mine"))).isEqualTo("1");
        }
        // A backup of the new timeline is made by itself; what is recovered after it has everything.
        Response fork = Awaitility.await("a backup that can be forked from")
                .atMost(Duration.ofSeconds(60))
                .until(
                        () -> Api.post(
                                "/v2/databases",
                                Api.clusterBody(Api.uniqueName(), "17")
                                        .replace(
                                                "}",
                                                ", \"backup_restore\": {\"database_name\": \"" + cluster.name()
                                                        + "\"}}")),
                        answer -> answer.statusCode() == 201 && restored(answer));
        TestCluster.of(fork.jsonPath()).delete();
        cluster.delete();
    }

    /** The standby node has it as well: it fetches such slots from time to time. */
    private static void awaitSynced(TestCluster cluster, String slot) {
        JsonPath seen = Api.get(cluster.path("")).jsonPath();
        Awaitility.await("slot " + slot + " on the standby node")
                .atMost(Duration.ofSeconds(60))
                .ignoreExceptions()
                .until(() -> {
                    try (Connection reader = standby(cluster, seen);
                            Connection owner = cluster.connect()) {
                        // What it needs to begin with comes with the next of the server's own notes in the WAL.
                        Api.execute(owner, CHANGES.formatted(slot));
                        return Api.query(
                                        reader,
                                        "select synced and not temporary and invalidation_reason is null"
                                                + " from pg_replication_slots where slot_name = '" + slot + "'")
                                .equals("t");
                    }
                });
    }

    /** One that comes before that backup fails, or has what could be recovered before the loss. */
    private static boolean restored(Response answer) {
        TestCluster fork = TestCluster.of(answer.jsonPath());
        Awaitility.await("an end")
                .atMost(Duration.ofSeconds(60))
                .until(fork::status, status -> !status.equals("forking"));
        if (fork.status().equals("online")) {
            try {
                if (fork.query("select count(*) from kept").equals("101")) {
                    return true;
                }
            } catch (SQLException e) {
                throw new AssertionError(e);
            }
        }
        fork.delete();
        return false;
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
