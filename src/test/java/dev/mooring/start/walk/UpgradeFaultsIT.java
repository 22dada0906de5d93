package dev.mooring.start.walk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.Boundary;
import dev.mooring.support.MooringProcess;
import dev.mooring.support.PortThief;
import io.restassured.path.json.JsonPath;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the machine has less of while an upgrade runs: a port, or room on the disk, on a small file system of its own where that can be made. */
@Tag("once")
@Tag("walk")
class UpgradeFaultsIT {

    private static final String FROM = "16";
    private static final String TO = "18";
    private static final int OFFSET = 3;

    private static Scene scene;
    private static boolean small;

    @BeforeAll
    static void start() throws Exception {
        scene = new Scene(new MooringProcess("29600-29649"));
        Path clusters = Files.createDirectories(scene.mooring.home().clusters());
        small = run("mount", "-t", "tmpfs", "-o", "size=800m,mode=755", "tmpfs", clusters.toString());
        scene.mooring.start();
        scene.awaitTools(TO);
    }

    @AfterAll
    static void stop() throws Exception {
        scene.mooring.interrupt();
        // Before the folder goes: what is mounted cannot be deleted. No cluster is left in it.
        if (small) {
            run("umount", "--lazy", scene.mooring.home().clusters().toString());
        }
        scene.mooring.close();
    }

    @AfterEach
    void clear() throws Exception {
        scene.clear();
    }

    private static boolean run(String... command) throws Exception {
        try {
            return new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (java.io.IOException notHere) {
            return false;
        }
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

    /** Nobody else can tell clients of another one: it is waited for, and they are told why. */
    @Test
    void theClustersOwnPortIsWaitedFor() throws Exception {
        String id = scene.filled(FROM);
        try (Boundary boundary = upgradeUntil(id, "brief", "CUT_OVER");
                PortThief thief = new PortThief(port(id))) {
            boundary.release();
            thief.awaitStolen();
            scene.await("the reason is told")
                    .until(() -> scene.mooring
                            .api()
                            .get("/mooring/v1/operations?cluster_id=" + id)
                            .asString()
                            .contains("another program has port"));
        }
        isUpgraded(id, "brief");
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

    @Test
    void aDiskThatFillsWhileItIsCopiedStopsTheUpgradeAndNotTheServer() throws Exception {
        Assumptions.assumeTrue(small, "no file system of its own can be mounted here");
        String id = scene.filled(FROM);
        Path filler = scene.mooring.home().clusters().resolve("lost+found");
        try (Boundary boundary = upgradeUntil(id, "online", "COPY_FILES")) {
            long free = Files.getFileStore(filler.getParent()).getUsableSpace();
            try (RandomAccessFile file = new RandomAccessFile(filler.toFile(), "rw")) {
                byte[] piece = new byte[1 << 20];
                for (long left = free - (100L << 20); left > 0; left -= piece.length) {
                    file.write(piece);
                }
            }
            boundary.release();
            scene.awaitEnd(id, "upgrade-cluster");
            try (Connection connection = scene.mooring.connect(id)) {
                Api.execute(connection, "create table meanwhile as select generate_series(1, 1000) as a");
            }
        } finally {
            Files.deleteIfExists(filler);
        }
        scene.isWhole(id, FROM);
        scene.servers(1);
        assertThat(scene.operation(id, "upgrade-cluster").getString("error"))
                .contains("the disk has become full", "MiB are free", "the old version serves as before");
        try (var left = Files.list(scene.folder(id))) {
            assertThat(left.map(file -> file.getFileName().toString()))
                    .noneMatch(name -> name.matches("(copy|new|next)(-.*)?"));
        }
        scene.answers(id, "select count(*) from pg_replication_slots where slot_name ~ 'copy|upgrade'", "0");
    }
}
