package dev.mooring.start.walk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import java.nio.file.Files;
import java.sql.Connection;
import java.util.List;
import java.util.UUID;

/** Backups, and what is made of them. */
record RecoveryStories(Scene scene) {

    List<Story> all() {
        return List.of(
                Story.of("back-up-cluster", scene::backedUp, this::backUp, id -> hasBackups(id, 2))
                        .whenCancelled(id -> hasBackups(id, 1)),
                Story.of("drill-recovery", scene::backedUp, this::drill, this::isProved)
                        .whenCancelled(this::nothingOfADrill),
                Story.of("restore-cluster", this::subscriber, this::restore, this::isRestored)
                        .whenCancelled(this::isNotRestored));
    }

    private void backUp(String id) {
        scene.ask(() -> scene.mooring.api().post("/mooring/v1/databases/" + id + "/backups"));
    }

    private void hasBackups(String id, int count) throws Exception {
        scene.isWhole(id);
        scene.servers(1);
        assertThat(scene.backups(id)).isEqualTo(count);
        try (var folders = Files.list(scene.mooring.home().archive().resolve(id).resolve("base"))) {
            assertThat(folders).hasSize(count);
        }
    }

    private void drill(String id) {
        scene.ask(() -> scene.mooring.api().post("/mooring/v1/databases/" + id + "/drills"));
    }

    private void isProved(String id) throws Exception {
        nothingOfADrill(id);
        // Catalogs are read too.
        assertThat(scene.operation(id, "drill-recovery").getLong("receipt.rows_read"))
                .isGreaterThan(Long.parseLong(Scene.ROWS));
    }

    private void nothingOfADrill(String id) throws Exception {
        scene.isWhole(id);
        scene.servers(1);
        assertThat(Scene.empty(scene.mooring.home().drills())).isTrue();
        assertThat(scene.processes(scene.mooring.home().drills())).isZero();
    }

    /** With something that is switched off in a copy. */
    private String subscriber() throws Exception {
        String id = scene.backedUp();
        try (Connection superuser = scene.mooring.superuser(id)) {
            Api.execute(
                    superuser,
                    "create subscription far connection 'host=127.0.0.1 dbname=x' publication p"
                            + " with (connect = false, slot_name = 'far')");
        }
        return id;
    }

    private void restore(String source) {
        String body = Api.clusterBody(Api.uniqueName(), "16")
                .replace("\"num_nodes\": 1", NodeStories.TWO)
                .replace("}", ", \"backup_restore\": {\"database_name\": \"" + scene.name(source) + "\"}}");
        scene.ask(() -> scene.mooring.api().body(body).post("/v2/databases"));
    }

    private String copyOf(String source) {
        return scene.mooring
                .api()
                .get("/v2/databases")
                .jsonPath()
                .getString("databases.find { it.id != '" + source + "' }.id");
    }

    private void isRestored(String source) throws Exception {
        String restored = copyOf(source);
        scene.isWhole(restored);
        scene.servers(3);
        try (Connection connection = scene.mooring.connect(restored)) {
            assertThat(Api.query(connection, "select subslotname from pg_subscription"))
                    .isNull();
        }
        assertThat(scene.operation(restored, "restore-cluster").getString("receipt.switched_off[0].on"))
                .isEqualTo("ALTER SUBSCRIPTION \"far\" SET (slot_name = 'far')");
        for (String left : List.of("data.partial", "wal", "recovering", "recovered")) {
            assertThat(scene.folder(restored).resolve(left)).doesNotExist();
        }
        assertThat(scene.mooring.home().archive().resolve(source).resolve("holds"))
                .doesNotExist();
    }

    private void isNotRestored(String source) {
        scene.isWhole(source);
        scene.servers(1);
        String restored = copyOf(source);
        assertThat(scene.mooring.home().cluster(UUID.fromString(restored))).doesNotExist();
        assertThat(scene.mooring.get(restored).jsonPath().getString("database.status"))
                .isNotIn("online", "forking");
    }
}
