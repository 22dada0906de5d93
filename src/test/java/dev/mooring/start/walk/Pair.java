package dev.mooring.start.walk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.process.pgbouncer.PgBouncer;
import dev.mooring.start.WatchIT;
import dev.mooring.support.Api;
import dev.mooring.support.MooringProcess;
import dev.mooring.support.PoolClient;
import dev.mooring.support.Writer;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/** A cluster of a primary and a standby node, and what can be done to it. */
record Pair(MooringProcess mooring, String id) {

    static Pair create(MooringProcess mooring) {
        return create(mooring, NodeStories.TWO);
    }

    /** @param nodes of another number */
    static Pair create(MooringProcess mooring, String nodes) {
        Response created = mooring.api()
                .body(Api.clusterBody(Api.uniqueName(), "16").replace("\"num_nodes\": 1", nodes))
                .post("/v2/databases");
        assertThat(created.statusCode()).as(created.asString()).isEqualTo(201);
        Pair pair = new Pair(mooring, created.jsonPath().getString("database.id"));
        mooring.awaitOnline(pair.id);
        pair.awaitFollowing();
        return pair;
    }

    ConditionFactory await(String what) {
        return Awaitility.await(what + "; log: " + mooring.log())
                .atMost(Duration.ofMinutes(2))
                .pollInterval(Duration.ofMillis(20))
                .ignoreExceptions();
    }

    Writer.Opener node() throws Exception {
        return mooring.opener(id);
    }

    String why(int node) {
        return topology().getString("topology.nodes[" + node + "].why");
    }

    /** The node's, and a pool's where there can be one. */
    List<Writer.Opener> addresses() throws Exception {
        if (PgBouncer.find().isEmpty()) {
            return List.of(node());
        }
        Response made = mooring.api()
                .body(
                        "{\"name\":\"shared\",\"mode\":\"transaction\",\"size\":4,\"db\":\"defaultdb\",\"user\":\"doadmin\"}")
                .post("/v2/databases/" + id + "/pools");
        assertThat(made.statusCode()).as(made.asString()).isEqualTo(201);
        Writer.Opener pool = PoolClient.Address.of(made.jsonPath())::connect;
        await("the pool").until(() -> {
            try (Connection connection = pool.open()) {
                return connection.isValid(1);
            }
        });
        return List.of(node(), pool);
    }

    /** Of a client that comes now. */
    void awaitCommit(Writer.Opener address) {
        await("a commit").pollInterval(Duration.ofMillis(5)).until(() -> {
            try (Connection connection = address.open()) {
                Api.execute(connection, "insert into written values (clock_timestamp())");
                return true;
            }
        });
    }

    private JsonPath topology() {
        return mooring.api().get("/mooring/v1/databases/" + id + "/topology").jsonPath();
    }

    String state(int node) {
        return topology().getString("topology.nodes[" + node + "].state");
    }

    void awaitFollowing() {
        await("every standby node follows").until(() -> {
            List<String> states = topology().getList("topology.nodes.findAll { it.role == 'standby' }.state");
            return !states.isEmpty() && states.stream().allMatch("following"::equals);
        });
    }

    /** Commits wait for one of the nodes that follow. */
    void waitForAQuorum() {
        assertThat(mooring.api()
                        .body("{\"config\":{\"synchronous_replication\":\"quorum\"}}")
                        .patch("/v2/databases/" + id + "/config")
                        .statusCode())
                .isEqualTo(200);
        awaitWaitedFor("ANY 1 (");
    }

    /** @param names how the setting begins */
    void awaitWaitedFor(String names) {
        await("commits wait for " + names).until(() -> {
            try (Connection connection = mooring.connect(id)) {
                return Api.query(connection, "show synchronous_standby_names").startsWith(names);
            }
        });
    }

    /** The same, and nobody sees a server end that would do something about it. */
    static void silentPowerLoss(MooringProcess mooring) throws Exception {
        signal("KILL", WatchIT.watches(mooring).stream().map(ProcessHandle::pid).toList());
        mooring.kill();
        powerLoss(mooring);
    }

    /** Everything that belongs to a Mooring ends in one moment. */
    static void powerLoss(MooringProcess mooring) throws Exception {
        signal("KILL", processesIn(mooring.home().root()));
        mooring.kill();
        for (List<Long> left = processesIn(mooring.home().root());
                !left.isEmpty();
                left = processesIn(mooring.home().root())) {
            signal("KILL", left);
        }
    }

    ClusterFolder.Manifest manifest() throws IOException {
        return ClusterFolder.of(mooring.home(), UUID.fromString(id)).manifest().orElseThrow();
    }

    /** How often another node has taken a lost primary's place, as the files say. */
    long failovers() throws IOException {
        return manifest().failovers();
    }

    void awaitFailovers(long count) {
        await(count + " failovers").until(() -> failovers() == count && state(0).equals("running"));
    }

    Path folder() {
        return mooring.home().cluster(UUID.fromString(id));
    }

    Path data() {
        return folder().resolve("data");
    }

    ProcessHandle primary() throws IOException {
        long pid = Long.parseLong(
                Files.readAllLines(data().resolve("postmaster.pid")).getFirst());
        return ProcessHandle.of(pid).orElseThrow();
    }

    void killPrimary() throws IOException {
        primary().destroyForcibly();
    }

    static void signal(String name, List<Long> pids) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("sh", "-c", "kill -s \"$@\" 2>/dev/null", "sh", name));
        pids.forEach(pid -> command.add(Long.toString(pid)));
        new ProcessBuilder(command).start().waitFor();
    }

    /** What works in a folder: by where it stands, as servers do in their data. */
    static List<Long> processesIn(Path folder) throws IOException {
        Path real = folder.toRealPath();
        try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
            return all.map(ProcessHandle::pid)
                    .filter(pid -> {
                        try {
                            return Files.readSymbolicLink(Path.of("/proc", Long.toString(pid), "cwd"))
                                    .startsWith(real);
                        } catch (IOException gone) {
                            return false;
                        }
                    })
                    .toList();
        }
    }

    /** Every failover is told afterwards, once. */
    void awaitTold(long count) {
        await(count + " failovers are told").until(() -> {
            try (Connection metadata = mooring.metadata()) {
                return Api.query(
                                metadata,
                                "select count(*) filter (where state = 'done') || ' of ' || count(*) from operation"
                                        + " where kind = 'fail-over' and subject = '" + id + "'")
                        .equals(count + " of " + count);
            }
        });
    }

    void delete() {
        assertThat(mooring.api().delete("/v2/databases/" + id).statusCode()).isEqualTo(204);
        await("it is gone").until(() -> Files.notExists(folder()));
    }
}
