package dev.mooring.start.walk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import java.io.IOException;
import java.nio.file.Files;
import java.sql.Connection;
import java.util.List;

/** New major versions, both ways there, and both ways back. */
record UpgradeStories(Scene scene) {

    private static final String ONLINE = "only the online way";
    private static final String BRIEF = "only the brief way";

    /** A way to a major version, and back. */
    private record Way(String method, String from, String to) {}

    private static final Way BRIEFLY = new Way("brief", "13", "15");
    private static final Way GOING_ON = new Way("online", "16", "18");

    List<Story> all() {
        return List.of(
                Story.of("check-upgrade", () -> old(BRIEFLY), id -> upgrade(id, BRIEFLY), id -> isOld(id, BRIEFLY))
                        .whenCancelled(id -> isOld(id, BRIEFLY)),
                Story.of(
                                "upgrade-cluster",
                                () -> busy(BRIEFLY),
                                id -> upgrade(id, BRIEFLY),
                                id -> isUpgraded(id, BRIEFLY))
                        .way("brief")
                        .meanwhile(id -> forgetTheTry(id, BRIEFLY))
                        .whenCancelled(id -> servesAsBefore(id, BRIEFLY))
                        .passesBy(ONLINE, "FORK", "CONVERT", "CATCH_UP", "FINISH", "BACK_UP"),
                Story.of(
                                "upgrade-cluster",
                                () -> busy(GOING_ON),
                                id -> upgrade(id, GOING_ON),
                                id -> isUpgraded(id, GOING_ON))
                        .way("online")
                        .whenCancelled(id -> servesAsBefore(id, GOING_ON))
                        .passesBy("the conversion is a try of its own", "TRY_OUT")
                        .passesBy(BRIEF, "STATISTICS", "SECURE"),
                Story.of("undo-upgrade", () -> upgraded(BRIEFLY), this::undo, id -> isOld(id, BRIEFLY))
                        .way("as it was left")
                        .whenCancelled(id -> staysUpgraded(id, BRIEFLY)),
                Story.of("undo-upgrade", () -> writtenSince(GOING_ON), this::undo, id -> isBack(id, GOING_ON))
                        .way("with what came since")
                        .whenCancelled(id -> staysUpgraded(id, GOING_ON)),
                Story.of("settle-upgrade", () -> upgraded(BRIEFLY), this::letTheTimePass, id -> isSettled(id, BRIEFLY))
                        .whenCancelled(id -> isSettled(id, BRIEFLY)));
    }

    private String old(Way way) throws Exception {
        scene.awaitTools(way.to());
        return scene.filled(way.from());
    }

    private String busy(Way way) throws Exception {
        String id = old(way);
        scene.write(id);
        return id;
    }

    private void upgrade(String id, Way way) {
        scene.ask(() -> scene.mooring
                .api()
                .body("{\"version\": \"" + way.to() + "\", \"method\": \"" + way.method() + "\"}")
                .put("/v2/databases/" + id + "/upgrade"));
    }

    /** What was tried a while ago is tried again. */
    private void forgetTheTry(String id, Way way) throws IOException {
        Files.delete(scene.folder(id).resolve("tried-" + way.to()));
    }

    private String upgraded(Way way) throws Exception {
        String id = old(way);
        upgrade(id, way);
        scene.awaitEnd(id, "upgrade-cluster");
        staysUpgraded(id, way);
        return id;
    }

    private String writtenSince(Way way) throws Exception {
        String id = upgraded(way);
        try (Connection connection = scene.mooring.connect(id)) {
            Api.execute(connection, "insert into t values (0)");
            Api.execute(connection, "delete from t where id = 1");
        }
        return id;
    }

    private void undo(String id) {
        scene.ask(() -> scene.mooring.api().post("/mooring/v1/databases/" + id + "/upgrade/undo"));
    }

    private void letTheTimePass(String id) throws Exception {
        scene.change("update cluster set undo_until = now() - interval '1 second' where id = '" + id + "'");
    }

    private void isUpgraded(String id, Way way) throws Exception {
        staysUpgraded(id, way);
        scene.everyBackupIsKnown(id);
        scene.nothingAnsweredIsLost();
        assertThat(scene.operation(id, "upgrade-cluster").getString("receipt.method"))
                .as(scene.operation(id, "upgrade-cluster").prettify())
                .isEqualTo(way.method());
    }

    /** After an online upgrade the old version follows, else nothing else runs. */
    private void staysUpgraded(String id, Way way) {
        scene.isWhole(id, way.to());
        scene.servers(way.equals(GOING_ON) ? 2 : 1);
        nothingBeside(id);
        assertThat(scene.folder(id).resolve("previous")).exists();
    }

    private void servesAsBefore(String id, Way way) throws Exception {
        isOld(id, way);
        scene.everyBackupIsKnown(id);
        scene.nothingAnsweredIsLost();
    }

    private void isOld(String id, Way way) {
        scene.isWhole(id, way.from());
        scene.servers(1);
        nothingBeside(id);
        nothingKept(id);
    }

    private void isBack(String id, Way way) {
        isOld(id, way);
        scene.answers(id, "select count(*) from t where id < 2", "1");
        scene.answers(id, "select min(id) from t", "0");
    }

    private void isSettled(String id, Way way) {
        scene.isWhole(id, way.to());
        scene.servers(1);
        nothingBeside(id);
        nothingKept(id);
    }

    private void nothingKept(String id) {
        assertThat(scene.folder(id).resolve("previous")).doesNotExist();
        scene.answers(id, "select count(*) from pg_replication_slots where slot_name <> 'mooring_archive'", "0");
        scene.answers(id, "select count(*) from pg_publication", "0");
        scene.answers(id, "select count(*) from pg_subscription", "0");
    }

    private void nothingBeside(String id) {
        try (var left = Files.list(scene.folder(id))) {
            assertThat(left.map(file -> file.getFileName().toString()))
                    .noneMatch(name -> name.matches("(copy|new|next)(-.*)?"));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
