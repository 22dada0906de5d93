package dev.mooring.start;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.process.pgbouncer.PgBouncer;
import dev.mooring.support.Api;
import dev.mooring.support.MooringProcess;
import dev.mooring.support.PoolClient;
import dev.mooring.support.Writer;
import io.restassured.response.Response;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What keeps databases running while Mooring is away. */
@Tag("once")
public class WatchIT {

    private static final String BOTH = "ANY 1 (mooring_standby_1, mooring_standby_2)";

    public static List<ProcessHandle> watches(MooringProcess mooring) {
        Path home = mooring.home().root().toAbsolutePath();
        return ProcessHandle.allProcesses()
                .filter(process -> process.info()
                        .commandLine()
                        .map(line -> line.endsWith(" watch"))
                        .orElse(false))
                .filter(process -> {
                    try {
                        return Files.readSymbolicLink(Path.of("/proc", Long.toString(process.pid()), "cwd"))
                                .equals(home.toRealPath());
                    } catch (java.io.IOException gone) {
                        return false;
                    }
                })
                .toList();
    }

    private static void awaitWatch(MooringProcess mooring) {
        Awaitility.await("a watch")
                .atMost(Duration.ofSeconds(60))
                .until(() -> watches(mooring).size() == 1);
    }

    /** A watch would start again what the end of a test stops. */
    private static void destroy(MooringProcess mooring, String id) {
        assertThat(mooring.api().delete("/v2/databases/" + id).statusCode()).isEqualTo(204);
        Awaitility.await("nothing is left to watch")
                .atMost(Duration.ofSeconds(60))
                .until(() -> watches(mooring).isEmpty());
    }

    private static void awaitLog(MooringProcess mooring, String line) {
        Awaitility.await(line)
                .atMost(Duration.ofSeconds(60))
                .untilAsserted(
                        () -> assertThat(Files.readString(mooring.home().root().resolve("watch.log")))
                                .contains(line));
    }

    private static void awaitFollowing(MooringProcess mooring, String id) {
        Awaitility.await("the standby node follows")
                .atMost(Duration.ofSeconds(60))
                .until(() -> "following"
                        .equals(mooring.api()
                                .get("/mooring/v1/databases/" + id + "/topology")
                                .jsonPath()
                                .getString("topology.nodes[1].state")));
    }

    private static void awaitAllFollowing(MooringProcess mooring, String id) {
        Awaitility.await("all follow")
                .atMost(Duration.ofSeconds(60))
                .until(() -> mooring.api()
                                .get("/mooring/v1/databases/" + id + "/topology")
                                .jsonPath()
                                .getList("topology.nodes.findAll { it.state == 'following' }")
                                .size()
                        == 2);
    }

    private static Writer.Opener pool(MooringProcess mooring, String node) {
        Response made = mooring.api()
                .body(
                        "{\"name\":\"reading\",\"mode\":\"transaction\",\"size\":2,\"db\":\"defaultdb\",\"user\":\"doadmin\"}")
                .post("/v2/databases/" + node + "/pools");
        assertThat(made.statusCode()).as(made.asString()).isEqualTo(201);
        return PoolClient.Address.of(made.jsonPath())::connect;
    }

    private static void awaitAnswer(String what, Writer.Opener opener) {
        Awaitility.await(what).atMost(Duration.ofSeconds(60)).ignoreExceptions().until(() -> {
            try (Connection connection = opener.open()) {
                return connection.isValid(1);
            }
        });
    }

    /** Of a cluster that has no standby node any more: what follows is reason enough for a watch. */
    private static void aReadOnlyNodeIsKeptRunning(MooringProcess mooring, String id) throws Exception {
        assertThat(mooring.api()
                        .body("{\"size\":\"db-s-1vcpu-1gb\",\"num_nodes\":1}")
                        .put("/v2/databases/" + id + "/resize")
                        .statusCode())
                .isEqualTo(202);
        mooring.awaitOnline(id);
        String path = "/v2/databases/" + id + "/replicas";
        Awaitility.await("a backup, before which there is no read-only node")
                .atMost(Duration.ofSeconds(120))
                .until(() -> mooring.api()
                                .body("{\"name\":\"kept-running\",\"size\":\"db-s-1vcpu-1gb\"}")
                                .post(path)
                                .statusCode()
                        == 201);
        Awaitility.await("it follows")
                .atMost(Duration.ofSeconds(120))
                .until(() -> "online"
                        .equals(mooring.api()
                                .get(path + "/kept-running")
                                .jsonPath()
                                .getString("replica.status")));
        String node = mooring.api().get(path + "/kept-running").jsonPath().getString("replica.id");
        Writer.Opener reader = mooring.opener(node);
        Writer.Opener pool = PgBouncer.find().isPresent() ? pool(mooring, node) : reader;
        awaitWatch(mooring);
        mooring.kill();
        mooring.killServer(node);
        Path pooler = mooring.home().cluster(UUID.fromString(node)).resolve("pool/a/pgbouncer.pid");
        if (Files.exists(pooler)) {
            ProcessHandle.of(Long.parseLong(Files.readString(pooler).strip()))
                    .ifPresent(ProcessHandle::destroyForcibly);
        }
        awaitAnswer("it is started again", reader);
        awaitAnswer("so is what is before it", pool);
        mooring.start();
        awaitAnswer("the next one takes both up", pool);
        assertThat(mooring.api().delete(path + "/kept-running").statusCode()).isEqualTo(204);
    }

