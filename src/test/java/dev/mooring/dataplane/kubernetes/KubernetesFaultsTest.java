package dev.mooring.dataplane.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.dataplane.Change;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.EveryStepTwice;
import dev.mooring.support.Program;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.time.Duration;
import java.util.List;
import java.util.Set;
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
