package dev.mooring.dataplane.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.dataplane.kubernetes.client.Away;
import dev.mooring.dataplane.kubernetes.client.KubeObjects;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.dataplane.kubernetes.server.Effects;
import dev.mooring.dataplane.kubernetes.server.Instances;
import dev.mooring.dataplane.kubernetes.server.OperatorWord;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
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
@Tag("operators")
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
        awaitWaiting(cluster, "switch-over", instance(cluster, 3) + " does not follow the primary");
        cancel(cluster, "switch-over");
        accepted(Api.post(own(cluster) + "/switchover", "{}"));
        awaitWaiting(cluster, "switch-over", instance(cluster, 3) + " does not follow the primary");
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

    @Test
    void anOperatorThatIsAwayKeepsThePrimaryWhereItIs() throws Exception {
        TestCluster cluster = create(2);
        try (ScriptedStandby following = new ScriptedStandby(server, instance(cluster, 2))) {
            operator.away = true;
            accepted(Api.post(own(cluster) + "/switchover", "{}"));
            awaitWaiting(
                    cluster, "switch-over", instance(cluster, 2) + " is to take the place of " + instance(cluster, 1));
            execute("update operation set overdue = true where subject = $1 and finished_at is null", cluster);
            JsonPath operation = ended(cluster, "switch-over");
            assertThat(operation.getString("state")).as(operation.prettify()).isEqualTo("failed");
            assertThat(operation.getString("error"))
                    .contains(
                            "nothing was changed. It is still " + instance(cluster, 1),
                            "is CloudNativePG's operator running?");
            assertThat(state(cluster)).containsEntry("targetPrimary", instance(cluster, 1));
            operator.away = false;
            awaitHealthy(cluster);
            assertThat(topology(cluster)).first().isEqualTo(instance(cluster, 1));

            accepted(Api.post(own(cluster) + "/switchover", "{}"));
            assertThat(ended(cluster, "switch-over").getString("state")).isEqualTo("done");
        }
        assertThat(topology(cluster)).first().isEqualTo(instance(cluster, 2));
        destroy(cluster);
    }

    @Test
    void whoeverWasFasterIsNotOverruled() throws Exception {
        TestCluster cluster = create(2);
        UUID id = UUID.fromString(cluster.id());
        AtomicInteger calls = new AtomicInteger();
        try (KubernetesClient client = ApiServer.client(KubernetesGround.server.port())) {
            OperatorWord word = new OperatorWord(
                    new KubeObjects(
                            () -> {
                                // Between reading the object and writing its state.
                                if (calls.incrementAndGet() == 2) {
                                    change(id);
                                }
                                return client;
                            },
                            ApiServer.NAMESPACE),
                    id);
            assertThatThrownBy(() -> word.promote(instance(cluster, 2), Instant.now()))
                    .isInstanceOf(Away.class)
                    .hasMessageContaining("the object has been modified");
            assertThat(calls).hasValue(2);
            assertThat(state(cluster)).containsEntry("targetPrimary", instance(cluster, 1));

            OperatorWord.Primary seen = word.primary();
            change(id);
            assertThatThrownBy(() -> word.keep(seen)).isInstanceOf(Away.class);

            word.promote(instance(cluster, 2), Instant.now());
            Awaitility.await("the operator has done it")
                    .atMost(Duration.ofSeconds(10))
                    .until(() -> topology(cluster).getFirst().equals(instance(cluster, 2)));
            awaitHealthy(cluster);
            betweenTwoPrimariesThereIsNone(
                    cluster, new Instances(new KubeObjects(() -> client, ApiServer.NAMESPACE), id));
        }
        destroy(cluster);
    }

    /** For so long as the real operator has taken the place from one and not given it to another. */
    private void betweenTwoPrimariesThereIsNone(TestCluster cluster, Instances instances) throws Exception {
        operator.away = true;
        label(instance(cluster, 2), "replica");
        assertThat(new Effects(instances, null).missing(RenderedObjectsTest.spec(2, null, List.of(), Map.of())))
                .hasValueSatisfying(
                        waiting -> assertThat(waiting.why()).contains("none of the 2 servers is the primary"));
        label(instance(cluster, 2), "primary");
        operator.away = false;
    }

    private void label(String pod, String role) {
        operator.objects().of(TestObjects.PODS).withName(pod).edit(object -> {
            object.getMetadata().getLabels().put("cnpg.io/instanceRole", role);
            return object;
        });
    }

    private void change(UUID cluster) {
        operator.objects()
                .of(TestObjects.CLUSTERS)
                .withName(Names.cluster(cluster))
                .edit(object -> {
                    object.getMetadata()
                            .setAnnotations(Map.of("changed", UUID.randomUUID().toString()));
                    return object;
                });
    }
}