    /** Mooring and the primary end in the same moment, and that one cannot begin again. */
    private static void aPrimaryThatIsBrokenIsReplacedByANodeThatNobodyHasSeenFollow(MooringProcess mooring, String id)
            throws Exception {
        List<ProcessHandle> watches = watches(mooring);
        signal("STOP", watches);
        mooring.kill();
        mooring.killServer(id);
        Path control = mooring.home().cluster(UUID.fromString(id)).resolve("data/global/pg_control");
        Files.write(control, new byte[8192]);
        signal("CONT", watches);
        awaitLog(mooring, "node-1 serves");
        mooring.start();
        // What is left of the other one is of no use: it is made anew.
        awaitFollowing(mooring, id);
        Awaitility.await("both are told")
                .atMost(Duration.ofSeconds(60))
                .until(() -> mooring.api()
                        .get("/mooring/v1/operations?cluster_id=" + id + "&state=done")
                        .jsonPath()
                        .getList("operations.findAll { it.kind == 'fail-over' }.receipt.wal_complete")
                        .equals(List.of(true, true)));
    }

    private static void signal(String name, List<ProcessHandle> processes) throws Exception {
        for (ProcessHandle process : processes) {
            assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                            .start()
                            .waitFor())
                    .isZero();
        }
    }

    @Test
    void aStandbyNodeTakesOverWhileNobodyIsThere() throws Exception {
        try (MooringProcess mooring = new MooringProcess("29650-29699")) {
            mooring.start();
            String id = mooring.api()
                    .body(Api.clusterBody(Api.uniqueName(), "16").replace("\"num_nodes\": 1", "\"num_nodes\": 2"))
                    .post("/v2/databases")
                    .jsonPath()
                    .getString("database.id");
            mooring.awaitOnline(id);
            awaitWatch(mooring);
            try (Writer writer = new Writer(mooring.opener(id)).warm()) {
                mooring.kill();
                awaitLog(mooring, "node-2 follows");
                writer.warm();
                mooring.killServer(id);
                awaitLog(mooring, "node-2 serves");
                writer.warm();
                mooring.start();
                awaitFollowing(mooring, id);
                assertThat(mooring.api()
                                .get("/mooring/v1/databases/" + id + "/topology")
                                .jsonPath()
                                .getString("topology.nodes[0].name"))
                        .isEqualTo("node-2");
                Awaitility.await("what happened meanwhile is told")
                        .atMost(Duration.ofSeconds(60))
                        .until(() -> mooring.api()
                                .get("/mooring/v1/operations?cluster_id=" + id + "&state=done")
                                .jsonPath()
                                .getList("operations.kind")
                                .contains("fail-over"));
                awaitWatch(mooring);
                writer.warm();
                aPrimaryThatIsBrokenIsReplacedByANodeThatNobodyHasSeenFollow(mooring, id);
                writer.warm().check();
            }
            aReadOnlyNodeIsKeptRunning(mooring, id);
            destroy(mooring, id);
        }
    }

    /** In the order in which systemd stops its units. */
    @Test
    void theShutdownOfAMachineEndsAllServersWell() throws Exception {
        Path unit = Path.of("deploy/systemd/mooring-databases.service");
        String[] stop = Files.readAllLines(unit).stream()
                .filter(line -> line.startsWith("ExecStop="))
                .map(line -> line.substring("ExecStop=".length()).split(" "))
                .findFirst()
                .orElseThrow();
        assertThat(stop[0]).isEqualTo("/opt/mooring/mooring");
        try (MooringProcess mooring = new MooringProcess("29550-29599").start()) {
            String id = mooring.api()
                    .body(Api.clusterBody(Api.uniqueName(), "16").replace("\"num_nodes\": 1", "\"num_nodes\": 2"))
                    .post("/v2/databases")
                    .jsonPath()
                    .getString("database.id");
            mooring.awaitOnline(id);
            awaitFollowing(mooring, id);
            awaitWatch(mooring);
            Writer.Opener opener = mooring.opener(id);
            try (Connection idle = opener.open()) {
                mooring.interrupt();
                awaitLog(mooring, "Mooring is away");
                assertThat(watches(mooring)).as("it outlives Mooring").hasSize(1);
                mooring.command(List.of(stop).subList(1, stop.length).toArray(String[]::new))
                        .succeeded();
                assertThatThrownBy(() -> idle.createStatement().execute("select 1"))
                        .isInstanceOf(SQLException.class);
            }
            assertThat(mooring.postmasters()).isZero();
            assertThat(watches(mooring)).isEmpty();
            assertThat(Files.readString(mooring.home().root().resolve("watch.log")))
                    .doesNotContain("serves");
            Path folder = mooring.home().cluster(UUID.fromString(id));
            try (Stream<Path> files = Files.find(
                    folder,
                    3,
                    (file, attributes) -> file.getFileName().toString().matches("postgresql-\\w+\\.log"))) {
                List<Path> logs = files.toList();
                assertThat(logs).as("the primary's and the standby node's").hasSize(2);
                for (Path log : logs) {
                    assertThat(Files.readAllLines(log).getLast())
                            .as(log.toString())
                            .contains("database system is shut down");
                }
            }
            mooring.start();
            awaitFollowing(mooring, id);
            opener.open().close();
            assertThat(mooring.api()
                            .get("/mooring/v1/databases/" + id + "/topology")
                            .jsonPath()
                            .getString("topology.nodes[0].name"))
                    .isEqualTo("node-1");
            destroy(mooring, id);
        }
    }

    /** With what they waited for at the primary before, and for the lost node again when that is back. */
    @Test
    void commitsWaitForTheOthersAfterATakeoverWhileNobodyIsThere() throws Exception {
        try (MooringProcess mooring = new MooringProcess("29600-29649").start()) {
            String id = mooring.api()
                    .body(Api.clusterBody(Api.uniqueName(), "16").replace("\"num_nodes\": 1", "\"num_nodes\": 3"))
                    .post("/v2/databases")
                    .jsonPath()
                    .getString("database.id");
            mooring.awaitOnline(id);
            assertThat(mooring.api()
                            .body("{\"config\":{\"synchronous_replication\":\"quorum\"}}")
                            .patch("/v2/databases/" + id + "/config")
                            .statusCode())
                    .isEqualTo(200);
            Writer.Opener opener = mooring.opener(id);
            awaitWaitedFor(opener, BOTH);
            awaitWatch(mooring);
            mooring.kill();
            awaitLog(mooring, "node-3 follows");
            assertThat(waitedFor(opener)).isEqualTo(BOTH);
            mooring.killServer(id);
            assertThat(awaitWaitedFor(opener, BOTH))
                    .as("from the first moment on")
                    .doesNotContain("");
            mooring.start();
            assertThat(waitedFor(opener)).isEqualTo(BOTH);
            nodesDoNotStandInForTheArchive(mooring, id, opener);
            destroy(mooring, id);
        }
    }

    /** While Mooring is away nothing is archived, and there are as many nodes as receivers are waited for. */
    private static void nodesDoNotStandInForTheArchive(MooringProcess mooring, String id, Writer.Opener opener)
            throws Exception {
        awaitAllFollowing(mooring, id);
        assertThat(mooring.api()
                        .body("{\"retention_hours\":24,\"synchronous\":true}")
                        .put("/mooring/v1/databases/" + id + "/backup-policy")
                        .statusCode())
                .isEqualTo(200);
        awaitWaitedFor(opener, "FIRST 3 (mooring_archive, mooring_standby_1, mooring_standby_2)");
        try (Connection connection = opener.open()) {
            Api.execute(connection, "create table archived (i int)");
            mooring.kill();
            connection.setNetworkTimeout(Runnable::run, 3000);
            assertThatThrownBy(() -> Api.execute(connection, "insert into archived values (1)"))
                    .as("no answer")
                    .isInstanceOf(SQLException.class);
        }
        mooring.start();
        try (Connection connection = opener.open()) {
            Api.execute(connection, "insert into archived values (2)");
        }
    }

    private static String waitedFor(Writer.Opener opener) throws SQLException {
        try (Connection connection = opener.open()) {
            return Api.query(connection, "show synchronous_standby_names");
        }
    }

    /** @return all that was seen on the way */
    private static List<String> awaitWaitedFor(Writer.Opener opener, String names) {
        List<String> seen = new ArrayList<>();
        Awaitility.await(names)
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(10))
                .ignoreExceptionsInstanceOf(SQLException.class)
                .until(() -> {
                    seen.add(waitedFor(opener));
                    return seen.getLast().equals(names);
                });
        return seen;
    }
}
