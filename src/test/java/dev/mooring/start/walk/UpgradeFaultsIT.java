package dev.mooring.start.walk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.Boundary;
import dev.mooring.support.MooringProcess;
import dev.mooring.support.PortThief;
import io.restassured.path.json.JsonPath;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the machine has less of while an upgrade runs: a port, or room on the disk, on a small file system of its own where that can be made. */
@Tag("once")
@Tag("walk")
class UpgradeFaultsIT {

    private static final String FROM = "16";
    private static final String TO = "18";
    private static final int OFFSET = 3;

    private static Scene scene;
    private static SmallDisk clusters;
    private static SmallDisk archive;

    @BeforeAll
    static void start() throws Exception {
        // Few tries: what is waited for must not depend on them.
        scene = new Scene(new MooringProcess(
                        "29600-29649",
                        Map.of("MOORING_OPERATIONS_MAX_ATTEMPTS", "3", "MOORING_OPERATIONS_MAX_BACKOFF", "1s"))
                .withEveryMajor());
        clusters = SmallDisk.mount(scene.mooring.home().clusters(), "800m").orElse(null);
        archive = SmallDisk.mount(scene.mooring.home().archive(), "300m").orElse(null);
        scene.mooring.start();
        scene.awaitTools(TO);
    }

    @AfterAll
    static void stop() throws Exception {
        scene.mooring.interrupt();
        // Before the folder goes. No cluster is left in it.
        if (clusters != null) {
            clusters.close();
        }
        if (archive != null) {
            archive.close();
        }
        scene.mooring.close();
    }

    private static void failedForWantOfRoom(String id) throws Exception {
        scene.awaitEnd(id, "upgrade-cluster");
        scene.isWhole(id, FROM);
        scene.servers(1);
        JsonPath operation = scene.operation(id, "upgrade-cluster");
        assertThat(operation.getString("state")).as(operation.prettify()).isEqualTo("failed");
        assertThat(operation.getString("error"))
                .contains("the disk has become full", "MiB are free", "the old version serves as before");
        try (var left = Files.list(scene.folder(id))) {
            assertThat(left.map(file -> file.getFileName().toString()))
                    .noneMatch(name -> name.matches("(copy|new|next)(-.*)?"));
        }
        scene.answers(id, "select count(*) from pg_replication_slots where slot_name ~ 'copy|upgrade'", "0");
        try (Connection connection = scene.mooring.connect(id)) {
            Api.execute(connection, "create table afterwards as select generate_series(1, 1000) as a");
        }
    }

    @AfterEach
    void clear() throws Exception {
        scene.clear();
    }

    private static Boundary upgradeUntil(String id, String method, String step) throws Exception {
        Boundary boundary = Boundary.before(scene.mooring, "upgrade-cluster", "running", step);
        scene.ok(scene.mooring
                .api()
                .body("{\"version\": \"" + TO + "\", \"method\": \"" + method + "\"}")
                .put("/v2/databases/" + id + "/upgrade"));
        boundary.awaitReached();
        return boundary;
    }

    private static int port(String id) {
        return scene.mooring.get(id).jsonPath().getInt("database.connection.port");
    }

    private static void isUpgraded(String id, String method) {
        scene.awaitEnd(id, "upgrade-cluster");
        scene.isWhole(id, TO);
        JsonPath operation = scene.operation(id, "upgrade-cluster");
        assertThat(operation.getString("state")).as(operation.prettify()).isEqualTo("done");
        assertThat(operation.getString("receipt.method"))
                .as(operation.prettify())
                .isEqualTo(method);
    }

    /** Between the copy and the server that is made of it, which has the same one. */
    @Test
    void anotherPortIsTakenWhereSomebodyHasTheNewServersMeanwhile() throws Exception {
        String id = scene.filled(FROM);
        try (Boundary boundary = upgradeUntil(id, "online", "CONVERT");
                PortThief thief = new PortThief(port(id) + OFFSET)) {
            boundary.release();
            thief.awaitStolen();
            isUpgraded(id, "online");
        }
    }

