package dev.mooring.dataplane.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.console.Browser;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIf;

/** Connection pools on Kubernetes, with a real PgBouncer in the place of a pooler's pod. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
@TestProfile(KubernetesGround.Profile.class)
@Tag("once")
@Tag("operators")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@EnabledIf(value = "dev.mooring.dataplane.kubernetes.ApiServer#built", disabledReason = ApiServer.MISSING)
class KubernetesPoolsTest extends KubernetesScene {

    @Test
    void poolsLiveOnKubernetes() throws Exception {
        TestCluster cluster = create(1);
        List<String> before = objects(cluster);
        accepted(Api.post(cluster.path("/users"), json("name", "app")));
        accepted(Api.post(cluster.path("/dbs"), json("name", "pgbouncer")));
        whatCannotBeIsRefusedWithTheReason(cluster);

        Response made = accepted(Api.post(
                cluster.path("/pools"), json("name", "shared", "mode", "transaction", "size", 3, "db", "defaultdb")));
        JsonPath pool = made.jsonPath().setRootPath("pool");
        assertThat(pool.getString("connection.host"))
                .isEqualTo(pooler(cluster, "shared") + "." + ApiServer.NAMESPACE + ".svc");
        assertThat(pool.getInt("connection.port")).isEqualTo(5432);
        assertThat(pool.getString("connection.database")).isEqualTo("defaultdb");
        assertThat(pool.getString("connection.uri")).contains("/defaultdb?", pooler(cluster, "shared"));
        theConsoleOffersWhatCanBe(cluster);
        assertThat(answer(cluster, "shared", "defaultdb", "app")).isEqualTo("app");
        assertThat(answer(cluster, "shared", "defaultdb", "doadmin")).isEqualTo("doadmin");
        refused(cluster, "shared", "pgbouncer", "doadmin");
        refused(cluster, "shared", "postgres", "doadmin");
        assertThat(strings(spec(TestObjects.CLUSTERS, Names.cluster(id(cluster))), "certificates", "serverAltDNSNames"))
                .containsExactly(pool.getString("connection.host"));

        // Said to be active while it still is what it was.
        operator.poolers.slow.set(20);
        accepted(Api.put(
                cluster.path("/pools/shared"), json("mode", "session", "size", 2, "db", "defaultdb", "user", "app")));
        assertThat(operator.poolers.slow).hasValue(0);
        assertThat(answer(cluster, "shared", "defaultdb", "app")).isEqualTo("app");
        refused(cluster, "shared", "defaultdb", "doadmin");
        assertThat(Api.get(cluster.path("/pools/shared")).jsonPath().getString("pool.connection.uri"))
                .startsWith("postgresql://app:");

        settingsAreThePools(cluster);
        sourcesHoldForPools(cluster);
        aRefusalIsTakenBack(cluster);
        whatSomebodyDeletesComesBack(cluster);

        accepted(Api.delete(cluster.path("/pools/shared")));
        assertThat(Api.get(cluster.path("/pools")).jsonPath().getList("pools")).isEmpty();
        accepted(Api.delete(cluster.path("/dbs/pgbouncer")));
        accepted(Api.delete(cluster.path("/users/app")));
        assertThat(objects(cluster)).containsExactlyInAnyOrderElementsOf(before);
        accepted(Api.post(
                cluster.path("/pools"), json("name", "last", "mode", "session", "size", 1, "db", "defaultdb")));
        destroy(cluster);
    }

    /** Both for a new pool and for one that is there. */
    private static void theConsoleOffersWhatCanBe(TestCluster cluster) {
        assertThat(Browser.of(TestGround.TOKEN).page("/console/databases/" + cluster.id() + "/pools"))
                .contains("aria-label=\"Change pool shared\"", "Create a connection pool")
                .contains("<option value=\"transaction\"", "<option value=\"session\"")
                .doesNotContain("value=\"statement\"");
    }

    private static void whatCannotBeIsRefusedWithTheReason(TestCluster cluster) {
        Response statement = Api.post(
                cluster.path("/pools"), json("name", "any", "mode", "statement", "size", 2, "db", "defaultdb"));
        assertThat(statement.statusCode()).as(statement.asString()).isEqualTo(422);
        assertThat(statement.asString()).contains("mode: ", "CloudNativePG has no pools of the mode statement");
        Response console =
                Api.post(cluster.path("/pools"), json("name", "any", "mode", "session", "size", 2, "db", "pgbouncer"));
        assertThat(console.statusCode()).as(console.asString()).isEqualTo(422);
        assertThat(console.asString()).contains("db: ", "not be pgbouncer");
    }

    private void settingsAreThePools(TestCluster cluster) {
        String wanted = "{\"config\":{\"pgbouncer\":{\"server_lifetime\":120,\"min_pool_size\":1}}}";
        JsonPath dry = accepted(Api.patch(cluster.path("/config?dry_run=true"), wanted))
                .jsonPath();
        assertThat(dry.getList("changes")).containsExactly("pgbouncer");
        accepted(Api.patch(cluster.path("/config"), wanted));
        Map<String, Object> pgbouncer =
                TestObjects.map(spec(TestObjects.POOLERS, pooler(cluster, "shared")), "pgbouncer");
        assertThat(TestObjects.map(pgbouncer, "parameters"))
                .containsEntry("server_lifetime", "120")
                .containsEntry("min_pool_size", "1")
                .containsEntry("server_idle_timeout", "600")
                .containsEntry("default_pool_size", "2")
                .containsEntry("max_db_connections", "2");
    }

    private void sourcesHoldForPools(TestCluster cluster) throws Exception {
        accepted(Api.put(cluster.path("/firewall"), rules("192.0.2.0/24")));
        refused(cluster, "shared", "defaultdb", "app");
        accepted(Api.put(cluster.path("/firewall"), rules("127.0.0.0/8")));
        try (Connection kept = open(cluster, "shared", "defaultdb", "app")) {
            accepted(Api.patch(cluster.path("/config"), "{\"config\":{\"work_mem\":12}}"));
            assertThat(Api.query(kept, "select 1")).as("a session of a pool").isEqualTo("1");
            accepted(Api.put(cluster.path("/firewall"), rules("192.0.2.0/24")));
            assertThatThrownBy(() -> Api.query(kept, "select 1"))
                    .as("a session from elsewhere")
                    .isInstanceOf(SQLException.class);
        }
        accepted(Api.put(cluster.path("/firewall"), rules("127.0.0.1/32")));
    }

    private static String rules(String network) {
        return "{\"rules\":[{\"type\":\"ip_addr\",\"value\":\"" + network + "\"}]}";
    }

    private void aRefusalIsTakenBack(TestCluster cluster) throws Exception {
        List<String> before = objects(cluster);
        operator.poolers.failure = "image catalog not found";
        Response refused = Api.post(
                cluster.path("/pools"), json("name", "never", "mode", "session", "size", 1, "db", "defaultdb"));
        operator.poolers.failure = null;
        assertThat(refused.statusCode()).as(refused.asString()).isEqualTo(422);
        assertThat(refused.asString())
                .contains("CloudNativePG cannot run the connection pool", "image catalog not found");
        assertThat(Api.get(cluster.path("/pools")).jsonPath().getList("pools.name"))
                .containsExactly("shared");
        org.awaitility.Awaitility.await("what was made is gone")
                .untilAsserted(() -> assertThat(objects(cluster)).containsExactlyInAnyOrderElementsOf(before));
        assertThat(answer(cluster, "shared", "defaultdb", "app")).isEqualTo("app");
    }

    private void whatSomebodyDeletesComesBack(TestCluster cluster) throws Exception {
        operator.objects()
                .of(TestObjects.POOLERS)
                .withName(pooler(cluster, "shared"))
                .delete();
        accepted(Api.post(cluster.path("/dbs"), json("name", "other")));
        assertThat(answer(cluster, "shared", "defaultdb", "app")).isEqualTo("app");
        accepted(Api.delete(cluster.path("/dbs/other")));
    }

    private String answer(TestCluster cluster, String pool, String database, String user) throws SQLException {
        try (Connection connection = open(cluster, pool, database, user)) {
            return Api.query(connection, "select current_user");
        }
    }

    private void refused(TestCluster cluster, String pool, String database, String user) {
        assertThatThrownBy(() -> open(cluster, pool, database, user).close())
                .as(user + " at " + database)
                .isInstanceOf(SQLException.class)
                .hasMessageMatching("(?s).*(login rejected|not allowed).*");
    }

    private Connection open(TestCluster cluster, String pool, String database, String user) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + operator.poolers.port(pooler(cluster, pool)) + "/" + database
                        + "?sslmode=require",
                user,
                password(cluster, user));
    }

    private static UUID id(TestCluster cluster) {
        return UUID.fromString(cluster.id());
    }

    private static String pooler(TestCluster cluster, String pool) {
        return Names.pooler(id(cluster), pool);
    }

    private Map<String, Object> spec(
            io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext kind, String name) {
        GenericKubernetesResource found =
                operator.objects().of(kind).withName(name).get();
        return TestObjects.map(found.getAdditionalProperties(), "spec");
    }

    private static List<Object> strings(Map<String, Object> tree, String part, String list) {
        return List.copyOf((List<?>) TestObjects.map(tree, part).get(list));
    }
}
