package dev.mooring.database.replica;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Read-only nodes whose primary has lost what they need, or is lost itself. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
@Tag("once")
class ReplicaLossTest {

    private static ConditionFactory await(String what) {
        return Awaitility.await(what)
                .atMost(Duration.ofSeconds(120))
                .pollInterval(Duration.ofMillis(20))
                .ignoreExceptions();
    }

    private static Path folder(TestCluster cluster) {
        return Path.of(System.getProperty("mooring.home"), "clusters", cluster.id());
    }

    private static void kill(TestCluster cluster) throws Exception {
        String pid = Files.readAllLines(folder(cluster).resolve("data").resolve("postmaster.pid"))
                .getFirst();
        new ProcessBuilder("kill", "-KILL", pid).start().waitFor();
    }

    private static TestCluster follower(TestCluster cluster) {
        Response[] made = new Response[1];
        await("a backup, before which there is no read-only node").until(() -> {
            made[0] = Api.post(
                    cluster.path("/replicas"), "{\"name\":\"left-%s\",\"size\":\"\"}".formatted(cluster.name()));
            return made[0].statusCode() == 201;
        });
        JsonPath json = made[0].jsonPath();
        TestCluster node = new TestCluster(
                json.getString("replica.id"),
                json.getString("replica.name"),
                json.getString("replica.connection.host"),
                json.getInt("replica.connection.port"),
                json.getString("replica.connection.password"));
        awaitFollowing(cluster, node);
        return node;
    }

    private static void awaitFollowing(TestCluster cluster, TestCluster node) {
        await("it follows")
                .until(
                        () -> Api.get(cluster.path("/replicas/" + node.name()))
                                        .jsonPath()
                                        .getString("replica.status")
                                + " "
                                + Api.get("/mooring/v1/databases/" + cluster.id() + "/topology")
                                        .jsonPath()
                                        .getString("topology.nodes.find { it.role == 'replica' }.state"),
                        "online following"::equals);
    }

    private static String slot(TestCluster node) {
        return "mooring_" + node.id().replace('-', '_');
    }

    private static void execute(TestCluster cluster, String sql) throws SQLException {
        try (Connection owner = cluster.connect()) {
            Api.execute(owner, sql);
        }
    }

    @Test
    void aNodeIsCopiedAfreshWhenItsSlotIsLostAndPromotedWhenItsPrimaryIs() throws Exception {
        TestCluster cluster = Api.cluster("16");
        execute(cluster, "create table kept (id int primary key)");
        execute(cluster, "insert into kept values (1)");
        TestCluster node = follower(cluster);

        isCopiedAfresh(cluster, node);
        oneThatCannotBeMadeEndsTheWait(cluster);

        execute(cluster, "insert into kept values (2)");
        await("everything is there").until(() -> node.query("select count(*) from kept"), "2"::equals);
        Path control = folder(cluster).resolve("data/global/pg_control");
        Files.move(control, control.resolveSibling("pg_control.lost"));
        kill(cluster);
        await("the primary is away").until(() -> {
            try (Connection connection = cluster.connect()) {
                return false;
            } catch (SQLException away) {
                return true;
            }
        });
        assertThat(Api.put(cluster.path("/replicas/" + node.name() + "/promote"), "")
                        .statusCode())
                .isEqualTo(204);
        node.awaitOnline();
        JsonPath promoted = Api.get("/mooring/v1/operations?cluster_id=" + node.id())
                .jsonPath()
                .setRootPath("operations.find { it.kind == 'promote-read-only-node' }");
        assertThat(promoted.getString("state")).isEqualTo("done");
        assertThat(promoted.getBoolean("receipt.caught_up"))
                .as("nobody could be asked")
                .isFalse();
        execute(node, "insert into kept values (3)");
        assertThat(node.query("select count(*) from kept")).isEqualTo("3");

        Files.move(control.resolveSibling("pg_control.lost"), control);
        await("the primary is back").until(() -> cluster.query("select count(*) from kept"), "2"::equals);
        await("and keeps no WAL for a cluster of its own")
                .until(
                        () -> cluster.query(
                                "select count(*) from pg_replication_slots where slot_name = '" + slot(node) + "'"),
                        "0"::equals);
        node.delete();
        cluster.delete();
    }

    /** Of Terraform, which knows no end of it but online and an error. */
    private static void oneThatCannotBeMadeEndsTheWait(TestCluster cluster) throws SQLException {
        String taken = "select count(pg_create_physical_replication_slot('taken_' || i)) from generate_series(1,"
                + " current_setting('max_replication_slots')::int - (select count(*)::int from pg_replication_slots)) i";
        execute(cluster, taken);
        String path = cluster.path("/replicas/never");
        assertThat(Api.post(cluster.path("/replicas"), "{\"name\":\"never\",\"size\":\"\"}")
                        .statusCode())
                .isEqualTo(201);
        await("it has failed").until(() -> Api.get(path).jsonPath().getString("replica.status"), "failed"::equals);
        Response ends = Api.asDoctl(path);
        assertThat(ends.statusCode()).isEqualTo(422);
        assertThat(ends.jsonPath().getString("message"))
                .contains("the read-only node never could not be created", "replication slots are in use");
        assertThat(Api.asDoctl(path).jsonPath().getString("replica.status"))
                .as("told once")
                .isEqualTo("failed");
        assertThat(Api.delete(path).statusCode()).isEqualTo(204);
        execute(
                cluster,
                "select count(pg_drop_replication_slot(slot_name)) from pg_replication_slots where slot_name ~ '^taken'");
    }

    /** Also when the primary dies in the moment at which the copy begins: its slot is not taken for one of nobody. */
    private static void isCopiedAfresh(TestCluster cluster, TestCluster node) throws Exception {
        Path mark = folder(node).resolve("data/mark");
        Files.writeString(mark, "");
        await("the slot is dropped while the node is down").until(() -> {
            kill(node);
            return cluster.query("select pg_drop_replication_slot('" + slot(node) + "')") != null;
        });
        await("what it had is removed").until(() -> Files.notExists(mark));
        kill(cluster);
        await("the primary is back").until(() -> cluster.query("select 1"), "1"::equals);
        awaitFollowing(cluster, node);
        assertThat(mark).doesNotExist();
        assertThat(node.query("select pg_is_in_recovery() || ' ' || count(*) from kept"))
                .isEqualTo("true 1");
        assertThat(cluster.query("select active from pg_replication_slots where slot_name = '" + slot(node) + "'"))
                .isEqualTo("t");
    }
}
