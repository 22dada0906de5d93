package dev.mooring.database.provisioning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.database.backup.Recoveries;
import dev.mooring.home.MooringHome;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** An operation that is retried does what its caller may ask for today, and nothing of what was wished then. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class RetryTest {

    @Test
    void aChangeThatWasRefusedIsNotReplayedOverLaterOnes() {
        TestCluster cluster = Api.cluster("16");
        // Its wish has no trusted sources: replayed, it would open the cluster.
        assertThat(Api.patch(cluster.path("/config"), "{\"config\":{\"default_toast_compression\":\"lz4\"}}")
                        .statusCode())
                .isEqualTo(422);
        String failed = newest(cluster);
        assertThat(Api.put(cluster.path("/firewall"), "{\"rules\":[{\"type\":\"ip_addr\",\"value\":\"192.0.2.0/24\"}]}")
                        .statusCode())
                .isEqualTo(204);
        Response retried = retry(TestGround.TOKEN, failed);
        assertThat(retried.statusCode()).isEqualTo(422);
        assertThat(retried.jsonPath().getString("message")).contains("apply-settings", "make the change again");
        assertThatThrownBy(() -> cluster.connect().close()).hasMessageContaining("no pg_hba.conf entry");
        assertThat(newest(cluster)).isNotEqualTo(failed);
        assertThat(retry(TestGround.TOKEN, newest(cluster)).statusCode())
                .as("one that is done")
                .isEqualTo(412);
        cluster.delete();
    }

    @Test
    @Tag("once")
    void aForkIsRetriedWithTodaysRulesByWhoMayMakeOneAndNeverOnceItIsDeleted() throws Exception {
        TestCluster source = Recoveries.backedUp("16");
        Path backups = MooringHome.configured().archive().resolve(source.id()).resolve("base");
        Path aside = backups.resolveSibling("aside");
        Files.move(backups, aside);
        TestCluster fork = begun(source);
        String failed = failed(fork);
        JsonPath seen = Api.get(fork.path("")).jsonPath();
        assertThat(seen.getString("database.status")).isEqualTo("failed");
        assertThat(seen.getString("database.failure")).contains("the archive has no base backup");
        assertThat(fork.events()).contains("cluster_create_failed");
        assertThat(Api.get(fork.path("/users/doadmin")).statusCode()).isEqualTo(200);
        assertThat(Api.put(fork.path("/resize"), "{\"size\": \"db-s-1vcpu-2gb\", \"num_nodes\": 1}")
                        .statusCode())
                .isEqualTo(412);
        // Clients of the vendor's library end on nothing but online or an error: once, and then they read what there
        // is.
        Response ends = Api.asDoctl(fork.path(""));
        assertThat(ends.statusCode()).isEqualTo(422);
        assertThat(ends.jsonPath().getString("message"))
                .contains(fork.name(), "could not be created", "the archive has no base backup");
        assertThat(Api.asDoctl(fork.path("")).jsonPath().getString("database.status"))
                .isEqualTo("failed");
        Files.move(aside, backups);
        assertThat(retry(token("database:update"), failed).statusCode()).isEqualTo(403);
        assertThat(retry(token("app:update"), failed).statusCode()).isEqualTo(403);
        Response retried = retry(token("database:create"), failed);
        assertThat(retried.statusCode()).as(retried.asString()).isEqualTo(200);
        assertThat(retried.jsonPath().getString("operation.id")).isNotEqualTo(failed);
        assertThat(retried.jsonPath().getString("operation.kind")).isEqualTo("restore-cluster");
        assertThat(Api.asDoctl(fork.path("")).jsonPath().getString("database.status"))
                .matches("forking|online");
        fork.awaitOnline();
        assertThat(fork.query("select 1")).isEqualTo("1");
        assertThat(retry(TestGround.TOKEN, failed).jsonPath().getString("message"))
                .contains("its status is online");
        fork.delete();
        Recoveries.awaitGone(fork);
        assertThat(retry(TestGround.TOKEN, failed).statusCode()).isEqualTo(404);
        assertThat(MooringHome.configured().cluster(UUID.fromString(fork.id()))).doesNotExist();
        source.delete();
    }

    @Test
    @Tag("once")
    void aBackupIsRetriedAsOneThatIsAskedForNow() throws Exception {
        TestCluster cluster = Recoveries.backedUp("16");
        String drill = Recoveries.queued(cluster, "drills");
        Api.post("/mooring/v1/operations/" + drill + "/cancel", "");
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .until(() -> !state(drill).matches("queued|running"));
        if (state(drill).equals("cancelled")) {
            assertThat(retry(token("database:create"), drill).statusCode()).isEqualTo(403);
            Response retried = retry(token("database:update"), drill);
            assertThat(retried.statusCode()).as(retried.asString()).isEqualTo(200);
            Recoveries.receipt(retried.jsonPath().getString("operation.id"));
        }
        cluster.delete();
    }

    private static TestCluster begun(TestCluster source) {
        Response created = Api.post("/v2/databases", Recoveries.body(Api.uniqueName(), source.name(), null));
        assertThat(created.statusCode()).as(created.asString()).isEqualTo(201);
        return TestCluster.of(created.jsonPath());
    }

    private static String failed(TestCluster cluster) {
        String operation = newest(cluster);
        Awaitility.await("failure of " + operation)
                .atMost(Duration.ofSeconds(60))
                .until(() -> state(operation).equals("failed"));
        return operation;
    }

    private static String newest(TestCluster cluster) {
        JsonPath operations =
                Api.get("/mooring/v1/operations?cluster_id=" + cluster.id()).jsonPath();
        return operations.getString("operations.find { it.kind != 'back-up-cluster' }.id");
    }

    private static String state(String operation) {
        return Api.get("/mooring/v1/operations/" + operation).jsonPath().getString("operation.state");
    }

    private static Response retry(String token, String operation) {
        return Api.as(token).post("/mooring/v1/operations/" + operation + "/retry");
    }

    private static String token(String scope) {
        Response made = Api.post(
                "/mooring/v1/tokens", "{\"name\": \"%s\", \"scopes\": [\"%s\"]}".formatted(Api.uniqueName(), scope));
        assertThat(made.statusCode()).as(made.asString()).isEqualTo(201);
        return made.jsonPath().getString("token.token");
    }
}
