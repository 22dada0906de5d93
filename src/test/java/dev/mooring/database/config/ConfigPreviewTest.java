package dev.mooring.database.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a change of the configuration would do is told before, and what it did after. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class ConfigPreviewTest {

    private static JsonPath told(Response answer) {
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        return answer.jsonPath();
    }

    @ParameterizedTest
    @ValueSource(strings = {"13", "18"})
    void whatRestartsTheServerIsSaidBeforeAndAfter(String version) throws Exception {
        Api.TestCluster cluster = Api.cluster(version);
        String config = "/v2/databases/" + cluster.name() + "/config";
        String started = cluster.query("select pg_postmaster_start_time()");
        String both = "{\"config\":{\"work_mem\":8,\"max_connections\":50}}";

        JsonPath would = told(Api.patch(config + "?dry_run=true", both));
        assertThat(would.getBoolean("dry_run")).isTrue();
        assertThat(would.getList("changes")).isEqualTo(List.of("work_mem", "max_connections"));
        assertThat(would.getBoolean("restart_required")).isTrue();
        assertThat(would.getList("restart_required_by")).isEqualTo(List.of("max_connections"));
        assertThat(cluster.query("show work_mem")).isNotEqualTo("8MB");
        assertThat(Api.get("/mooring/v1/operations?cluster_id=" + cluster.id())
                        .jsonPath()
                        .getList("operations.kind"))
                .doesNotContain("apply-settings");

        assertThat(told(Api.patch(config, "{\"config\":{\"work_mem\":8}}")).getBoolean("restarted"))
                .isFalse();
        assertThat(cluster.query("select pg_postmaster_start_time()")).isEqualTo(started);
        JsonPath done = told(Api.patch(config + "?dry_run=false", both));
        assertThat(done.getBoolean("restarted")).isTrue();
        assertThat(done.getString("dry_run")).isNull();
        assertThat(cluster.query("select pg_postmaster_start_time()")).isNotEqualTo(started);
        assertThat(Api.get("/mooring/v1/operations/" + done.getString("operation_id"))
                        .jsonPath()
                        .getBoolean("operation.receipt.restarted"))
                .isTrue();

        JsonPath again = told(Api.patch(config + "?dry_run=true", both));
        assertThat(again.getList("changes")).isEmpty();
        assertThat(again.getBoolean("restart_required")).isFalse();
        JsonPath same = told(Api.patch(config + "?dry_run=true", "{\"config\":{\"shared_buffers_percentage\":20}}"));
        assertThat(same.getBoolean("restart_required"))
                .as("what the size gives already")
                .isFalse();
        assertThat(told(Api.patch(config + "?dry_run=true", "{\"config\":{\"shared_buffers_percentage\":41}}"))
                        .getList("restart_required_by"))
                .isEqualTo(List.of("shared_buffers_percentage"));
        // The server's version says which: PostgreSQL 18 changes this one while it runs.
        assertThat(told(Api.patch(config + "?dry_run=true", "{\"config\":{\"autovacuum_max_workers\":4}}"))
                        .getBoolean("restart_required"))
                .isEqualTo(!version.equals("18"));

        assertThat(Api.patch(config + "?dry_run=true", "{\"config\":{\"work_mem\":0}}")
                        .statusCode())
                .isEqualTo(422);
        assertThat(Api.patch(config + "?dry_run=true", "{\"config\":{\"max_connections\":49}}")
                        .statusCode())
                .isEqualTo(422);
        assertThat(Api.patch(config + "?dry_run=maybe", both).statusCode()).isEqualTo(422);
        assertThat(Api.patch("/v2/databases/nobody/config?dry_run=true", both).statusCode())
                .isEqualTo(404);
        cluster.delete();
    }
}
