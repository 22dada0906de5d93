package dev.mooring.dataplane.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.dataplane.ChangeProgram;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.home.Authorities;
import dev.mooring.operation.Step;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.EveryStepTwice;
import dev.mooring.support.Program;
import dev.mooring.support.TestGround;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.quarkus.arc.All;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import io.vertx.core.json.JsonObject;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.Assertions;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIf;

/**
 * The real API over a real Kubernetes API server, with an operator that follows CloudNativePG's phases and a real PostgreSQL in the place
 * of its pods.
 */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
@TestProfile(KubernetesGround.Profile.class)
@Tag("once")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@EnabledIf(value = "dev.mooring.dataplane.kubernetes.ApiServer#built", disabledReason = ApiServer.MISSING)
class KubernetesPlaneTest {

    private static final String SMALL = "db-s-1vcpu-1gb";
    private static final String LARGE = "db-s-2vcpu-4gb";

    private static final List<ResourceDefinitionContext> KINDS = List.of(
            ScriptedOperator.CLUSTERS,
            ScriptedOperator.ROLES,
            ScriptedOperator.DATABASES,
            ScriptedOperator.SECRETS,
            ScriptedOperator.PODS,
            ScriptedOperator.CLAIMS,
            ScriptedOperator.JOBS,
            ScriptedOperator.POLICIES);

    @Inject
    LocalClusters local;

    @Inject
    Authorities authorities;

    @All
    List<ChangeProgram<?, ?>> programs;

    private SharedServer server;
    private ScriptedOperator operator;

    @BeforeAll
    void begin() throws Exception {
        server = new SharedServer(local.engines().engine("17"), local.account(), authorities.clusters());
        operator = new ScriptedOperator(ApiServer.client(KubernetesGround.server.port()), server);
        GenericKubernetesResource grows = new GenericKubernetesResource();
        grows.setApiVersion("storage.k8s.io/v1");
        grows.setKind("StorageClass");
        grows.setMetadata(new io.fabric8.kubernetes.api.model.ObjectMetaBuilder()
                .withName("grows")
                .build());
        grows.setAdditionalProperties(Map.of("allowVolumeExpansion", true));
        try (var client = ApiServer.client(KubernetesGround.server.port())) {
            client.genericKubernetesResources(ScriptedOperator.STORAGE)
                    .resource(grows)
                    .createOr(there -> there.update());
        }
    }

    @AfterAll
    void end() throws Exception {
        Throwable failure = operator.failure;
        operator.close();
        server.close();
        assertThat(failure).as("the operator's own failure").isNull();
    }

    private static String body(String name, int nodes) {
        return json("name", name, "engine", "pg", "version", "17", "size", SMALL, "num_nodes", nodes, "region", "nyc1");
    }

