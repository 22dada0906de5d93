package dev.mooring.database.node;

import static dev.mooring.database.node.StandbyNodes.awaitFollowing;
import static dev.mooring.database.node.StandbyNodes.awaitPrimaryOtherThan;
import static dev.mooring.database.node.StandbyNodes.create;
import static dev.mooring.database.node.StandbyNodes.operation;
import static dev.mooring.database.node.StandbyNodes.primary;
import static dev.mooring.database.node.StandbyNodes.signal;
import static dev.mooring.database.node.StandbyNodes.standby;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import dev.mooring.support.Writer;
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
import java.util.List;
import java.util.Properties;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;

/** What replication slots keep when another node takes the primary's place, planned or not. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class StandbySlotsTest {

    private static final String FAILS_OVER =
            "select pg_create_logical_replication_slot('%s', 'test_decoding', failover => true)";

    private static final String CHANGES =
            "select count(*) from pg_logical_slot_get_changes('%s', null, null) where data like '%%kept%%'";

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
        assertThat(Api.get(cluster.path("/events")).jsonPath().getString("events[0].details"))
                .contains("has taken the place of", "lost replication slots: forgotten");
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
}