    /** Clients know no other, so it is waited for, however long that takes, and they are told why. */
    @ParameterizedTest
    @CsvSource({"brief,false", "brief,true", "online,false"})
    void theClustersOwnPortIsWaitedFor(String method, boolean mooringDies) throws Exception {
        String id = scene.filled(FROM);
        try (Boundary boundary = upgradeUntil(id, method, "CUT_OVER");
                PortThief thief = new PortThief(port(id))) {
            boundary.release();
            thief.awaitStolen();
            Callable<Boolean> told =
                    () -> scene.operation(id, "upgrade-cluster").prettify().contains("another program has port");
            scene.await("the reason is told").until(told);
            if (mooringDies) {
                scene.mooring.kill();
                scene.mooring.start();
            }
            scene.await("it goes on waiting")
                    .during(Duration.ofSeconds(10))
                    .until(() -> scene.operation(id, "upgrade-cluster")
                                    .getString("state")
                                    .equals("running")
                            || scene.operation(id, "upgrade-cluster")
                                    .getString("state")
                                    .equals("queued"));
        }
        isUpgraded(id, method);
    }

    @Test
    void whatIsAskedMeanwhileIsRefusedAndWhatIsMadeBySqlComesAlong() throws Exception {
        String id = scene.filled(FROM);
        try (Boundary boundary = upgradeUntil(id, "brief", "CUT_OVER")) {
            String path = "/v2/databases/" + id;
            assertThat(scene.mooring
                            .api()
                            .body("{\"size\": \"db-s-2vcpu-4gb\", \"num_nodes\": 1}")
                            .put(path + "/resize")
                            .statusCode())
                    .isEqualTo(412);
            assertThat(scene.mooring
                            .api()
                            .body("{\"name\":\"late\"}")
                            .post(path + "/users")
                            .statusCode())
                    .isEqualTo(412);
            try (Connection connection = scene.mooring.connect(id)) {
                Api.execute(connection, "create role by_sql login password 'x' connection limit 7");
                Api.execute(connection, "grant select on t to by_sql");
                Api.execute(connection, "create table meanwhile as select 1 as a");
            }
            boundary.release();
            isUpgraded(id, "brief");
        }
        scene.answers(
                id,
                "select rolcanlogin and rolconnlimit = 7 and has_table_privilege('by_sql', 't', 'select')"
                        + " and (select a from meanwhile) = 1 from pg_roles where rolname = 'by_sql'",
                "t");
    }

    /** Whoever prepared it may come back for it. */
    @ParameterizedTest
    @ValueSource(strings = {"online", "brief"})
    void aTransactionThatIsPreparedMeanwhileIsNamedAndNotLost(String method) throws Exception {
        String id = scene.filled(FROM);
        scene.ok(scene.mooring
                .api()
                .body("{\"config\": {\"max_prepared_transactions\": 5}}")
                .patch("/v2/databases/" + id + "/config"));
        scene.answers(id, "show max_prepared_transactions", "5");
        scene.mooring.awaitOnline(id);
        try (Boundary boundary = upgradeUntil(id, method, "CUT_OVER")) {
            try (Connection connection = scene.mooring.connect(id)) {
                Api.execute(connection, "begin; insert into t values (0); prepare transaction 'mine'");
            }
            boundary.release();
            scene.awaitEnd(id, "upgrade-cluster");
        }
        JsonPath operation = scene.operation(id, "upgrade-cluster");
        assertThat(operation.getString("state")).as(operation.prettify()).isEqualTo("failed");
        assertThat(operation.getString("error")).contains("prepared meanwhile", "mine", "upgrade again");
        scene.isWhole(id, FROM);
        try (Connection connection = scene.mooring.connect(id)) {
            Api.execute(connection, "commit prepared 'mine'");
        }
        scene.answers(id, "select count(*) from t", Integer.toString(Integer.parseInt(Scene.ROWS) + 1));
    }

