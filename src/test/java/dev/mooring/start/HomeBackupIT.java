package dev.mooring.start;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.home.MooringHome;
import dev.mooring.support.Api;
import dev.mooring.support.MooringProcess;
import dev.mooring.support.Shell;
import dev.mooring.support.TestGround;
import io.restassured.response.Response;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The whole machine is lost; what is left is the archive and a key. Then the home moves, and an older Mooring finds it. */
class HomeBackupIT {

    private static final String PORTS = "29400-29449";
    private static Path archive;

    @BeforeAll
    static void begin() throws IOException {
        archive = TestGround.newFolder();
    }

    @AfterAll
    static void end() {
        MooringHome.deleteTree(archive);
    }

    private static MooringProcess machine() throws IOException {
        return new MooringProcess(PORTS, Map.of("MOORING_ARCHIVE_FOLDER", archive.toString()));
    }

    private static String ca(MooringProcess mooring, String cluster) {
        return mooring.api().get("/v2/databases/" + cluster + "/ca").jsonPath().getString("ca.certificate");
    }

    private static String rows(MooringProcess mooring, String cluster) throws SQLException, IOException {
        try (Connection connection = mooring.connect(cluster)) {
            return Api.query(connection, "select string_agg(line, ' ' order by line) from book");
        }
    }

    private static void write(MooringProcess mooring, String cluster, String line) throws SQLException, IOException {
        try (Connection connection = mooring.connect(cluster)) {
            Api.execute(connection, "create table if not exists book (line text)");
            Api.execute(connection, "insert into book values ('" + line + "')");
        }
    }

    private static void awaitBackups(MooringProcess mooring, String cluster, int backups) {
        Awaitility.await(backups + " backups of " + cluster)
                .atMost(Duration.ofSeconds(60))
                .until(() -> mooring.api()
                                .get("/v2/databases/" + cluster + "/backups")
                                .jsonPath()
                                .getList("backups")
                                .size()
                        >= backups);
    }

    private static String refusal(MooringProcess mooring) throws Exception {
        Process refused = mooring.launch(mooring.log());
        assertThat(refused.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(refused.exitValue()).isEqualTo(1);
        return Files.readString(mooring.log());
    }

    @Test
    void aLostMachineComesBackMovesAndIsNotTakenByAnOlderMooring() throws Exception {
        String cluster;
        String token;
        String key;
        String ca;
        String uri;
        try (MooringProcess lost = machine()) {
            lost.start();
            cluster = lost.create(Api.uniqueName()).jsonPath().getString("database.id");
            lost.awaitOnline(cluster);
            awaitBackups(lost, cluster, 1);
            write(lost, cluster, "1-before");
            token = lost.api()
                    .body("{\"name\":\"ci\",\"scopes\":[\"database:read\"]}")
                    .post("/mooring/v1/tokens")
                    .jsonPath()
                    .getString("token.token");
            Shell shown = lost.command("backup", "--key");
            assertThat(shown.exit()).as(shown.err()).isZero();
            key = shown.out();
            Shell made = lost.command("backup");
            assertThat(made.exit()).as(made.err()).isZero();
            assertThat(lost.command("backup", "--list").out())
                    .contains(made.out().strip());
            write(lost, cluster, "2-after");
            ca = ca(lost, cluster);
            uri = lost.get(cluster).jsonPath().getString("database.connection.uri");
            lost.interrupt();
            lost.killServer(cluster);
            MooringHome.deleteTree(lost.home().root());
        }
        try (MooringProcess found = machine()) {
            found.prepareHome();
            Shell wrong = found.commandWithInput("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", "restore-home");
            assertThat(wrong.exit()).isEqualTo(1);
            assertThat(wrong.err()).contains("nothing was restored", "another key, or is damaged");

            killedInBetween(found, key);
            Shell restored = found.commandWithInput(key, "restore-home");
            assertThat(restored.exit()).as(restored.err()).isZero();
            assertThat(found.commandWithInput(key, "restore-home").err()).contains("there is a Mooring in");

            found.start();
            found.awaitOnline(cluster);
            assertThat(rows(found, cluster)).isEqualTo("1-before 2-after");
            assertThat(found.get(cluster).jsonPath().getString("database.connection.uri"))
                    .isEqualTo(uri);
            assertThat(ca(found, cluster)).isEqualTo(ca);
            Response byToken =
                    found.anyone().header("Authorization", "Bearer " + token).get("/v2/databases/" + cluster);
            assertThat(byToken.statusCode()).isEqualTo(200);
            assertThat(found.command("backup", "--key").out()).isEqualTo(key);

            write(found, cluster, "3-again");
            // What another server writes is recovered from its own first backup on.
            awaitBackups(found, cluster, 2);
            Shell drill = found.command("drill", cluster);
            assertThat(drill.exit()).as(drill.err()).isZero();
            assertThat(drill.out()).contains("rows");

            moves(found, cluster);
            isRefusedByAnOlderOne(found);
        }
    }

    /** Whenever that is, nothing starts on half a home. */
    private static void killedInBetween(MooringProcess found, String key) throws Exception {
        Process restoring = found.launch(found.log(), "restore-home");
        restoring.getOutputStream().write(key.getBytes());
        restoring.getOutputStream().close();
        while (restoring.isAlive() && Files.notExists(found.home().restoring().resolve("metadata"))) {
            Thread.onSpinWait();
        }
        restoring.destroyForcibly().waitFor();
        assertThat(found.home().restoring()).isDirectory();
        assertThat(refusal(found)).contains("was interrupted: run   mooring restore-home   again");
    }

    private static void moves(MooringProcess mooring, String cluster) throws Exception {
        assertThat(mooring.command("stop", "--databases").exit()).isZero();
        Path moved = mooring.home().root().resolveSibling("moved");
        Files.move(mooring.home().root(), moved);
        mooring.set("MOORING_HOME", moved.toString()).start();
        mooring.awaitOnline(cluster);
        Awaitility.await("its server is up")
                .atMost(Duration.ofSeconds(30))
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(rows(mooring, cluster)).isEqualTo("1-before 2-after 3-again"));
        assertThat(mooring.command("stop", "--databases").exit()).isZero();
        // The start has made one where the home was: it brings the servers' programs.
        MooringHome.deleteTree(mooring.home().root());
        Files.move(moved, mooring.home().root());
        mooring.set("MOORING_HOME", null).start();
    }

    private static void isRefusedByAnOlderOne(MooringProcess mooring) throws Exception {
        try (Connection metadata = mooring.metadata()) {
            Api.execute(
                    metadata,
                    "insert into flyway_schema_history select 999, '999', 'later', type, 'V999__later.sql', checksum,"
                            + " installed_by, installed_on, execution_time, success from flyway_schema_history"
                            + " where version = '1'");
        }
        mooring.interrupt();
        assertThat(refusal(mooring)).contains("the metadata were written by a newer Mooring: they have schema 999");
    }
}
