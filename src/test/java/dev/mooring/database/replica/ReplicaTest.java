package dev.mooring.database.replica;

import static dev.mooring.database.replica.ReadOnlyNodes.SMALL;
import static dev.mooring.database.replica.ReadOnlyNodes.addReplica;
import static dev.mooring.database.replica.ReadOnlyNodes.await;
import static dev.mooring.database.replica.ReadOnlyNodes.awaitCopied;
import static dev.mooring.database.replica.ReadOnlyNodes.awaitOnline;
import static dev.mooring.database.replica.ReadOnlyNodes.body;
import static dev.mooring.database.replica.ReadOnlyNodes.create;
import static dev.mooring.database.replica.ReadOnlyNodes.data;
import static dev.mooring.database.replica.ReadOnlyNodes.replica;
import static dev.mooring.database.replica.ReadOnlyNodes.status;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.console.Browser;
import dev.mooring.process.pgbouncer.PgBouncer;
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
import java.util.List;
import org.junit.jupiter.api.Test;

/** Servers that follow a cluster at an address of their own, and what becomes of them. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class ReplicaTest {

    private static final String LARGER = "db-s-1vcpu-2gb";

    /** As the slot of a read-only node is called that was deleted while the primary was down. */
    private static final String OF_NOBODY = "mooring_00000000_0000_4000_8000_000000000000";

    private static JsonPath topology(TestCluster cluster) {
        return Api.get("/mooring/v1/databases/" + cluster.id() + "/topology").jsonPath();
    }

    private static void kill(TestCluster cluster) throws Exception {
        long pid = Long.parseLong(
                Files.readAllLines(data(cluster).resolve("postmaster.pid")).getFirst());
        assertThat(new ProcessBuilder("kill", "-KILL", Long.toString(pid))
                        .start()
                        .waitFor())
                .isZero();
    }

    private static String refused(Response answer, int status) {
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(status);
        return answer.jsonPath().getString("message");
    }

    @Test
    void aReadOnlyNodeFollowsItsClusterAndBecomesOneOfItsOwn() throws Exception {
        TestCluster cluster = create(2, "16");
        JsonPath made = addReplica(cluster, "reports-" + cluster.name());
        TestCluster replica = replica(made);
        assertThat(made.getString("replica.status")).isEqualTo("creating");
        assertThat(made.getList("replica.tags")).isEqualTo(List.of("reports"));
        assertThat(made.getInt("replica.storage_size_mib")).isPositive();
        assertThat(made.getString("replica.private_connection.uri")).contains(":" + replica.port() + "/");
        assertThat(replica.password()).isEqualTo(cluster.password());
        assertThat(replica.port()).isNotEqualTo(cluster.port());
        assertThat(Api.get(cluster.path("/replicas")).jsonPath().getList("replicas.id"))
                .containsExactly(replica.id());
        awaitOnline(cluster, replica);
        assertThat(Api.get("/v2/databases?per_page=200").jsonPath().getList("databases.id"))
                .doesNotContain(replica.id());

        canBeReadFromAndNotWrittenTo(cluster, replica);
        theConsoleDoesNoMore(cluster, replica);
        comesBackWhenItIsKilledOrLosesItsFiles(cluster, replica);
        goesOnWithAnotherPrimary(cluster, replica);
        hasTrustedSourcesOfItsOwn(cluster, replica);
        if (PgBouncer.find().isPresent()) {
            try (ReplicaPool pool = ReplicaPool.of(cluster, replica)) {
                growsAlone(cluster, replica);
                pool.goesOn("a restart for another size");
                becomesACluster(cluster, replica);
                pool.goesOn("the promotion");
                pool.canBeWrittenTo();
            }
        } else {
            growsAlone(cluster, replica);
            becomesACluster(cluster, replica);
        }
        replica.delete();
        cluster.delete();
    }

    private static void canBeReadFromAndNotWrittenTo(TestCluster cluster, TestCluster replica) throws Exception {
        awaitCopied(cluster, replica, 1);
        try (Connection reader = replica.connect()) {
            assertThatThrownBy(() -> Api.execute(reader, "insert into kept values (0)"))
                    .hasMessageContaining("read-only transaction");
            assertThat(Api.query(reader, "select ssl from pg_stat_ssl where pid = pg_backend_pid()"))
                    .isEqualTo("t");
        }
        JsonPath nodes = topology(cluster);
        assertThat(nodes.getList("topology.nodes.role")).containsExactly("primary", "standby", "replica");
        assertThat(nodes.getString("topology.nodes[2].name")).isEqualTo(replica.name());
        assertThat(Api.get(replica.path("/config")).jsonPath().getMap("config")).isNotEmpty();
        assertThat(Api.get(replica.path("/ca")).jsonPath().getString("ca.certificate"))
                .isNotBlank();
        assertThat(Api.get(replica.path("")).jsonPath().getString("database.connection.user"))
                .isEqualTo("doadmin");
        assertThat(replica.metrics()).contains("pg_up 1\n", "pg_wal_position_bytes");
        assertThat(cluster.metrics())
                .contains("pg_up 1\n", "mooring_replication_lag_bytes{node=\"" + replica.id() + "\"}");
        assertThat(refused(Api.post(replica.path("/users"), "{\"name\":\"other\"}"), 422))
                .contains("read-only node", cluster.id());
        assertThat(refused(Api.post(replica.path("/replicas"), body("another", SMALL)), 422))
                .contains("read-only node");
    }

    /** Its forms, by a node's id, are the API's calls by it. */
    private static void theConsoleDoesNoMore(TestCluster cluster, TestCluster replica) {
        Browser browser = Browser.of(TestGround.TOKEN);
        assertThat(browser.page("/console/databases/" + cluster.id() + "/replicas"))
                .contains(replica.name(), ":" + replica.port())
                .doesNotContain(cluster.password());
        String node = "/console/databases/" + replica.id();
        for (String page : List.of("", "/pools", "/network", "/settings")) {
            assertThat(browser.page(node + page)).doesNotContain(cluster.password());
        }
        for (String form : List.of("/users", "/dbs", "/settings/config", "/replicas/create")) {
            Response answer = browser.post(node + form, "name", "other", "key", "work_mem", "value", "8");
            assertThat(answer.statusCode()).as(form).isEqualTo(422);
            assertThat(answer.asString()).as(form).contains("read-only node", cluster.id());
        }
    }

    private static void comesBackWhenItIsKilledOrLosesItsFiles(TestCluster cluster, TestCluster replica)
            throws Exception {
        kill(replica);
        awaitCopied(cluster, replica, 2);
        Path signal = data(replica).resolve("standby.signal");
        assertThat(new ProcessBuilder("rm", signal.toString()).start().waitFor())
                .isZero();
        await("it is copied afresh").until(() -> Files.exists(signal));
        awaitCopied(cluster, replica, 3);
        try (Connection reader = replica.connect()) {
            assertThat(Api.query(reader, "select pg_is_in_recovery()")).isEqualTo("t");
        }
        awaitOnline(cluster, replica);
    }

    private static void goesOnWithAnotherPrimary(TestCluster cluster, TestCluster replica) throws Exception {
        await("the standby node follows")
                .until(() -> topology(cluster).getString("topology.nodes[1].state"), "following"::equals);
        try (Connection owner = cluster.connect()) {
            Api.execute(owner, "select pg_create_physical_replication_slot('" + OF_NOBODY + "')");
        }
        String lost = topology(cluster).getString("topology.nodes[0].name");
        kill(cluster);
        await("another primary")
                .until(() -> topology(cluster).getString("topology.nodes[0].name"), name -> !lost.equals(name));
        await("it serves").until(() -> cluster.query("select 1"), "1"::equals);
        assertThat(cluster.metrics()).contains("mooring_failovers_total 1\n", "mooring_primary_changes_total 1\n");
        awaitCopied(cluster, replica, 4);
        await("no WAL is kept for a read-only node that is gone")
                .until(
                        () -> cluster.query(
                                "select count(*) from pg_replication_slots where slot_name = '" + OF_NOBODY + "'"),
                        "0"::equals);
        await("it follows on").until(() -> topology(cluster).getString("topology.nodes[2].state"), "following"::equals);
        await("the failover is over")
                .until(() -> Api.get("/mooring/v1/operations?cluster_id=" + cluster.id())
                        .jsonPath()
                        .getList("operations.state")
                        .stream()
                        .noneMatch(state -> state.equals("queued") || state.equals("running")));
    }

    private static void hasTrustedSourcesOfItsOwn(TestCluster cluster, TestCluster replica) throws Exception {
        try (Connection stranger = replica.connect()) {
            Response closed =
                    Api.put(replica.path("/firewall"), "{\"rules\":[{\"type\":\"ip_addr\",\"value\":\"192.0.2.1\"}]}");
            assertThat(closed.statusCode()).as(closed.asString()).isEqualTo(204);
            assertThatThrownBy(replica::connect).hasMessageContaining("no pg_hba.conf entry");
            await("its session is over").until(() -> !stranger.isValid(1));
        }
        assertThat(cluster.query("select 1")).isEqualTo("1");
        assertThat(Api.get(replica.path("/firewall")).jsonPath().getList("rules.value"))
                .isEqualTo(List.of("192.0.2.1"));
        assertThat(Api.get(cluster.path("/firewall")).jsonPath().getList("rules"))
                .isEmpty();
        assertThat(Api.put(replica.path("/firewall"), "{\"rules\":[]}").statusCode())
                .isEqualTo(204);
        assertThat(replica.query("select 1")).isEqualTo("1");
    }

    private static void growsAlone(TestCluster cluster, TestCluster replica) throws Exception {
        assertThat(refused(
                        Api.put(replica.path("/resize"), "{\"size\":\"%s\",\"num_nodes\":2}".formatted(LARGER)), 422))
                .contains("num_nodes");
        assertThat(refused(
                        Api.put(cluster.path("/resize"), "{\"size\":\"%s\",\"num_nodes\":2}".formatted(LARGER)), 422))
                .contains(replica.name());
        Response resized = Api.put(replica.path("/resize"), "{\"size\":\"%s\",\"num_nodes\":1}".formatted(LARGER));
        assertThat(resized.statusCode()).as(resized.asString()).isEqualTo(202);
        replica.awaitOnline();
        assertThat(Api.get(cluster.path("/replicas/" + replica.name()))
                        .jsonPath()
                        .getString("replica.size"))
                .isEqualTo(LARGER);
        assertThat(replica.query("select setting::int * 8 / 1024 from pg_settings where name = 'shared_buffers'"))
                .isEqualTo("409");
        assertThat(refused(Api.post(cluster.path("/replicas"), body("x", SMALL)), 422))
                .contains("name: must have");
    }

    private static void becomesACluster(TestCluster cluster, TestCluster replica) throws Exception {
        assertThat(refused(Api.delete(cluster.path("")), 422)).contains(replica.name());
        try (Connection owner = cluster.connect()) {
            Api.execute(owner, "insert into kept values (5)");
        }
        Response promoted = Api.put(cluster.path("/replicas/" + replica.name() + "/promote"), "");
        assertThat(promoted.statusCode()).as(promoted.asString()).isEqualTo(204);
        assertThat(Api.get(cluster.path("/replicas")).jsonPath().getList("replicas"))
                .isEmpty();
        assertThat(Api.get("/v2/databases?per_page=200").jsonPath().getList("databases.id"))
                .contains(replica.id());
        replica.awaitOnline();
        try (Connection owner = replica.connect()) {
            Api.execute(owner, "insert into kept values (6)");
            assertThat(Api.query(owner, "select count(*) from kept")).isEqualTo("6");
        }
        assertThat(cluster.query("select count(*) from kept")).isEqualTo("5");
        assertThat(cluster.query("select count(*) from pg_replication_slots where slot_name like 'mooring\\_"
                        + replica.id().substring(0, 8) + "%'"))
                .as("the cluster keeps no WAL for it any more")
                .isEqualTo("0");
        assertThat(Api.post(replica.path("/users"), "{\"name\":\"own\"}").statusCode())
                .isEqualTo(201);
        await("a backup of its own")
                .until(() -> !Api.get(replica.path("/backups"))
                        .jsonPath()
                        .getList("backups")
                        .isEmpty());
        assertThat(replica.events()).contains("cluster_create", "cluster_master_promotion", "cluster_backup");
        assertThat(cluster.events()).contains("cluster_replica_create", "cluster_replica_promote");
    }

    @Test
    void whatCannotBeIsRefusedByName() throws Exception {
        Response created = Api.post(
                "/v2/databases", Api.clusterBody(Api.uniqueName(), "16").replace(SMALL, "db-s-2vcpu-4gb"));
        TestCluster cluster = TestCluster.of(created.jsonPath());
        String problems = refused(
                Api.post(
                        cluster.path("/replicas"),
                        "{\"name\":\"-\",\"size\":\"huge\",\"region\":\"moon\",\"private_network_uuid\":\"x\",\"tags\":[\"\"]}"),
                422);
        assertThat(problems).contains("name: ", "size: ", "region: ", "private_network_uuid: ", "tags");
        cluster.awaitOnline();
        await("a backup")
                .until(() -> !Api.get(cluster.path("/backups"))
                        .jsonPath()
                        .getList("backups")
                        .isEmpty());
        // A backup that has just been made is told a moment before it has ended.
        Response[] small = new Response[1];
        await("the backup has ended").until(() -> {
            small[0] = Api.post(cluster.path("/replicas"), body("small-one", SMALL));
            return small[0].statusCode() != 412;
        });
        assertThat(refused(small[0], 422)).contains("size: must be at least db-s-2vcpu-4gb");
        assertThat(refused(Api.post(cluster.path("/replicas"), body(cluster.name(), "db-s-2vcpu-4gb")), 422))
                .isEqualTo("cluster name is not available");
        assertThat(Api.get(cluster.path("/replicas")).jsonPath().getInt("meta.total"))
                .isZero();
        for (String path : List.of("/replicas/none", "/replicas/none/promote")) {
            assertThat((path.endsWith("promote") ? Api.put(cluster.path(path), "") : Api.get(cluster.path(path)))
                            .statusCode())
                    .isEqualTo(404);
        }
        assertThat(Api.delete(cluster.path("/replicas/none")).statusCode()).isEqualTo(404);
        assertThat(Api.get("/v2/databases/00000000-0000-4000-8000-000000000000/replicas")
                        .statusCode())
                .isEqualTo(404);
        String reader = Api.post("/mooring/v1/tokens", "{\"name\":\"reader\",\"scopes\":[\"database:read\"]}")
                .jsonPath()
                .getString("token.token");
        assertThat(Api.as(reader)
                        .body(body("refused-one", "db-s-2vcpu-4gb"))
                        .post(cluster.path("/replicas"))
                        .statusCode())
                .isEqualTo(403);
        assertThat(Api.as(reader).delete(cluster.path("/replicas/none")).statusCode())
                .isEqualTo(403);
        assertThat(Api.as(reader).get(cluster.path("/replicas")).statusCode()).isEqualTo(200);
        cluster.delete();
    }
}