    /** Nobody is left waiting for a check that is still queued. */
    @Test
    void aCheckThatDoesNotGetInEndsAndSaysSo() throws Exception {
        String id = scene.filled(FROM);
        String server = Files.readAllLines(scene.folder(id).resolve("data/postmaster.pid"))
                .getFirst();
        SmallDisk.run("kill", "-STOP", server);
        try {
            var refused =
                    scene.mooring.api().body("{\"version\": \"" + TO + "\"}").put("/v2/databases/" + id + "/upgrade");
            assertThat(refused.statusCode()).as(refused.asString()).isEqualTo(422);
        } finally {
            SmallDisk.run("kill", "-CONT", server);
        }
        scene.awaitEnd(id, "check-upgrade");
        scene.isWhole(id, FROM);
        try (Boundary boundary = upgradeUntil(id, "brief", "COPY_FILES")) {
            boundary.release();
            isUpgraded(id, "brief");
        }
    }

    @Test
    void aClusterThatIsDestroyedMeanwhileIsGone() throws Exception {
        String id = scene.filled(FROM);
        try (Boundary boundary = upgradeUntil(id, "online", "CONVERT")) {
            assertThat(scene.mooring.api().delete("/v2/databases/" + id).statusCode())
                    .isEqualTo(204);
            boundary.release();
            scene.await("nothing is left")
                    .until(() -> scene.mooring.get(id).statusCode() == 404
                            && !Files.exists(scene.folder(id))
                            && scene.mooring.postmasters() == 0);
        }
    }

    /** Above what is left to the server that serves, and less than a copy or a new version needs. */
    @ParameterizedTest
    @CsvSource({"online,COPY_FILES,100", "online,CONVERT,66", "brief,CUT_OVER,66"})
    void aDiskThatFillsStopsTheUpgradeAndNotTheServer(String method, String step, int left) throws Exception {
        Assumptions.assumeTrue(clusters != null && archive != null, "no file system of its own can be mounted here");
        String id = scene.filled(FROM);
        Path filler = null;
        try (Boundary boundary = upgradeUntil(id, method, step)) {
            filler = clusters.fill((long) left << 20);
            boundary.release();
            failedForWantOfRoom(id);
        } finally {
            if (filler != null) {
                Files.delete(filler);
            }
        }
    }

    /** WAL is kept for what is made beside, for as long as somebody is waited for. */
    @ParameterizedTest
    @ValueSource(strings = {"online", "brief"})
    void anUpgradeThatWaitsGivesWayBeforeTheDiskIsFull(String method) throws Exception {
        Assumptions.assumeTrue(clusters != null && archive != null, "no file system of its own can be mounted here");
        String id = scene.filled(FROM);
        Path filler = null;
        try (Connection open = scene.mooring.connect(id);
                Boundary boundary = upgradeUntil(id, method, "CUT_OVER")) {
            open.setAutoCommit(false);
            // Shorter ones are not waited for.
            Api.execute(open, "select pg_sleep(2)");
            Api.execute(open, "insert into t values (0)");
            boundary.release();
            scene.await("it waits for the transaction")
                    .until(() -> scene.operation(id, "upgrade-cluster")
                            .prettify()
                            .contains("waiting for the end of process"));
            filler = clusters.fill(80L << 20);
            try (Connection connection = scene.mooring.connect(id)) {
                Api.execute(connection, "create table large (a text)");
                Api.execute(
                        connection,
                        "insert into large select repeat(i::text, 200) from generate_series(1, 12000) as i");
            }
            open.rollback();
            failedForWantOfRoom(id);
        } finally {
            if (filler != null) {
                Files.delete(filler);
            }
        }
    }

    /** The version has changed by then. */
    @Test
    void anArchiveThatIsFullLeavesTheUpgradeWithoutABackupForAWhile() throws Exception {
        Assumptions.assumeTrue(clusters != null && archive != null, "no file system of its own can be mounted here");
        String id = scene.backedUp();
        Path filler = null;
        try (Boundary boundary = upgradeUntil(id, "brief", "SECURE")) {
            filler = archive.fill(0);
            boundary.release();
            isUpgraded(id, "brief");
        } finally {
            if (filler != null) {
                Files.delete(filler);
            }
        }
        assertThat(scene.operation(id, "upgrade-cluster").getList("receipt.follow_up", String.class))
                .anyMatch(note -> note.contains("there is no backup of the new version yet"));
        scene.await("a backup of the new version").until(() -> {
            // One that was tried while there was no room yet is tried again now, not in minutes.
            scene.change("update cluster set backup_tried_at = null where id = '" + id + "'");
            return scene.backups(id) > 1;
        });
    }
}
