package dev.mooring.database.tag;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import org.junit.jupiter.api.Test;

/** Tags come with the cluster or afterwards, as Terraform puts them on. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class TagTest {

    @Test
    void tagsAreMadePutOnListedAndTakenOff() {
        Api.TestCluster cluster = Api.cluster("16");
        String tag = Api.uniqueName();
        assertThat(Api.post("/v2/tags", "{\"name\":\"" + tag + "\"}").statusCode())
                .isEqualTo(201);
        String resources =
                "{\"resources\":[{\"resource_id\":\"" + cluster.id() + "\",\"resource_type\":\"database\"}]}";
        Response put = Api.post("/v2/tags/" + tag + "/resources", resources);
        assertThat(put.statusCode()).as(put.asString()).isEqualTo(204);
        assertThat(Api.get(cluster.path("")).jsonPath().getList("database.tags"))
                .containsExactly(tag);
        assertThat(Api.get("/v2/databases?tag_name=" + tag).jsonPath().getList("databases.id"))
                .containsExactly(cluster.id());
        assertThat(Api.get("/v2/databases?tag_name=other-" + tag).jsonPath().getList("databases"))
                .isEmpty();
        assertThat(Api.get("/v2/tags/" + tag).jsonPath().getInt("tag.resources.databases.count"))
                .isEqualTo(1);
        assertThat(Api.get("/v2/tags/" + tag).jsonPath().getInt("tag.resources.volume_snapshots.count"))
                .as("Terraform's provider reads every kind's")
                .isZero();
        Response taken = Api.as(TestGround.TOKEN).body(resources).delete("/v2/tags/" + tag + "/resources");
        assertThat(taken.statusCode()).isEqualTo(204);
        assertThat(Api.get(cluster.path("")).jsonPath().getList("database.tags"))
                .isEmpty();
        assertThat(Api.post("/v2/tags/none-" + tag + "/resources", resources).statusCode())
                .isEqualTo(404);
        assertThat(Api.delete("/v2/tags/" + tag).statusCode()).isEqualTo(204);
        assertThat(Api.delete("/v2/tags/" + tag).statusCode()).isEqualTo(404);
        cluster.delete();
    }
}
