package dev.mooring.dataplane.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.dataplane.kubernetes.watch.AuthorityCopies;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.Endpoints;
import dev.mooring.support.TestGround;
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
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.Assertions;
import org.awaitility.Awaitility;
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
class KubernetesPlaneTest extends KubernetesScene {

    @Inject
    AuthorityCopies copies;

    @Test
    void aClusterLivesOnKubernetes() throws Exception {
        JsonPath options = Api.get("/v2/databases/options").jsonPath();
        assertThat(options.getList("options.pg.versions")).containsExactly("14", "15", "16", "17", "18");
        assertThat(options.getMap("options")).doesNotContainKey("kafka");

        TestCluster cluster = create(1);
        assertThat(database(cluster).getString("semantic_version")).isEqualTo("17.11");
        assertThat(cluster.host()).matches("pg-[0-9a-f]{32}-rw\\.mooring-databases\\.svc");
        assertThat(cluster.port()).isEqualTo(5432);
        assertThat(ca(cluster)).isEqualTo(server.authority());
        theCaIsFollowed(cluster);
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
    void whatThisPlaneDoesNotDoIsRefusedByName() throws Exception {
        TestCluster cluster = create(1);
        String own = "/mooring/v1/databases/" + cluster.id();
        Map<String, Response> refused =
                new HashMap<>(Map.of("logs", Api.get(own + "/logs"), "measurements", Api.get(own + "/metrics")));
        refused.putAll(Map.of(
                "backups", Api.post(own + "/backups", "{}"),
                "backups ", Api.put(own + "/backup-policy", "{\"retention_hours\":24,\"synchronous\":true}"),
                "undoing upgrades", Api.post(own + "/upgrade/undo", "{}")));
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
        everyQuestionIsAnswered(cluster);
        KubernetesGround.relay.cut();
        try {
            everyQuestionIsAnswered(cluster);
            Response topology = Api.get(own + "/topology");
            assertThat(topology.statusCode()).as(topology.asString()).isEqualTo(412);
            assertThat(topology.asString()).contains("Kubernetes cannot list Pod just now");
        } finally {
            KubernetesGround.relay.open();
        }
        destroy(cluster);
    }

    /** By a fact or a reason. */
    private static void everyQuestionIsAnswered(TestCluster cluster) {
        for (Endpoints.Endpoint endpoint : Endpoints.all()) {
            if (endpoint.reads() && endpoint.path().contains("/databases/{")) {
                Response answer = Api.get(endpoint.filled(Map.of("id", cluster.id())));
                assertThat(answer.statusCode())
                        .as(endpoint + " " + answer.asString())
                        .isLessThan(500);
            }
        }
    }

    @Test
    void aDatabaseThatAUserMadeOutlivesAChangeThatIsRefused() throws Exception {
        TestCluster cluster = create(1);
        List<String> before = objects(cluster);
        try (Connection connection = connect(cluster, "doadmin", "defaultdb")) {
            Api.execute(connection, "create database made");
        }
        try (Connection connection = connect(cluster, "doadmin", "made")) {
            Api.execute(connection, "create table kept as select 1 as id");
        }
        operator.refusals.set(Integer.MAX_VALUE);
        Response refused = Api.post(cluster.path("/dbs"), json("name", "made"));
        operator.refusals.set(0);
        assertThat(refused.statusCode()).as(refused.asString()).isEqualTo(422);
        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(objects(cluster)).containsExactlyInAnyOrderElementsOf(before));
        try (Connection connection = connect(cluster, "doadmin", "made")) {
            assertThat(Api.query(connection, "select id from kept")).isEqualTo("1");
        }
        accepted(Api.post(cluster.path("/dbs"), json("name", "made")));
        accepted(Api.delete(cluster.path("/dbs/made")));
        assertThat(server.list("select datname from pg_database where datname = 'made'"))
                .isEmpty();
        destroy(cluster);
    }

    /** Without a change. */
    private void theCaIsFollowed(TestCluster cluster) throws Exception {
        String secret = "pg-" + cluster.id().replace("-", "") + "-ca";
        String renewed = server.authority() + server.authority();
        operator.objects().of(TestObjects.SECRETS).withName(secret).edit(object -> {
            TestObjects.map(object.getAdditionalProperties(), "data").put("ca.crt", TestObjects.base64(renewed));
            return object;
        });
        copies.refresh();
        List<ApiProxy.Asked> asked = KubernetesGround.proxy.record(
                one -> one.path().contains(secret) || one.path().contains("/configmaps/"));
        copies.refresh();
        assertThat(asked).as("as long as nothing is renewed").isEmpty();
        operator.objects()
                .status(
                        TestObjects.CLUSTERS,
                        "pg-" + cluster.id().replace("-", ""),
                        Map.of(
                                "certificates",
                                Map.of("serverCASecret", secret, "expirations", Map.of(secret, "2027-02-26"))));
        copies.refresh();
        assertThat(ca(cluster)).isEqualTo(renewed);
        operator.objects()
                .of(TestObjects.CONFIG_MAPS)
                .withName("pg-" + cluster.id().replace("-", "") + "-authority")
                .delete();
        assertThat(Api.get(cluster.path("/ca")).statusCode()).isEqualTo(412);
        copies.refresh();
        assertThat(ca(cluster)).as("of a cluster whose CA nobody had copied").isEqualTo(renewed);
    }

    private static String ca(TestCluster cluster) {
        return new String(
                Base64.getDecoder()
                        .decode(Api.get(cluster.path("/ca")).jsonPath().getString("ca.certificate")),
                StandardCharsets.UTF_8);
    }
}
