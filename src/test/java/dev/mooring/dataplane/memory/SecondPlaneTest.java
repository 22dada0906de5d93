package dev.mooring.dataplane.memory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.vertx.core.json.JsonObject;
import jakarta.inject.Inject;
import java.util.List;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/**
 * A plane and an engine that live in these tests alone are on the class path, and that is enough: the real API offers them, and
 * creates, changes, refuses and destroys clusters on them.
 */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class SecondPlaneTest {

    @Inject
    MemoryDataPlane memory;

    private static String body(String version, String size) {
        return json(
                "name",
                Api.uniqueName(),
                "engine",
                ToyEngine.SLUG,
                "version",
                version,
                "size",
                size,
                "num_nodes",
                1,
                "region",
                "nyc1");
    }

    private static String json(Object... keysAndValues) {
        JsonObject json = new JsonObject();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            json.put((String) keysAndValues[i], keysAndValues[i + 1]);
        }
        return json.encode();
    }

    @Test
    void whatItOffersCanBeOrderedInTheOrderThatItsEngineGivesVersions() {
        var options = Api.get("/v2/databases/options").jsonPath();
        assertThat(options.getList("options.toy.versions")).containsExactly("3.9", "3.10");
        assertThat(options.getString("options.toy.default_version")).isEqualTo("3.9");
        assertThat(options.getList("options.toy.layouts[0].sizes")).containsExactly("toy-small");
        assertThat(options.getList("options.pg.versions")).doesNotContain("3.9").contains("16");
    }

    @Test
    void aClusterIsCreatedChangedAndDestroyedOnIt() {
        Response created = Api.post("/v2/databases", body("3.10", "toy-small"));
        assertThat(created.statusCode()).as(created.asString()).isEqualTo(201);
        TestCluster cluster = TestCluster.of(created.jsonPath());
        assertThat(created.jsonPath().getString("database.connection.uri")).startsWith("toy://toyadmin:");
        cluster.awaitOnline();
        UUID id = UUID.fromString(created.jsonPath().getString("database.id"));
        assertThat(Api.get(cluster.path("")).jsonPath().getString("database.semantic_version"))
                .isEqualTo("3.10.0");
        assertThat(memory.cluster(id)).isPresent();

        assertThat(Api.post(cluster.path("/users"), json("name", "guest")).statusCode())
                .isEqualTo(201);
        assertThat(memory.cluster(id).orElseThrow().users()).extracting("name").containsExactly("toyadmin", "guest");

        Response refused = Api.post(cluster.path("/users"), json("name", MemoryDataPlane.REFUSED));
        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(refused.asString()).contains("the memory plane has no place for");
        assertThat(Api.get(cluster.path("/users")).jsonPath().getList("users.name"))
                .containsExactly("toyadmin", "guest");

        cluster.delete();
        Awaitility.await().until(() -> memory.cluster(id).isEmpty());
        assertThat(Api.get(cluster.path("")).statusCode()).isEqualTo(404);
    }

    @Test
    void nothingIsForkedAcrossEngines() {
        TestCluster source = Api.cluster("16");
        String fork = new JsonObject(body("3.9", "toy-small"))
                .put("backup_restore", new JsonObject().put("database_name", source.name()))
                .encode();
        Response refused = Api.post("/v2/databases", fork);
        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(refused.asString()).contains("engine: must be pg, that of " + source.name());
        source.delete();
    }

    @Test
    void whatItDoesNotOfferOrDoIsRefusedByName() {
        Response version = Api.post("/v2/databases", body("3.11", "toy-small"));
        assertThat(version.statusCode()).isEqualTo(422);
        assertThat(version.asString()).contains("version must be one of 3.9, 3.10");
        Response size = Api.post("/v2/databases", body("3.9", "db-s-1vcpu-1gb"));
        assertThat(size.statusCode()).isEqualTo(422);
        assertThat(size.asString()).contains("size: must be one of toy-small");

        TestCluster cluster = TestCluster.of(
                Api.post("/v2/databases", body("3.9", "toy-small")).jsonPath());
        cluster.awaitOnline();
        Response resized = Api.put(cluster.path("/resize"), json("size", "toy-small", "num_nodes", 1));
        assertThat(resized.statusCode()).isEqualTo(422);
        assertThat(resized.asString()).contains("the engine toy has no resizing on the data plane memory");
        Response upgraded = Api.put(cluster.path("/upgrade"), json("version", "3.10"));
        assertThat(upgraded.statusCode()).isEqualTo(422);
        assertThat(upgraded.asString()).contains("the engine toy has no checking upgrades on the data plane memory");
        for (String how : List.of("/config", "/config?dry_run=true")) {
            Response pools = Api.patch(cluster.path(how), "{\"config\":{\"pgbouncer\":{\"server_lifetime\":120}}}");
            assertThat(pools.statusCode()).as(how).isEqualTo(422);
            assertThat(pools.asString()).contains("the engine toy has no connection pools on the data plane memory");
        }
        Response pool =
                Api.post(cluster.path("/pools"), json("name", "any", "mode", "session", "size", 1, "db", "any"));
        assertThat(pool.statusCode()).isEqualTo(422);
        assertThat(pool.asString()).contains("has no connection pools on the data plane memory");
        assertThat(Api.get(cluster.path("")).jsonPath().getString("database.status"))
                .isEqualTo("online");
        cluster.delete();
    }
}
