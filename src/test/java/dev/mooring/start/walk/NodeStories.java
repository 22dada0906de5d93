package dev.mooring.start.walk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import io.restassured.path.json.JsonPath;
import java.sql.Connection;
import java.util.List;

/** Clusters of two nodes, one of which takes the other's place. */
record NodeStories(Scene scene) {

    static final String TWO = "\"num_nodes\": 2";

    List<Story> all() {
        return List.of(
                Story.of("switch-over", this::ofTwo, this::switchOver, id -> serves(id, "node-2"))
                        .whenCancelled(id -> serves(id, "node-1")),
                Story.of("fail-over", this::ofTwo, this::losePrimary, this::isToldOf));
    }

    /** Somebody writes to it. */
    private String ofTwo() throws Exception {
        String id = scene.ok(scene.mooring
                        .api()
                        .body(Api.clusterBody(Api.uniqueName(), "16").replace("\"num_nodes\": 1", TWO))
                        .post("/v2/databases"))
                .getString("database.id");
        scene.mooring.awaitOnline(id);
        try (Connection connection = scene.mooring.connect(id)) {
            Api.execute(connection, "create table t as select generate_series(1, " + Scene.ROWS + ") as id");
        }
        scene.write(id);
        return id;
    }

    private void switchOver(String id) {
        scene.ask(() -> scene.mooring.api().post("/mooring/v1/databases/" + id + "/switchover"));
    }

    private void losePrimary(String id) throws Exception {
        scene.mooring.killServer(id);
    }

    private JsonPath topology(String id) {
        return scene.mooring
                .api()
                .get("/mooring/v1/databases/" + id + "/topology")
                .jsonPath();
    }

    private void serves(String id, String node) throws Exception {
        scene.isWhole(id);
        scene.await("the other node follows")
                .until(() -> "following".equals(topology(id).getString("topology.nodes[1].state")));
        assertThat(topology(id).getString("topology.nodes[0].name")).isEqualTo(node);
        scene.servers(2);
        scene.nothingAnsweredIsLost();
        for (String left : List.of("take-over.json", "standby-1/data.left", "standby-1/data.partial")) {
            assertThat(scene.folder(id).resolve(left)).doesNotExist();
        }
    }

    private void isToldOf(String id) throws Exception {
        serves(id, "node-2");
        assertThat(scene.operation(id, "fail-over").getString("receipt.to")).isEqualTo("node-2");
        assertThat(Scene.empty(scene.folder(id).resolve("takeovers"))).isTrue();
    }
}