    private static String json(Object... keysAndValues) {
        JsonObject json = new JsonObject();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            json.put((String) keysAndValues[i], keysAndValues[i + 1]);
        }
        return json.encode();
    }

    private static Response accepted(Response answer) {
        assertThat(answer.statusCode()).as(answer.asString()).isBetween(200, 299);
        return answer;
    }

    private static TestCluster create(int nodes) {
        TestCluster cluster = TestCluster.of(accepted(Api.post("/v2/databases", body(Api.uniqueName(), nodes)))
                .jsonPath());
        cluster.awaitOnline();
        return cluster;
    }

    private static JsonPath database(TestCluster cluster) {
        return Api.get(cluster.path("")).jsonPath().setRootPath("database");
    }

    private static JsonPath last(TestCluster cluster, String kind) {
        return Api.get("/mooring/v1/operations?cluster_id=" + cluster.id())
                .jsonPath()
                .setRootPath("operations.find { it.kind == '" + kind + "' }");
    }

    private static JsonPath ended(TestCluster cluster, String kind) {
        Awaitility.await(kind + " ends")
                .atMost(Duration.ofSeconds(40))
                .pollInterval(Duration.ofMillis(100))
                .until(() ->
                        String.valueOf(last(cluster, kind).getString("state")).matches("done|failed|cancelled"));
        return last(cluster, kind);
    }

    private void destroy(TestCluster cluster) {
        cluster.delete();
        Awaitility.await("the cluster is gone")
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> Api.get(cluster.path("")).statusCode() == 404
                        && Api.get("/mooring/v1/operations?cluster_id=" + cluster.id())
                                .jsonPath()
                                .getList("operations.findAll { it.kind == 'destroy-cluster' }.state")
                                .equals(List.of("done")));
        Awaitility.await("nothing is left")
                .atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(objects(cluster)).isEmpty());
    }

    private List<String> objects(TestCluster cluster) {
        String own = cluster.id().replace("-", "");
        List<String> found = new ArrayList<>();
        for (ResourceDefinitionContext kind : KINDS) {
            operator.of(kind).list().getItems().stream()
                    .filter(object -> object.getMetadata().getName().contains(own))
                    .forEach(object -> found.add(
                            kind.getKind() + " " + object.getMetadata().getName()));
        }
        return found;
    }

    private Connection connect(TestCluster cluster, String user, String database) throws SQLException {
        List<Map<String, String>> users =
                Api.get(cluster.path("/users")).jsonPath().getList("users");
        String password = users.stream()
                .filter(one -> one.get("name").equals(user))
                .findFirst()
                .orElseThrow()
                .get("password");
        return server.open(database, user, password);
    }

    @Test
    void aClusterLivesOnKubernetes() throws Exception {
        JsonPath options = Api.get("/v2/databases/options").jsonPath();
        assertThat(options.getList("options.pg.versions")).containsExactly("14", "15", "16", "17", "18");
        assertThat(options.getMap("options")).doesNotContainKey("kafka");

        TestCluster cluster = create(1);
        assertThat(database(cluster).getString("semantic_version")).isEqualTo("17.11");
        assertThat(cluster.host()).matches("pg-[0-9a-f]{32}-rw\\.mooring-databases\\.svc");
        assertThat(cluster.port()).isEqualTo(5432);
        String ca = Api.get(cluster.path("/ca")).jsonPath().getString("ca.certificate");
        assertThat(new String(Base64.getDecoder().decode(ca), StandardCharsets.UTF_8))
                .isEqualTo(server.authority());
        try (Connection connection = connect(cluster, "doadmin", "defaultdb")) {
            Api.execute(connection, "create table kept (id int)");
        }

        accepted(Api.post(cluster.path("/users"), json("name", "app")));
        accepted(Api.post(cluster.path("/dbs"), json("name", "app-data")));
        try (Connection connection = connect(cluster, "app", "app-data")) {
            Api.execute(connection, "create table own as select 1 as id");
        }
        String before = Api.get(cluster.path("/users/app")).jsonPath().getString("user.password");
        accepted(Api.post(cluster.path("/users/app/reset_auth"), "{}"));
        Assertions.assertThatThrownBy(
                        () -> server.open("app-data", "app", before).close())
                .isInstanceOf(SQLException.class);
        connect(cluster, "app", "app-data").close();

        accepted(Api.put(
                cluster.path("/firewall"),
                new JsonObject("{\"rules\":[{\"type\":\"ip_addr\",\"value\":\"192.0.2.1\"}]}").encode()));
        Assertions.assertThatThrownBy(() -> connect(cluster, "app", "app-data").close())
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("pg_hba.conf rejects");
        accepted(Api.put(
                cluster.path("/firewall"),
                new JsonObject("{\"rules\":[{\"type\":\"ip_addr\",\"value\":\"127.0.0.1\"}]}").encode()));

        // One that is in use goes too, and what a user leaves has another owner.
        try (Connection inUse = connect(cluster, "app", "app-data")) {
            accepted(Api.patch(cluster.path("/config"), "{\"config\":{\"work_mem\":12}}"));
            assertThat(Api.query(inUse, "select 1")).isEqualTo("1");
        }
        try (Connection connection = connect(cluster, "doadmin", "defaultdb")) {
            assertThat(Api.query(connection, "show work_mem")).isEqualTo("12MB");
        }
        accepted(Api.delete(cluster.path("/users/app")));
        assertThat(server.list("select rolname from pg_roles where rolname = 'app'"))
                .isEmpty();
        try (Connection inUse = connect(cluster, "doadmin", "app-data")) {
            assertThat(Api.query(inUse, "select tableowner from pg_tables where tablename = 'own'"))
                    .isEqualTo("mooring_owner");
            accepted(Api.delete(cluster.path("/dbs/app-data")));
        }
        assertThat(server.list("select datname from pg_database where not datistemplate"))
                .containsExactlyInAnyOrder("postgres", "defaultdb");

        accepted(Api.put(cluster.path("/resize"), json("size", LARGE, "num_nodes", 3)));
        cluster.awaitOnline();
        assertThat(ended(cluster, "resize-cluster").getString("state")).isEqualTo("done");
        JsonPath topology =
                Api.get("/mooring/v1/databases/" + cluster.id() + "/topology").jsonPath();
        assertThat(topology.getList("topology.nodes.role")).hasSize(3).first().isEqualTo("primary");
        assertThat(database(cluster).getString("standby_connection.host")).contains("-ro.mooring-databases.svc");
        JsonPath shrunk = Api.put(cluster.path("/resize"), json("size", SMALL, "num_nodes", 1))
                .jsonPath();
        assertThat(shrunk.getString("message")).contains("do not shrink");
        destroy(cluster);
    }

    @Test
    void whatThisPlaneDoesNotDoIsRefusedByName() {
        TestCluster cluster = create(1);
        String own = "/mooring/v1/databases/" + cluster.id();
        Map<String, Response> refused = Map.of(
                "backups", Api.post(own + "/backups", "{}"),
                "backups ", Api.put(own + "/backup-policy", "{\"retention_hours\":24,\"synchronous\":true}"),
                "connection pools",
                        Api.post(
                                cluster.path("/pools"),
                                json("name", "pool", "mode", "session", "size", 2, "db", "defaultdb")),
                "read-only nodes", Api.post(cluster.path("/replicas"), json("name", "reader", "size", SMALL)),
                "switchover", Api.post(own + "/switchover", "{}"),
                "installing updates", Api.put(cluster.path("/install_update"), "{}"),
                "checking upgrades", Api.put(cluster.path("/upgrade"), json("version", "18")));
        refused.forEach((what, answer) -> {
            assertThat(answer.statusCode()).as(what + answer.asString()).isEqualTo(422);
            assertThat(answer.asString()).contains("has no " + what.strip() + " on the data plane kubernetes");
        });
        Response app = Api.post("/v2/apps", "{\"spec\":{\"name\":\"any\"}}");
        assertThat(app.statusCode()).as(app.asString()).isEqualTo(422);
        assertThat(app.asString()).contains("apps are not available on the data plane kubernetes");
        Response kafka = Api.post(
                "/v2/databases", json("name", "k", "engine", "kafka", "size", SMALL, "num_nodes", 3, "region", "nyc1"));
        assertThat(kafka.statusCode()).as(kafka.asString()).isEqualTo(422);
        assertThat(database(cluster).getString("status")).isEqualTo("online");
        destroy(cluster);
    }

    @Test
    void everyStepDoneTwiceEndsAsDoneOnce() throws Exception {
        List<Program> own = programs.stream()
                .filter(program -> program.plane().equals("kubernetes"))
                .map(program -> new Program(
                        program.kind(),
                        program.plane(),
                        program.engine(),
                        List.<Step>of(program.steps().getEnumConstants()),
                        program.rollBack()))
                .toList();
        assertThat(own).hasSize(4);
        try (EveryStepTwice twice = new EveryStepTwice(own)) {
            operator.slow.set(10);
            TestCluster cluster = create(2);
            List<String> made = objects(cluster);
            accepted(Api.put(cluster.path("/resize"), json("size", LARGE, "num_nodes", 2)));
            assertThat(ended(cluster, "resize-cluster").getString("state")).isEqualTo("done");
            cluster.awaitOnline();
            assertThat(objects(cluster)).containsExactlyInAnyOrderElementsOf(made);
            accepted(Api.patch(cluster.path("/config"), "{\"config\":{\"work_mem\":12}}"));
            assertThat(objects(cluster)).containsExactlyInAnyOrderElementsOf(made);
            destroy(cluster);
            for (Program program : own) {
                assertThat(twice.left(program))
                        .as(program.kind())
                        .containsExactlyElementsOf(program.steps().stream()
                                .filter(step -> step != program.rollBack())
                                .map(Step::name)
                                .toList());
            }
        }
    }

    @Test
    void aServerThatCannotBeMadeFailsByTheNameOfItsJob() {
        operator.failJobs = true;
        TestCluster cluster = TestCluster.of(
                accepted(Api.post("/v2/databases", body(Api.uniqueName(), 1))).jsonPath());
        JsonPath operation = ended(cluster, "provision-cluster");
        assertThat(operation.getString("state")).isEqualTo("failed");
        assertThat(operation.getString("error")).contains("-1-initdb has failed 3 times: Job has reached");
        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(objects(cluster)).isEmpty());
        operator.failJobs = false;
        destroy(cluster);
    }

    @Test
    void whatTheOperatorRefusesIsTakenBackAndWhatPassesIsNot() {
        TestCluster cluster = create(1);
        List<String> before = objects(cluster);
        operator.refusals.set(5);
        accepted(Api.post(cluster.path("/users"), json("name", "late")));
        accepted(Api.delete(cluster.path("/users/late")));
        assertThat(objects(cluster)).containsExactlyInAnyOrderElementsOf(before);

        operator.refusals.set(Integer.MAX_VALUE);
        Response refused = Api.post(cluster.path("/users"), json("name", "never"));
        operator.refusals.set(0);
        assertThat(refused.statusCode()).as(refused.asString()).isEqualTo(422);
        assertThat(refused.asString()).contains("CloudNativePG refuses the DatabaseRole of never", "is forbidden");
        assertThat(Api.get(cluster.path("/users")).jsonPath().getList("users.name"))
                .containsExactly("doadmin");
        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(objects(cluster)).containsExactlyInAnyOrderElementsOf(before));
        destroy(cluster);
    }

    @Test
    void anApiServerThatIsAwayIsWaitedFor() throws Exception {
        KubernetesGround.relay.cut();
        TestCluster cluster;
        try {
            cluster = TestCluster.of(accepted(Api.post("/v2/databases", body(Api.uniqueName(), 1)))
                    .jsonPath());
            Awaitility.await("the operation says what it waits for")
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> String.valueOf(
                                    last(cluster, "provision-cluster").getString("waiting_for"))
                            .contains("Kubernetes cannot"));
        } finally {
            KubernetesGround.relay.open();
        }
        cluster.awaitOnline();
        destroy(cluster);
    }
}
