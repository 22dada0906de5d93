package dev.mooring.dataplane.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.kubernetes.client.Away;
import dev.mooring.dataplane.kubernetes.client.Kind;
import dev.mooring.dataplane.kubernetes.client.KubeObject;
import dev.mooring.dataplane.kubernetes.client.KubeObjects;
import dev.mooring.operation.OperationFailed;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.EveryStepTwice;
import dev.mooring.support.Program;
import dev.mooring.support.TestGround;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIf;

/** What goes wrong while a cluster on Kubernetes is changed, and every step done twice. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
@TestProfile(KubernetesGround.Profile.class)
@Tag("once")
@Tag("operators")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@EnabledIf(value = "dev.mooring.dataplane.kubernetes.ApiServer#built", disabledReason = ApiServer.MISSING)
class KubernetesFaultsTest extends KubernetesScene {

    @Test
    void everyStepDoneTwiceEndsAsDoneOnce() throws Exception {
        // Major versions and read-only nodes have tests of their own.
        List<Program> own = programs(program -> program.missing().isEmpty()
                && !Set.of(Change.CHECK_UPGRADE, Change.UPGRADE, Change.FOLLOW, Change.PROMOTE)
                        .contains(program.change()));
        assertThat(own).hasSize(6);
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
            accepted(Api.post(
                    cluster.path("/pools"), json("name", "pool", "mode", "session", "size", 2, "db", "defaultdb")));
            accepted(Api.delete(cluster.path("/pools/pool")));
            try (ScriptedStandby following = new ScriptedStandby(server, instance(cluster, 2))) {
                accepted(Api.post(own(cluster) + "/switchover", "{}"));
                assertThat(ended(cluster, "switch-over").getString("state")).isEqualTo("done");
            }
            age(cluster);
            accepted(Api.put(cluster.path("/install_update"), ""));
            assertThat(ended(cluster, "install-update").getBoolean("receipt.updated"))
                    .isTrue();
            assertThat(objects(cluster)).containsExactlyInAnyOrderElementsOf(made);
            destroy(cluster);
            everyStep(twice, own);
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
        operator.refusals.set(2);
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
    void whatHasGrownStaysWhenAResizeThatNoNodeTakesIsTakenBack() {
        TestCluster cluster = create(1);
        int before = database(cluster).getInt("storage_size_mib");
        operator.rollout.full = true;
        accepted(Api.put(cluster.path("/resize"), json("size", LARGE, "num_nodes", 1)));
        awaitWaiting(cluster, "resize-cluster", "no node takes the pod");
        int grown = database(cluster).getInt("storage_size_mib");
        assertThat(grown).isGreaterThan(before);
        JsonPath resize = cancel(cluster, "resize-cluster");
        operator.rollout.full = false;
        assertThat(resize.getInt("receipt.storage_size_mib")).isEqualTo(grown);
        assertThat(resize.getString("receipt.storage")).contains("has grown and stays so");
        awaitHealthy(cluster);
        assertThat(topology(cluster)).hasSize(1);
        assertThat(database(cluster).getString("size")).isEqualTo(SMALL);
        assertThat(database(cluster).getInt("storage_size_mib")).isEqualTo(grown);
        accepted(Api.patch(cluster.path("/config"), "{\"config\":{\"work_mem\":12}}"));
        assertThat(ended(cluster, "apply-settings").getString("state")).isEqualTo("done");
        destroy(cluster);
    }

    @Test
    void aQuotaIsWaitedForAndThenNamed() throws Exception {
        TestCluster cluster = create(1);
        List<String> before = objects(cluster);
        String full = status(
                403,
                "secrets \"x\" is forbidden: exceeded quota: databases, requested: count/secrets=1, used: count/secrets=9,"
                        + " limited: count/secrets=9");
        try (AutoCloseable quota = KubernetesGround.proxy.answer(
                asked -> asked.method().equals("PATCH")
                        && asked.path().contains("/secrets/")
                        && asked.body().contains("\"resourceVersion\":\"1\""),
                403,
                full)) {
            CompletableFuture<Response> answer =
                    CompletableFuture.supplyAsync(() -> Api.post(cluster.path("/users"), json("name", "more")));
            awaitWaiting(cluster, "apply-settings", "the quota of the namespace mooring-databases leaves no room");
            Response refused = answer.get(30, TimeUnit.SECONDS);
            assertThat(refused.statusCode()).as(refused.asString()).isEqualTo(422);
            assertThat(refused.asString())
                    .contains("exceeded quota: databases", "kubectl get resourcequota")
                    .doesNotContain("overlays");
        }
        assertThat(objects(cluster)).containsExactlyInAnyOrderElementsOf(before);
        accepted(Api.post(cluster.path("/users"), json("name", "more")));
        destroy(cluster);
    }

    @Test
    void eachRefusalIsToldForWhatItIs() throws Exception {
        try (KubernetesClient client = ApiServer.clientOf("http://127.0.0.1:" + KubernetesGround.proxy.port())) {
            KubeObjects objects = new KubeObjects(() -> client, ApiServer.NAMESPACE);
            assertThat(refusal(objects, 403, "User \"worker\" cannot patch resource \"configmaps\" in API group \"\""))
                    .isInstanceOf(OperationFailed.class)
                    .hasMessageContaining("deploy/kustomize/overlays/cloudnativepg");
            assertThat(
                            refusal(
                                    objects,
                                    403,
                                    "unable to create new content in namespace mooring-databases because it is being terminated"))
                    .isInstanceOf(OperationFailed.class)
                    .hasMessageContaining("somebody has deleted the namespace mooring-databases")
                    .hasMessageNotContaining("overlays");
            assertThat(refusal(objects, 403, "admission webhook \"policy.example\" denied the request: no"))
                    .isInstanceOf(OperationFailed.class)
                    .hasMessageContaining("denied the request: no")
                    .hasMessageNotContaining("overlays");
            assertThat(refusal(objects, 401, "Unauthorized"))
                    .isInstanceOf(Away.class)
                    .hasMessageContaining("does not know who Mooring is")
                    .hasMessageContaining("kubeconfig");
            assertThat(refusal(objects, 429, "too many requests"))
                    .isInstanceOfSatisfying(
                            Away.class, away -> assertThat(away.pause()).isEqualTo(Duration.ofSeconds(7)))
                    .hasMessageContaining("it has too much to do");
            assertThat(refusal(
                            objects, 500, "failed calling webhook \"vcluster.cnpg.io\": connect: connection refused"))
                    .isInstanceOf(Away.class)
                    .hasMessageContaining("failed calling webhook");
        }
    }

    private static Throwable refusal(KubeObjects objects, int code, String message) throws Exception {
        try (AutoCloseable refusing = KubernetesGround.proxy.answer(
                asked -> asked.path().contains("/configmaps/refused"), code, status(code, message))) {
            return catchThrowable(() -> objects.apply(
                    new KubeObject(Kind.CONFIG_MAP, "refused", Map.of(), Map.of("data", Map.of("a", "b")))));
        }
    }

    private static String status(int code, String message) {
        return new JsonObject()
                .put("kind", "Status")
                .put("apiVersion", "v1")
                .put("status", "Failure")
                .put("message", message)
                .put("code", code)
                .put("details", new JsonObject().put("retryAfterSeconds", code == 429 ? 7 : 0))
                .encode();
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
