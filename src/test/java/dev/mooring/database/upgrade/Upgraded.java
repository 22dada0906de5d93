package dev.mooring.database.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import io.restassured.path.json.JsonPath;

/** What is known of upgrades that are over. */
public final class Upgraded {

    private Upgraded() {}

    /** The last operation, which has succeeded. */
    public static JsonPath ended(TestCluster cluster) {
        cluster.awaitOnline();
        JsonPath operation = Api.get("/mooring/v1/operations?cluster_id=" + cluster.id())
                .jsonPath()
                .setRootPath("operations.find { it.kind != 'back-up-cluster' }");
        assertThat(operation.getString("error")).isNull();
        assertThat(operation.getString("state")).isEqualTo("done");
        return operation;
    }
}
