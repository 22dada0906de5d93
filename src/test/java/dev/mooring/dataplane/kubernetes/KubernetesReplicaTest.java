package dev.mooring.dataplane.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.database.backup.Recoveries;
import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.EveryStepTwice;
import dev.mooring.support.Program;
import dev.mooring.support.TestGround;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIf;

/** Read-only nodes on Kubernetes: each is a real standby of the real server that stands for the cluster's. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
@TestProfile(KubernetesGround.ArchiveProfile.class)
@Tag("once")
@Tag("operators")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@EnabledIf(value = "dev.mooring.dataplane.kubernetes.ApiServer#built", disabledReason = ApiServer.MISSING)
class KubernetesReplicaTest extends KubernetesScene {

    @BeforeAll
    void archives() {
        operator.archive.store = KubernetesGround.Storage.store();
    }

    private static String body(String name, String size) {
        return json("name", name, "size", size, "region", "nyc1");
    }

    /** As Terraform does it: what is too early is tried again. */
    private static TestCluster follow(TestCluster cluster) {
        String name = Api.uniqueName();
        Response early = Api.post(cluster.path("/replicas"), body(name, SMALL));
        if (early.statusCode() == 412) {
            assertThat(early.asString()).containsAnyOf("no backup yet", "undergoing maintenance");
            Recoveries.awaitBackup(cluster);
            early = Api.post(cluster.path("/replicas"), body(name, SMALL));
        }
        JsonPath made = accepted(early).jsonPath().setRootPath("replica");
        return new TestCluster(
                made.getString("id"),
                made.getString("name"),
                made.getString("connection.host"),
                made.getInt("connection.port"),
                made.getString("connection.password"));
    }

    private static String status(TestCluster cluster, TestCluster node) {
        return Api.get(cluster.path("/replicas/" + node.name())).jsonPath().getString("replica.status");
    }

    private static void awaitStatus(TestCluster node, String status) {
        Awaitility.await("it is " + status)
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(100))
                .untilAsserted(() -> assertThat(database(node).getString("status"))
                        .as(() -> Api.get("/mooring/v1/operations?cluster_id=" + node.id())
                                .asString())
                        .isEqualTo(status));
    }

    private static String object(TestCluster cluster) {
        return Names.cluster(UUID.fromString(cluster.id()));
    }

    private Connection open(TestCluster node, TestCluster of) throws SQLException {
        return operator.replicas.server(object(node)).open("defaultdb", "doadmin", password(of, "doadmin"));
    }

    private Map<String, Object> spec(TestCluster cluster) {
        GenericKubernetesResource found = operator.objects()
                .of(TestObjects.CLUSTERS)
                .withName(object(cluster))
                .get();
        return TestObjects.map(found.getAdditionalProperties(), "spec");
    }

    private static void done(TestCluster cluster, String kind) {
        JsonPath operation = ended(cluster, kind);
        assertThat(operation.getString("state")).as(operation.prettify()).isEqualTo("done");
    }

    @Test
    void aReadOnlyNodeFollowsAndBecomesAClusterThoughEveryStepIsDoneTwice() throws Exception {
        List<Program> own = programs(program -> Set.of(Change.FOLLOW, Change.PROMOTE, Change.APPLY, Change.RESIZE)
                .contains(program.change()));
        try (EveryStepTwice twice = new EveryStepTwice(programs(program -> true))) {
            TestCluster cluster = create(1);
            try (Connection owner = connect(cluster, "doadmin", "defaultdb")) {
                Api.execute(owner, "create table kept as select 1 as id");
            }
            TestCluster node = follow(cluster);
            assertThat(node.host()).isEqualTo(object(node) + "-rw." + ApiServer.NAMESPACE + ".svc");
            assertThat(status(cluster, node)).isEqualTo("creating");
            awaitStatus(node, "online");
            whatIsWrittenIsSeen(cluster, node);
            whatIsItsOwn(cluster, node);
            whatTheClusterChangesItHas(cluster, node);
            whatItDoesNotDo(cluster, node);
            promoted(cluster, node);
            everyStep(twice, own);
        }
    }

    private void whatIsWrittenIsSeen(TestCluster cluster, TestCluster node) throws SQLException {
        try (Connection owner = connect(cluster, "doadmin", "defaultdb");
                Connection reader = open(node, cluster)) {
            Api.execute(owner, "insert into kept values (2)");
            Awaitility.await("what the primary has committed")
                    .atMost(Duration.ofSeconds(10))
                    .until(() -> Api.query(reader, "select count(*) from kept"), "2"::equals);
            assertThatThrownBy(() -> Api.execute(reader, "insert into kept values (3)"))
                    .hasMessageContaining("read-only transaction");
        }
        assertThat(TestObjects.map(spec(node), "replica"))
                .isEqualTo(Map.of("enabled", true, "source", object(cluster)));
        assertThat(spec(node)).doesNotContainKey("plugins");
        assertThat(spec(node).get("externalClusters").toString())
                .contains(
                        "serverName=" + Names.archivedServer(UUID.fromString(cluster.id())),
                        "barmanObjectName=" + Names.origin(UUID.fromString(node.id())));
        List<Map<String, Object>> nodes =
                Api.get(own(cluster) + "/topology").jsonPath().getList("topology.nodes");
        assertThat(nodes).hasSize(2);
        assertThat(nodes.getLast())
                .containsEntry("name", node.name())
                .containsEntry("role", "replica")
                .containsEntry("state", "following");
    }

    private void whatIsItsOwn(TestCluster cluster, TestCluster node) throws SQLException {
        accepted(Api.put(node.path("/firewall"), "{\"rules\":[{\"type\":\"ip_addr\",\"value\":\"192.0.2.1\"}]}"));
        done(node, "apply-settings");
        assertThatThrownBy(() -> open(node, cluster).close()).hasMessageContaining("pg_hba.conf rejects");
        connect(cluster, "doadmin", "defaultdb").close();
        accepted(Api.put(node.path("/firewall"), "{\"rules\":[]}"));
        done(node, "apply-settings");
        open(node, cluster).close();

        accepted(Api.put(node.path("/resize"), json("size", LARGE, "num_nodes", 1)));
        done(node, "resize-cluster");
        assertThat(TestObjects.map(spec(node), "resources").toString()).contains("4096Mi");
        assertThat(TestObjects.map(TestObjects.map(spec(node), "postgresql"), "parameters"))
                .containsEntry("max_connections", "100");
    }

    private void whatTheClusterChangesItHas(TestCluster cluster, TestCluster node) throws SQLException {
        accepted(
                Api.patch(cluster.path("/config"), "{\"config\":{\"work_mem\":12,\"max_locks_per_transaction\":128}}"));
        done(cluster, "apply-settings");
        try (Connection reader = open(node, cluster)) {
            assertThat(Api.query(reader, "show work_mem")).isEqualTo("12MB");
        }
        accepted(Api.patch(cluster.path("/config"), "{\"config\":{\"max_locks_per_transaction\":64}}"));
        done(cluster, "apply-settings");
        assertThat(operator.replicas.locks.stream()
                        .filter(one -> one.startsWith(object(cluster)) || one.startsWith(object(node)))
                        .toList())
                .containsExactly(
                        object(cluster) + "=64",
                        object(node) + "=64",
                        object(node) + "=128",
                        object(cluster) + "=128",
                        object(cluster) + "=64",
                        object(node) + "=64");

        accepted(Api.post(cluster.path("/users/doadmin/reset_auth"), "{}"));
        done(cluster, "apply-settings");
        open(node, cluster).close();
    }

    private void whatItDoesNotDo(TestCluster cluster, TestCluster node) {
        Map<Response, String> refused = Map.of(
                Api.post(node.path("/pools"), json("name", "any", "mode", "session", "size", 1, "db", "defaultdb")),
                "has no connection pools for read-only nodes on the data plane kubernetes",
                Api.put(cluster.path("/upgrade"), "{\"version\":\"18\"}"),
                "delete or promote " + node.name() + " first",
                Api.post(node.path("/users"), json("name", "any")),
                "not supported for a read-only node",
                Api.delete(cluster.path("")),
                "delete or promote " + node.name() + " first");
        refused.forEach((answer, words) -> {
            assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(422);
            assertThat(answer.asString()).contains(words);
        });
    }

    private void promoted(TestCluster cluster, TestCluster node) throws Exception {
        try (Connection owner = connect(cluster, "doadmin", "defaultdb")) {
            Api.execute(owner, "insert into kept values (4)");
        }
        accepted(Api.put(cluster.path("/replicas/" + node.name() + "/promote"), "{}"));
        JsonPath operation = ended(node, "promote-read-only-node");
        assertThat(operation.getString("state")).as(operation.prettify()).isEqualTo("done");
        assertThat(operation.getBoolean("receipt.caught_up")).isTrue();
        awaitStatus(node, "online");
        assertThat(Api.get(cluster.path("/replicas")).jsonPath().getList("replicas"))
                .isEmpty();
        try (Connection owner = open(node, node)) {
            assertThat(Api.query(owner, "select max(id) from kept")).isEqualTo("4");
            Api.execute(owner, "insert into kept values (5)");
        }
        try (Connection owner = connect(cluster, "doadmin", "defaultdb")) {
            assertThat(Api.query(owner, "select max(id) from kept")).isEqualTo("4");
        }
        assertThat(spec(node).get("plugins").toString()).contains(Names.archivedServer(UUID.fromString(node.id())));
        Recoveries.awaitBackup(node);
        accepted(Api.post(node.path("/users"), json("name", "own")));
        done(node, "apply-settings");
        operator.replicas
                .server(object(node))
                .open("defaultdb", "own", password(node, "own"))
                .close();
        delete(cluster);
        try (Connection owner = open(node, node)) {
            assertThat(Api.query(owner, "select count(*) from kept")).isEqualTo("4");
        }
        delete(node);
    }

    @Test
    void whatGoesWrongLeavesAReadOnlyNodeOrNothing() throws Exception {
        TestCluster cluster = create(1);
        TestCluster node = follow(cluster);
        awaitStatus(node, "online");
        age(cluster);
        operator.objects().of(TestObjects.CLUSTERS).withName(object(node)).edit(object -> {
            TestObjects.map(object.getAdditionalProperties(), "spec").put("imageName", OLDER);
            return object;
        });
        Awaitility.await("the read-only node runs " + OLDER)
                .atMost(Duration.ofSeconds(20))
                .until(() -> Set.of(OLDER).equals(images(node)));
        accepted(Api.put(cluster.path("/install_update"), "{}"));
        done(cluster, "install-update");
        assertThat(images(node)).containsExactly(NEWEST);
        assertThat(images(cluster)).containsExactly(NEWEST);

        operator.replicas.held = true;
        accepted(Api.put(cluster.path("/replicas/" + node.name() + "/promote"), "{}"));
        awaitWaiting(node, "promote-read-only-node", "Promoting to primary cluster");
        execute("update operation set overdue = true where subject = $1 and finished_at is null", node);
        assertThat(ended(node, "promote-read-only-node").getString("error")).contains("It is a read-only node again");
        operator.replicas.held = false;
        Awaitility.await("it follows again")
                .atMost(Duration.ofSeconds(20))
                .until(() -> "online".equals(status(cluster, node)));
        assertThat(TestObjects.map(spec(node), "replica")).containsEntry("enabled", true);

        assertThat(Api.delete(cluster.path("/replicas/" + node.name())).statusCode())
                .isEqualTo(204);
        Awaitility.await("nothing is left of it")
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(objects(node)).isEmpty());
        delete(cluster);
    }
}
