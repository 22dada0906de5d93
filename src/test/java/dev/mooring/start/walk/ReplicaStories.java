package dev.mooring.start.walk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import java.sql.Connection;
import java.util.List;

/** Read-only nodes: their beginning, and how one becomes a cluster. */
record ReplicaStories(Scene scene) {

    private static final String NAME = "follower";

    List<Story> all() {
        return List.of(
                Story.of("create-read-only-node", scene::backedUp, this::create, this::follows)
                        .whenCancelled(this::isNotThere),
                Story.of("promote-read-only-node", this::followed, this::promote, this::isACluster)
                        .whenCancelled(this::follows));
    }

    private String path(String id) {
        return "/v2/databases/" + id + "/replicas";
    }

    private void create(String id) {
        scene.ask(() -> scene.mooring
                .api()
                .body("{\"name\": \"" + NAME + "\", \"size\": \"db-s-1vcpu-1gb\"}")
                .post(path(id)));
    }

    private String followed() throws Exception {
        String id = scene.backedUp();
        create(id);
        scene.await("the read-only node follows").until(() -> status(id), "online"::equals);
        return id;
    }

    private String status(String id) {
        return scene.mooring.api().get(path(id)).jsonPath().getString("replicas[0].status");
    }

    private void follows(String id) throws Exception {
        scene.isWhole(id);
        scene.await("the read-only node follows").until(() -> status(id), "online"::equals);
        String node = scene.mooring.api().get(path(id)).jsonPath().getString("replicas[0].id");
        scene.answers(node, "select count(*) from t", Scene.ROWS);
        scene.answers(node, "select pg_is_in_recovery()", "t");
        scene.servers(2);
        assertThat(scene.folder(node).resolve("data.partial")).doesNotExist();
    }

    private void isNotThere(String id) throws Exception {
        scene.isWhole(id);
        assertThat(status(id)).isEqualTo("failed");
        scene.servers(1);
        scene.answers(id, "select count(*) from pg_replication_slots where slot_name ~ 'mooring_.{36}'", "0");
        assertThat(scene.mooring.clusterFolders()).hasSize(1);
    }

    private void promote(String id) {
        scene.ask(() -> scene.mooring.api().put(path(id) + "/" + NAME + "/promote"));
    }

    private void isACluster(String id) throws Exception {
        scene.isWhole(id);
        assertThat(scene.mooring.api().get(path(id)).jsonPath().getList("replicas"))
                .isEmpty();
        String node = scene.mooring
                .api()
                .get("/v2/databases")
                .jsonPath()
                .getString("databases.find { it.name == '" + NAME + "' }.id");
        scene.isWhole(node);
        try (Connection connection = scene.mooring.connect(node)) {
            Api.execute(connection, "create table own (id int)");
        }
        scene.answers(id, "select count(*) from pg_replication_slots where slot_name ~ 'mooring_.{36}'", "0");
        scene.servers(2);
        scene.await("a backup of its own").until(() -> scene.backups(node) > 0);
    }
}
