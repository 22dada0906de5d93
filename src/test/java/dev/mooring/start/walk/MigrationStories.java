package dev.mooring.start.walk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import io.restassured.path.json.JsonPath;
import java.sql.Connection;
import java.util.List;

/** Databases that come from a server elsewhere, which is another cluster here. */
final class MigrationStories {

    private final Scene scene;
    private String source;
    private String password;

    MigrationStories(Scene scene) {
        this.scene = scene;
    }

    List<Story> all() {
        return List.of(
                Story.of("migrate-online", () -> between(true), this::migrate, this::hasCome)
                        .way("by replication")
                        .whenCancelled(this::hasNotCome),
                Story.of("migrate-online", () -> between(false), this::migrate, this::hasCome)
                        .way("by a dump")
                        .passesBy("nothing is replicated", "COPY", "SYNC", "FINISH")
                        .whenCancelled(this::isConsistent));
    }

    /** @return the cluster that it all comes to */
    private String between(boolean replicates) throws Exception {
        source = scene.filled("14");
        password = scene.ok(scene.mooring
                        .api()
                        .body("{\"name\":\"mover\",\"settings\":{\"pg_allow_replication\":" + replicates + "}}")
                        .post("/v2/databases/" + source + "/users"))
                .getString("user.password");
        try (Connection connection = scene.mooring.connect(source)) {
            Api.execute(connection, "grant all on all tables in schema public to mover");
            Api.execute(connection, "alter table t owner to mover");
        }
        return scene.cluster("15");
    }

    /** It follows its source until it is told to stop. */
    private void migrate(String id) {
        JsonPath from = scene.mooring.get(source).jsonPath().setRootPath("database.connection");
        String body = """
                {"source": {"host": "%s", "port": %d, "dbname": "defaultdb", "username": "mover", "password": "%s"}}""".formatted(from.getString("host"), from.getInt("port"), password);
        scene.ask(() -> scene.mooring.api().body(body).put("/v2/databases/" + id + "/online-migration"));
        scene.await("everything has come")
                .ignoreExceptions()
                .until(() -> migration(id).getString("status").matches("syncing|done|error|canceled"));
        scene.ask(() -> scene.mooring
                .api()
                .delete("/v2/databases/" + id + "/online-migration/"
                        + migration(id).getString("id")));
    }

    private JsonPath migration(String id) {
        return scene.mooring
                .api()
                .get("/v2/databases/" + id + "/online-migration")
                .jsonPath();
    }

    private void hasCome(String id) {
        assertThat(migration(id).getString("status")).isEqualTo("done");
        scene.isWhole(id, "15");
        bothAreAsTheyWere(id);
    }

    private void hasNotCome(String id) {
        scene.answers(id, "select to_regclass('t') is null", "t");
        bothAreAsTheyWere(id);
    }

    private void isConsistent(String id) {
        scene.answers(id, "select current_database()", "defaultdb");
        bothAreAsTheyWere(id);
    }

    private void bothAreAsTheyWere(String id) {
        scene.mooring.awaitOnline(id);
        scene.isWhole(source, "14");
        scene.servers(2);
        scene.answers(source, "select count(*) from pg_replication_slots where slot_name <> 'mooring_archive'", "0");
        scene.answers(source, "select count(*) from pg_publication", "0");
        scene.answers(id, "select count(*) from pg_subscription", "0");
    }
}
