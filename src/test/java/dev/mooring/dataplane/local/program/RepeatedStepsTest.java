package dev.mooring.dataplane.local.program;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.database.backup.Recoveries;
import dev.mooring.operation.Step;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.EveryStepTwice;
import dev.mooring.support.Program;
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
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Every step of a program, done twice, ends as if it had been done once. What a kill at each of these moments adds is walked by
 * {@code ProgramWalkIT}; those of upgrades take minutes and run with it ({@code -Dwalk}).
 */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
@Tag("once")
class RepeatedStepsTest {

    private static final String LARGE = "db-s-2vcpu-4gb";

    private EveryStepTwice twice;

    @BeforeEach
    void loseTheFirst() throws Exception {
        twice = new EveryStepTwice();
    }

    @AfterEach
    void keepThem() throws Exception {
        twice.close();
    }

    private static TestCluster filled(String version) throws Exception {
        TestCluster cluster = Recoveries.backedUp(version);
        done(cluster, "back-up-cluster");
        try (Connection connection = cluster.connect()) {
            Api.execute(connection, "create table t as select generate_series(1, 1000) as id");
            Api.execute(connection, "alter table t add primary key (id)");
        }
        return cluster;
    }

    private static void accepted(Response answer) {
        assertThat(answer.statusCode()).as(answer.asString()).isBetween(200, 299);
    }

    private static JsonPath last(String subject, String kind) {
        return Api.get("/mooring/v1/operations?cluster_id=" + subject)
                .jsonPath()
                .setRootPath("operations.find { it.kind == '" + kind + "' }");
    }

    /** @return the operation, which has succeeded, with the cluster as it is afterwards */
    private static JsonPath done(TestCluster cluster, String kind) {
        Awaitility.await(kind + " ends")
                .atMost(Duration.ofMinutes(3))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> String.valueOf(last(cluster.id(), kind).getString("state"))
                        .matches("done|failed|cancelled"));
        JsonPath operation = last(cluster.id(), kind);
        assertThat(operation.getString("state")).as(operation.prettify()).isEqualTo("done");
        cluster.awaitOnline();
        return operation;
    }

    /** @param passedBy steps that this way does not come by */
    private void assertRepeated(String kind, String... passedBy) {
        Program program = Program.of(kind);
        List<String> steps = program.steps().stream()
                .filter(step -> step != program.rollBack())
                .map(Step::name)
                .filter(step -> !List.of(passedBy).contains(step))
                .toList();
        Awaitility.await(kind)
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(twice.left(kind)).as(kind).containsSubsequence(steps));
    }

    private static void isWhole(TestCluster cluster) throws Exception {
        Awaitility.await("it answers")
                .atMost(Duration.ofSeconds(30))
                .ignoreExceptions()
                .until(() -> cluster.query("select count(*) from t").equals("1000"));
    }

    @Test
    void theLifeOfACluster() throws Exception {
        TestCluster cluster = filled("16");
        accepted(Api.post("/mooring/v1/databases/" + cluster.id() + "/backups", ""));
        done(cluster, "back-up-cluster");
        accepted(Api.post("/mooring/v1/databases/" + cluster.id() + "/drills", ""));
        assertThat(done(cluster, "drill-recovery").getLong("receipt.rows_read")).isGreaterThan(1000);

        accepted(Api.patch(cluster.path("/config"), "{\"config\":{\"max_connections\":70}}"));
        done(cluster, "apply-settings");
        assertThat(cluster.query("show max_connections")).isEqualTo("70");
        accepted(Api.put(cluster.path("/resize"), "{\"size\": \"" + LARGE + "\", \"num_nodes\": 2}"));
        done(cluster, "resize-cluster");
        assertThat(cluster.query("show shared_buffers")).isEqualTo("819MB");
        accepted(Api.post("/mooring/v1/databases/" + cluster.id() + "/switchover", ""));
        done(cluster, "switch-over");
        isWhole(cluster);
        TestCluster fork = Recoveries.restore(cluster, null);
        isWhole(fork);
        fork.delete();
        failOver(cluster);
        isWhole(cluster);
        cluster.delete();
        Recoveries.awaitGone(cluster);
        Recoveries.awaitGone(fork);
        for (String kind : List.of("provision-cluster", "apply-settings", "restore-cluster")) {
            assertRepeated(kind, "NODES");
        }
        for (String kind : List.of(
                "back-up-cluster", "drill-recovery", "resize-cluster", "switch-over", "fail-over", "destroy-cluster")) {
            assertRepeated(kind);
        }
    }

    private static void failOver(TestCluster cluster) throws Exception {
        Awaitility.await("the other node follows")
                .atMost(Duration.ofSeconds(60))
                .until(() -> "following"
                        .equals(Api.get("/mooring/v1/databases/" + cluster.id() + "/topology")
                                .jsonPath()
                                .getString("topology.nodes[1].state")));
        Path file = Path.of(System.getProperty("mooring.home"), "clusters", cluster.id(), "data", "postmaster.pid");
        ProcessHandle.of(Long.parseLong(Files.readAllLines(file).getFirst()))
                .orElseThrow()
                .destroyForcibly();
        done(cluster, "fail-over");
    }

    private static void upgrade(TestCluster cluster, String version, String method) {
        accepted(Api.put(
                cluster.path("/upgrade"), "{\"version\": \"" + version + "\", \"method\": \"" + method + "\"}"));
        assertThat(done(cluster, "upgrade-cluster").getString("receipt.method")).isEqualTo(method);
    }

    @Test
    @EnabledIfSystemProperty(named = "walk", matches = ".*")
    void aBriefUpgradeItsUndoAndItsEnd() throws Exception {
        TestCluster cluster = filled("13");
        upgrade(cluster, "15", "brief");
        assertRepeated("upgrade-cluster", "TRY_OUT", "FORK", "CONVERT", "CATCH_UP", "FINISH", "BACK_UP");
        isWhole(cluster);
        accepted(Api.post("/mooring/v1/databases/" + cluster.id() + "/upgrade/undo", ""));
        done(cluster, "undo-upgrade");
        isWhole(cluster);
        upgrade(cluster, "15", "brief");
        twice.metadata("update cluster set undo_until = now() - interval '1 second' where id = '" + cluster.id() + "'");
        done(cluster, "settle-upgrade");
        isWhole(cluster);
        for (String kind : List.of("check-upgrade", "undo-upgrade", "settle-upgrade")) {
            assertRepeated(kind);
        }
        cluster.delete();
    }

    @Test
    @EnabledIfSystemProperty(named = "walk", matches = ".*")
    void anOnlineUpgradeAndItsUndo() throws Exception {
        Assumptions.assumeTrue(
                Api.get("/v2/databases/options")
                        .jsonPath()
                        .getList("options.pg.upgrade_targets", String.class)
                        .contains("18"),
                "no pg_upgrade to 18 on this machine");
        TestCluster cluster = filled("16");
        upgrade(cluster, "18", "online");
        assertRepeated("upgrade-cluster", "TRY_OUT", "STATISTICS", "SECURE");
        isWhole(cluster);
        accepted(Api.post("/mooring/v1/databases/" + cluster.id() + "/upgrade/undo", ""));
        done(cluster, "undo-upgrade");
        isWhole(cluster);
        cluster.delete();
    }
}
