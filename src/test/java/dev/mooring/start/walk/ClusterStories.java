package dev.mooring.start.walk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.support.Api;
import dev.mooring.support.EarlierMinor;
import java.util.List;
import java.util.UUID;

/** The life of a cluster: from its creation through changes of all kinds to its end. */
record ClusterStories(Scene scene) {

    private static final String LARGE = "db-s-2vcpu-4gb";
    private static final String BEFORE = "16.1";

    List<Story> all() {
        return List.of(
                Story.of("provision-cluster", () -> null, this::create, this::isNew)
                        .whenCancelled(this::canBeDeleted),
                Story.of("destroy-cluster", () -> scene.filled("16"), this::delete, this::isGone),
                Story.of(
                                "apply-settings",
                                () -> scene.filled("16"),
                                this::allowMoreConnections,
                                id -> hasSettings(id, "70"))
                        .passesBy(Story.WALKED_WITH + "resize-cluster, whose code it is", "NODES")
                        .whenCancelledBefore("RESTART", id -> hasSettings(id, "25")),
                Story.of("resize-cluster", () -> scene.filled("15"), this::enlarge, this::isLarge)
                        .whenCancelledBefore("RESTART", this::isSmall),
                Story.of("install-update", this::ofAnEarlierMinor, this::installUpdate, this::hasTheUpdate)
                        .whenCancelled(this::isWhole));
    }

    private void create(String nothing) {
        scene.ask(() -> scene.mooring
                .api()
                .body(Api.clusterBody(Api.uniqueName(), "16").replace("\"num_nodes\": 1", NodeStories.TWO))
                .post("/v2/databases"));
    }

    private String onlyOne() {
        return scene.mooring.api().get("/v2/databases").jsonPath().getString("databases[0].id");
    }

    private void isNew(String nothing) throws Exception {
        String id = onlyOne();
        scene.mooring.awaitOnline(id);
        scene.answers(id, "select current_user", "doadmin");
        scene.servers(2);
        assertThat(scene.mooring.clusterFolders()).hasSize(1);
        assertThat(scene.folder(id).resolve("data.partial")).doesNotExist();
    }

    private void canBeDeleted(String nothing) throws Exception {
        assertThat(scene.mooring.postmasters()).isZero();
        assertThat(scene.mooring.clusterFolders()).isEmpty();
        assertThat(scene.mooring.get(onlyOne()).jsonPath().getString("database.status"))
                .isNotIn("online", "creating");
    }

    private void delete(String id) {
        scene.ask(() -> scene.mooring.api().delete("/v2/databases/" + id));
    }

    private void isGone(String id) throws Exception {
        assertThat(scene.mooring.get(id).statusCode()).isEqualTo(404);
        assertThat(scene.mooring.clusterFolders()).isEmpty();
        assertThat(scene.mooring.postmasters()).isZero();
    }

    private void allowMoreConnections(String id) {
        scene.ask(() -> scene.mooring
                .api()
                .body("{\"config\":{\"max_connections\":70}}")
                .patch("/v2/databases/" + id + "/config"));
    }

    private void hasSettings(String id, String connections) {
        scene.isWhole(id);
        scene.answers(id, "show max_connections", connections);
        scene.servers(1);
    }

    private void enlarge(String id) {
        scene.ask(() -> scene.mooring
                .api()
                .body("{\"size\": \"" + LARGE + "\", \"num_nodes\": 2}")
                .put("/v2/databases/" + id + "/resize"));
    }

    private void isLarge(String id) {
        scene.isWhole(id);
        assertThat(scene.mooring.get(id).jsonPath().getString("database.size")).isEqualTo(LARGE);
        scene.answers(id, "show shared_buffers", "819MB");
        scene.servers(2);
    }

    private void isSmall(String id) {
        scene.isWhole(id);
        assertThat(scene.mooring.get(id).jsonPath().getString("database.size")).isEqualTo("db-s-1vcpu-1gb");
        scene.answers(
                id, "select setting::bigint * 8 < 819 * 1024 from pg_settings where name = 'shared_buffers'", "t");
        scene.servers(1);
    }

    /** The same server under an older name, as an earlier Mooring would have left it. */
    private String ofAnEarlierMinor() throws Exception {
        String id = scene.filled("16");
        EarlierMinor.of(scene.mooring.home(), id);
        return id;
    }

    private void installUpdate(String id) {
        scene.ask(() -> scene.mooring.api().put("/v2/databases/" + id + "/install_update"));
    }

    private void hasTheUpdate(String id) throws Exception {
        isWhole(id);
        assertThat(ClusterFolder.of(scene.mooring.home(), UUID.fromString(id))
                        .manifest()
                        .orElseThrow()
                        .version())
                .isNotEqualTo(BEFORE);
        assertThat(scene.operation(id, "install-update").getString("receipt.version"))
                .isNotEqualTo(BEFORE);
    }

    private void isWhole(String id) {
        scene.isWhole(id);
        scene.servers(1);
    }
}
