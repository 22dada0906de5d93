package dev.mooring.dataplane.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.path.json.JsonPath;
import java.sql.Connection;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIf;

/** New minor versions on Kubernetes, with a real server that says of itself to be an older one. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
@TestProfile(KubernetesGround.Profile.class)
@Tag("once")
@Tag("operators")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@EnabledIf(value = "dev.mooring.dataplane.kubernetes.ApiServer#built", disabledReason = ApiServer.MISSING)
class KubernetesUpdateTest extends KubernetesScene {

    @Test
    void theNewestMinorVersionIsRolledOutOnce() throws Exception {
        TestCluster cluster = create(2);
        nothingIsInstalled(cluster);
        age(cluster);
        assertThat(pending(cluster)).isTrue();
        assertThat(database(cluster).getList("maintenance_window.description"))
                .containsExactly("PostgreSQL 17.11 is installed");
        List<String> made = objects(cluster);
        String primary = topology(cluster).getFirst();

        JsonPath operation = update(cluster);
        assertThat(operation.getString("state")).as(operation.prettify()).isEqualTo("done");
        assertThat(operation.getMap("receipt"))
                .containsEntry("from", "17.10")
                .containsEntry("version", "17.11")
                .containsEntry("updated", true)
                .containsEntry("image_before", OLDER)
                .containsEntry("image", NEWEST)
                .containsEntry("nodes", 2)
                .containsEntry("primary_before", primary)
                .containsEntry("primary", topology(cluster).getFirst());
        assertThat(topology(cluster)).hasSize(2).first().isNotEqualTo(primary);
        assertThat(images(cluster)).containsExactly(NEWEST);
        try (Connection connection = connect(cluster, "doadmin", "defaultdb")) {
            assertThat(Api.query(connection, "show server_version")).isEqualTo("17.11");
        }
        assertThat(database(cluster).getString("semantic_version")).isEqualTo("17.11");
        assertThat(pending(cluster)).isFalse();
        assertThat(Api.get(cluster.path("/events")).jsonPath().getList("events.event_type"))
                .contains("cluster_maintenance_perform");
        assertThat(objects(cluster)).containsExactlyInAnyOrderElementsOf(made);

        long generation = generation(cluster);
        nothingIsInstalled(cluster);
        assertThat(generation(cluster)).isEqualTo(generation);
        destroy(cluster);
    }

    @Test
    void whatCannotBeInstalledIsTakenBack() {
        TestCluster cluster = create(2);
        age(cluster);
        operator.rollout.missing = true;
        JsonPath missing = update(cluster);
        operator.rollout.missing = false;
        takenBack(cluster, missing, "failed");
        assertThat(missing.getString("error"))
                .contains("the image of pod ", " cannot be had: ImagePullBackOff", "The version before is put back.");

        operator.rollout.mislabelled = true;
        JsonPath other = update(cluster);
        takenBack(cluster, other, "failed");
        operator.rollout.mislabelled = false;
        assertThat(other.getString("error"))
                .contains("has PostgreSQL 17.10, as the server ", "and not 17.11 as MOORING_KUBERNETES_IMAGES says");

        awaitHealthy(cluster);
        operator.away = true;
        accepted(Api.put(cluster.path("/install_update"), ""));
        awaitWaiting(cluster, "install-update", "0 of 2 servers run " + NEWEST);
        assertThat(Api.post(own(cluster) + "/switchover", "{}").statusCode()).isEqualTo(412);
        JsonPath cancelled = cancel(cluster, "install-update");
        operator.away = false;
        takenBack(cluster, cancelled, "cancelled");
        destroy(cluster);
    }

    private void takenBack(TestCluster cluster, JsonPath operation, String state) {
        assertThat(operation.getString("state")).as(operation.prettify()).isEqualTo(state);
        assertThat(images(cluster)).containsExactly(OLDER);
        assertThat(pending(cluster)).isTrue();
        assertThat(database(cluster).getString("status")).isEqualTo("online");
    }

    private static void nothingIsInstalled(TestCluster cluster) {
        JsonPath operation = update(cluster);
        assertThat(operation.getString("state")).as(operation.prettify()).isEqualTo("done");
        assertThat(operation.getMap("receipt"))
                .containsOnlyKeys("version", "updated")
                .containsEntry("version", "17.11")
                .containsEntry("updated", false);
    }

    private static JsonPath update(TestCluster cluster) {
        accepted(Api.put(cluster.path("/install_update"), ""));
        return ended(cluster, "install-update");
    }

    private static boolean pending(TestCluster cluster) {
        return database(cluster).getBoolean("maintenance_window.pending");
    }

    private long generation(TestCluster cluster) {
        return operator.objects()
                .of(TestObjects.CLUSTERS)
                .withName("pg-" + cluster.id().replace("-", ""))
                .get()
                .getMetadata()
                .getGeneration();
    }
}
