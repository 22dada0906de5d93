package dev.mooring.dataplane.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.dataplane.kubernetes.ApiProxy.Held;
import dev.mooring.dataplane.kubernetes.watch.NeverBegun;
import dev.mooring.operation.Node;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.Response;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIf;

/** Several workers of one plane: one that is late does no harm, and one that is lost is missed by nobody. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
@TestProfile(KubernetesGround.Profile.class)
@Tag("once")
@Tag("operators")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@EnabledIf(value = "dev.mooring.dataplane.kubernetes.ApiServer#built", disabledReason = ApiServer.MISSING)
class KubernetesWorkersTest extends KubernetesScene {

    @Inject
    NeverBegun neverBegun;

    @Inject
    Node node;

    @Test
    void whatAWorkerSentThatHasLostItsLeaseComesToNothing() throws Exception {
        Held made = KubernetesGround.proxy.hold(
                asked -> asked.method().equals("PATCH") && asked.path().contains("/clusters/pg-"));
        TestCluster cluster = TestCluster.of(
                accepted(Api.post("/v2/databases", body(Api.uniqueName(), 1))).jsonPath());
        made.await();
        takenOver(cluster, "provision-cluster", false);
        cluster.awaitOnline();

        String stranger = "192.0.2.1";
        assertThat(late(cluster, stranger, false)).isEqualTo(409);
        assertThat(ended(cluster, "apply-settings").getString("state")).isEqualTo("done");
        assertThat(policy(cluster)).as("another worker's").contains(stranger);
        accepted(firewall(cluster, "127.0.0.1"));

        assertThat(late(cluster, "198.51.100.7", true))
                .as("of what was taken back")
                .isEqualTo(409);
        assertThat(last(cluster, "apply-settings").getString("state")).isEqualTo("cancelled");
        assertThat(policy(cluster)).contains("127.0.0.1").doesNotContain("198.51.100.7");

        destroy(cluster);
        assertThat(made.release()).as("of a cluster that is deleted by now").isBetween(200, 201);
        String name = "pg-" + cluster.id().replace("-", "");
        assertThat(objects(cluster)).containsExactly("Cluster " + name);
        neverBegun.sweep(Instant.now());
        assertThat(objects(cluster)).as("who makes one has some time").isNotEmpty();
        operator.awaitLooks(3);
        assertThat(state(cluster)).as("what the operator does for it").isEmpty();
        neverBegun.sweep(Instant.now().plus(Duration.ofHours(1)));
        assertThat(objects(cluster)).isEmpty();
    }

    /** A change of which the worker is late: another one has gone on, or has taken it back. */
    private int late(TestCluster cluster, String source, boolean cancelled) throws Exception {
        Held held = KubernetesGround.proxy.hold(asked -> asked.method().equals("PATCH")
                && asked.path().contains("/networkpolicies/")
                && asked.body().contains(source));
        CompletableFuture<Response> answer = CompletableFuture.supplyAsync(() -> firewall(cluster, source));
        held.await();
        takenOver(cluster, "apply-settings", cancelled);
        answer.get(60, TimeUnit.SECONDS);
        ended(cluster, "apply-settings");
        return held.release();
    }

    private static Response firewall(TestCluster cluster, String source) {
        return Api.put(
                cluster.path("/firewall"),
                new JsonObject("{\"rules\":[{\"type\":\"ip_addr\",\"value\":\"" + source + "\"}]}").encode());
    }

    private String policy(TestCluster cluster) {
        return operator.objects()
                .of(TestObjects.POLICIES)
                .withName("pg-" + cluster.id().replace("-", ""))
                .get()
                .getAdditionalProperties()
                .toString();
    }

    /** What the rescue of an operation whose lease is over does. */
    private void takenOver(TestCluster cluster, String kind, boolean cancelled) {
        execute(
                "update operation set state = 'queued', lease_owner = null, lease_until = null, fence = fence + 1,"
                        + " run_at = now(), cancel_requested = " + cancelled
                        + " where subject = $1 and finished_at is null and kind = '" + kind + "'",
                cluster);
    }

    @Test
    void theClustersOfAWorkerThatIsLostAreAnybodys() {
        TestCluster cluster = create(1);
        UUID lost = UUID.randomUUID();
        metadata.preparedQuery(
                        "insert into worker_node select (jsonb_populate_record(n, jsonb_build_object('id', $1::uuid,"
                                + " 'versions', '{}'::jsonb))).* from worker_node n where n.id = $2 and n.plane = 'kubernetes'")
                .execute(Tuple.of(lost, node.id()))
                .await()
                .atMost(Duration.ofSeconds(10));
        execute("update cluster set node = '" + lost + "' where id = $1", cluster);
        accepted(Api.patch(cluster.path("/config"), "{\"config\":{\"work_mem\":12}}"));
        assertThat(ended(cluster, "apply-settings").getString("state")).isEqualTo("done");

        metadata.preparedQuery("update worker_node set seen_at = now() - interval '1 hour' where id = $1")
                .execute(Tuple.of(lost))
                .await()
                .atMost(Duration.ofSeconds(10));
        Awaitility.await("this worker looks after it")
                .atMost(Duration.ofSeconds(30))
                .until(() -> metadata.preparedQuery("select node from cluster where id = $1")
                        .execute(Tuple.of(UUID.fromString(cluster.id())))
                        .await()
                        .atMost(Duration.ofSeconds(10))
                        .iterator()
                        .next()
                        .getUUID(0)
                        .equals(node.id()));
        destroy(cluster);
    }
}
