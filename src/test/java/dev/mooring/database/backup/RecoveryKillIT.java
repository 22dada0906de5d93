package dev.mooring.database.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.Boundary;
import dev.mooring.support.MooringProcess;
import io.restassured.path.json.JsonPath;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clusters are recovered while the recovering server is killed, or the source deleted. */
@Tag("once")
class RecoveryKillIT {

    private static final String ROWS = "1000";

    private static MooringProcess mooring;
    private static String source;

    @BeforeAll
    static void start() throws Exception {
        mooring = new MooringProcess("28000-28099").start();
        JsonPath created = mooring.create("source").jsonPath();
        source = created.getString("database.id");
        mooring.awaitOnline(source);
        try (Connection connection = mooring.connect(source)) {
            Api.execute(connection, "create table t as select generate_series(1, " + ROWS + ") as id");
        }
        try (Connection superuser = mooring.superuser(source)) {
            Api.execute(
                    superuser,
                    "create subscription far connection 'host=127.0.0.1 dbname=x' publication p"
                            + " with (connect = false, slot_name = 'far')");
        }
        await("first backup").until(() -> backups() == 1);
    }

    @AfterAll
    static void stop() throws Exception {
        mooring.close();
    }

    private static org.awaitility.core.ConditionFactory await(String what) {
        return Awaitility.await(what + "; log: " + mooring.log())
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(50));
    }

    private static int backups() throws Exception {
        return mooring.api()
                .get("/v2/databases/" + source + "/backups")
                .jsonPath()
                .getList("backups")
                .size();
    }

    private static String restore() throws Exception {
        var created = mooring.api()
                .body(Api.clusterBody(Api.uniqueName(), "16")
                        .replace("}", ", \"backup_restore\": {\"database_name\": \"source\"}}"))
                .post("/v2/databases");
        assertThat(created.statusCode()).as(created.asString()).isEqualTo(201);
        return created.jsonPath().getString("database.id");
    }

    private static void isWhole(String restored) throws Exception {
        mooring.awaitOnline(restored);
        try (Connection connection = mooring.connect(restored)) {
            assertThat(Api.query(connection, "select count(*) from t")).isEqualTo(ROWS);
            assertThat(Api.query(connection, "select subslotname from pg_subscription"))
                    .isNull();
        }
        assertThat(mooring.postmasters()).isEqualTo(2);
        Path folder = mooring.home().cluster(UUID.fromString(restored));
        for (String left : List.of("data.partial", "wal", "recovering", "recovered")) {
            assertThat(folder.resolve(left)).doesNotExist();
        }
        assertThat(mooring.home().archive().resolve(source).resolve("holds")).doesNotExist();
        assertThat(mooring.api().delete("/v2/databases/" + restored).statusCode())
                .isEqualTo(204);
        await("nothing left").until(() -> mooring.clusterFolders().size() == 1);
    }

    @Test
    void aRecoveringServerThatIsKilledIsStartedAgain() throws Exception {
        String restored = restore();
        Path pid = mooring.home().cluster(UUID.fromString(restored)).resolve("data/postmaster.pid");
        await("recovering server").pollInterval(Duration.ofMillis(2)).until(() -> Files.exists(pid));
        mooring.killServer(restored);
        isWhole(restored);
    }

    /** The server goes on with what is ready, and waits for the rest until somebody comes back. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void mooringMayBeKilledWhileItLaysOutWalAhead(boolean serverToo) throws Exception {
        try (Connection superuser = mooring.superuser(source)) {
            for (int i = 0; i < 24; i++) {
                Api.execute(superuser, "select pg_logical_emit_message(true, 'test', repeat('x', 1000))");
                Api.execute(superuser, "select pg_switch_wal()");
            }
        }
        String restored = restore();
        Path ready = mooring.home().cluster(UUID.fromString(restored)).resolve("wal/ready");
        await("WAL that lies ready").pollInterval(Duration.ofMillis(2)).until(() -> {
            try (var segments = Files.list(ready)) {
                return segments.findAny().isPresent();
            } catch (NoSuchFileException notYet) {
                return false;
            }
        });
        mooring.kill();
        if (serverToo) {
            mooring.killServer(restored);
        }
        mooring.start();
        isWhole(restored);
    }

    @Test
    void aServerThatIsKilledRightAfterItsRecoveryIsStartedAgain() throws Exception {
        String restored;
        try (Boundary boundary = Boundary.before(mooring, "restore-cluster", "running", "VERIFY")) {
            restored = restore();
            boundary.awaitReached();
            mooring.killServer(restored);
            boundary.release();
        }
        isWhole(restored);
    }

    @Test
    void aSourceThatIsDeletedMeanwhileDoesNotMatter() throws Exception {
        String doomed = mooring.create("doomed").jsonPath().getString("database.id");
        mooring.awaitOnline(doomed);
        try (Connection connection = mooring.connect(doomed)) {
            Api.execute(connection, "create table t as select generate_series(1, " + ROWS + ") as id");
        }
        await("its backup")
                .until(() -> mooring.api()
                                .get("/mooring/v1/databases/" + doomed + "/recovery-window")
                                .statusCode()
                        == 200);
        String restored;
        try (Boundary boundary = Boundary.before(mooring, "restore-cluster", "running", "COPY")) {
            restored = mooring.api()
                    .body(Api.clusterBody(Api.uniqueName(), "16")
                            .replace("}", ", \"backup_restore\": {\"database_name\": \"doomed\"}}"))
                    .post("/v2/databases")
                    .jsonPath()
                    .getString("database.id");
            boundary.awaitReached();
            assertThat(mooring.api().delete("/v2/databases/" + doomed).statusCode())
                    .isEqualTo(204);
            await("source gone").until(() -> Files.notExists(mooring.home().cluster(UUID.fromString(doomed))));
            boundary.release();
        }
        isWhole(restored);
    }
}
