package dev.mooring.dataplane.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.database.node.Repairs;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.quarkus.vertx.VertxContextSupport;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIf;

/** What others do to a cluster's objects with kubectl. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
@TestProfile(KubernetesGround.Profile.class)
@Tag("once")
@Tag("operators")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@EnabledIf(value = "dev.mooring.dataplane.kubernetes.ApiServer#built", disabledReason = ApiServer.MISSING)
class KubernetesDriftTest extends KubernetesScene {

    @Inject
    Repairs repairs;

    @Test
    void whatOthersChangeIsPutRightAndWhatTheyDeleteWithItsDataIsNotMadeAnew() throws Throwable {
        TestCluster cluster = create(1);
        accepted(Api.post(cluster.path("/users"), json("name", "app")));
        accepted(Api.post(
                cluster.path("/pools"), json("name", "pool", "mode", "session", "size", 2, "db", "defaultdb")));
        List<String> made = objects(cluster);
        look();
        assertThat(changes(cluster)).as("as long as nobody changes anything").isEqualTo(2);

        String name = "pg-" + cluster.id().replace("-", "");
        of(TestObjects.POLICIES, name).delete();
        repaired(cluster, 3, made);
        Map<String, Object> parameters =
                TestObjects.map(TestObjects.map(TestObjects.map(body(name), "spec"), "postgresql"), "parameters");
        String own = String.valueOf(parameters.get("pg_stat_statements.track_utility"));
        of(TestObjects.CLUSTERS, name).edit(object -> {
            TestObjects.map(
                            TestObjects.map(TestObjects.map(object.getAdditionalProperties(), "spec"), "postgresql"),
                            "parameters")
                    .put("pg_stat_statements.track_utility", "on");
            return object;
        });
        repaired(cluster, 4, made);
        assertThat(TestObjects.map(TestObjects.map(TestObjects.map(body(name), "spec"), "postgresql"), "parameters"))
                .containsEntry("pg_stat_statements.track_utility", own);
        String secret = secretOf(cluster, "app");
        of(TestObjects.SECRETS, secret).edit(object -> {
            TestObjects.map(object.getAdditionalProperties(), "data").put("password", TestObjects.base64("mine"));
            return object;
        });
        repaired(cluster, 5, made);
        try (Connection connection = connect(cluster, "app", "defaultdb")) {
            assertThat(Api.query(connection, "select 1")).isEqualTo("1");
        }
        assertThat(cluster.events().stream().filter("cluster_repair"::equals)).hasSize(3);

        of(TestObjects.CLUSTERS, name).delete();
        operator.awaitLooks(3);
        look();
        look();
        assertThat(cluster.events().stream().filter("cluster_lost"::equals)).hasSize(1);
        assertThat(changes(cluster)).isEqualTo(5);
        Response refused = Api.patch(cluster.path("/config"), "{\"config\":{\"work_mem\":12}}");
        assertThat(refused.statusCode()).as(refused.asString()).isEqualTo(422);
        assertThat(refused.asString()).contains("the Cluster " + name + " of the namespace mooring-databases is gone");
        assertThat(of(TestObjects.CLUSTERS, name).get()).isNull();
        destroy(cluster);
    }

    private void repaired(TestCluster cluster, int change, List<String> made) throws Throwable {
        look();
        Awaitility.await("it is put right").atMost(Duration.ofSeconds(20)).until(() -> changes(cluster) == change);
        assertThat(ended(cluster, "apply-settings").getString("state")).isEqualTo("done");
        assertThat(objects(cluster)).containsExactlyInAnyOrderElementsOf(made);
        look();
        assertThat(changes(cluster)).as("once it is right").isEqualTo(change);
    }

    private void look() throws Throwable {
        VertxContextSupport.subscribeAndAwait(repairs::look);
    }

    private static int changes(TestCluster cluster) {
        return Api.get("/mooring/v1/operations?cluster_id=" + cluster.id())
                .jsonPath()
                .getList("operations.findAll { it.kind == 'apply-settings' }")
                .size();
    }

    private String secretOf(TestCluster cluster, String user) {
        return Names.user(UUID.fromString(cluster.id()), user);
    }

    private Map<String, Object> body(String cluster) {
        return of(TestObjects.CLUSTERS, cluster).get().getAdditionalProperties();
    }

    private Resource<GenericKubernetesResource> of(ResourceDefinitionContext kind, String name) {
        return operator.objects().of(kind).withName(name);
    }
}
