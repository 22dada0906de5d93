package dev.mooring.dataplane.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIf;

/** Planned changes of the primary on Kubernetes. The standby node is one as far as its primary can see. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
@TestProfile(KubernetesGround.Profile.class)
@Tag("once")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@EnabledIf(value = "dev.mooring.dataplane.kubernetes.ApiServer#built", disabledReason = ApiServer.MISSING)
class KubernetesSwitchoverTest extends KubernetesScene {

    @Test
    void aNodeThatFollowsTakesThePrimarysPlace() throws Exception {
        TestCluster alone = create(1);
        Response none = Api.post(own(alone) + "/switchover", "{}");
        assertThat(none.statusCode()).as(none.asString()).isEqualTo(422);
        assertThat(none.asString()).contains("the cluster has no standby node");
        destroy(alone);

        TestCluster cluster = create(3);
        accepted(Api.post(own(cluster) + "/switchover", "{}"));
        Awaitility.await("it says who does not follow")
                .atMost(Duration.ofSeconds(20))
                .until(() -> String.valueOf(last(cluster, "switch-over").getString("waiting_for"))
                        .contains(instance(cluster, 3) + " does not follow the primary"));
        assertThat(topology(cluster)).first().isEqualTo(instance(cluster, 1));
        try (ScriptedStandby third = new ScriptedStandby(server, instance(cluster, 3))) {
            JsonPath operation = ended(cluster, "switch-over");
            assertThat(operation.getString("state")).as(operation.prettify()).isEqualTo("done");
            assertThat(operation.getString("receipt.from")).isEqualTo(instance(cluster, 1));
            assertThat(operation.getString("receipt.to")).isEqualTo(instance(cluster, 3));
            assertThat(operation.getLong("receipt.promoted_after_ms")).isPositive();
        }
        assertThat(topology(cluster)).hasSize(3).first().isEqualTo(instance(cluster, 3));
        assertThat(Api.get(cluster.path("/events")).jsonPath().getList("events.event_type"))
                .contains("cluster_master_promotion");
        destroy(cluster);
    }
}
