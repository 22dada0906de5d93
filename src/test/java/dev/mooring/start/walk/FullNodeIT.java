package dev.mooring.start.walk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.MooringProcess;
import dev.mooring.support.history.AppendHistory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** There is no room any more: for the WAL of one node, which is on a disk of its own, or for anything on the disk of all. */
@Tag("once")
class FullNodeIT {

    private static final String FOUR_MEGABYTES = "select pg_logical_emit_message(true, 'filler', repeat('x', 4000000))";

    private MooringProcess mooring;

    @BeforeEach
    void start() throws Exception {
        mooring = new MooringProcess("29500-29549").start();
    }

    @AfterEach
    void stop() throws Exception {
        mooring.close();
    }

    /**
     * While nothing runs, as PostgreSQL's manual has it for a disk for WAL.
     *
     * @param size with room for what is kept between two checkpoints
     */
    private SmallDisk apart(Path data, String size) throws Exception {
        Path wal = data.resolve("pg_wal");
        SmallDisk disk = mounted(Files.createTempDirectory(mooring.log().getParent(), "wal-"), size);
        Path there = disk.folder().resolve("wal");
        assertThat(SmallDisk.run("cp", "-a", wal.toString(), there.toString())).isTrue();
        assertThat(SmallDisk.run("rm", "-r", wal.toString())).isTrue();
        Files.createSymbolicLink(wal, there);
        return disk;
    }

    private static SmallDisk mounted(Path folder, String size) throws Exception {
        Optional<SmallDisk> disk = SmallDisk.mount(folder, size);
        Assumptions.assumeTrue(disk.isPresent(), "no file system of its own can be mounted here");
        return disk.get();
    }

    private static void write(Pair pair) throws Exception {
        try (Connection connection = pair.node().open()) {
            Api.query(connection, FOUR_MEGABYTES);
        }
    }

    private String health() {
        return mooring.anyone().get("/q/health/well").asString();
    }

    @Test
    void aPrimaryWithoutRoomForItsWalIsReplacedAndMadeAnew() throws Exception {
        Pair pair = Pair.create(mooring);
        Pair.silentPowerLoss(mooring);
        try (SmallDisk disk = apart(pair.data(), "160m")) {
            mooring.start();
            mooring.awaitOnline(pair.id());
            pair.awaitFollowing();
            try (AppendHistory history = new AppendHistory(pair.node())) {
                history.warm();
                disk.fill(0);
                pair.await("another node in its place").until(() -> {
                    boolean replaced = pair.failovers() == 1;
                    if (!replaced) {
                        write(pair);
                    }
                    return replaced;
                });
                history.warm();
                pair.awaitFollowing();
                history.warm().check();
            }
            pair.awaitTold(1);
            assertThat(mooring.api()
                            .get("/mooring/v1/operations?cluster_id=" + pair.id() + "&state=done")
                            .jsonPath()
                            .getList("operations.findAll { it.kind == 'fail-over' }.receipt.reason", String.class))
                    .as("the receipt")
                    .singleElement()
                    .asString()
                    .contains("the disk of its WAL is full");
            assertThat(pair.failovers()).isEqualTo(1);
            assertThat(health()).doesNotContain("is full");
            pair.delete();
        }
    }

    /** Commits that were to wait for it do so for a while, and then no longer. */
    @Test
    @Tag("walk")
    void aStandbyNodeWithoutRoomHoldsNobodyUpForGoodAndHeals() throws Exception {
        Pair pair = Pair.create(mooring);
        pair.waitForAQuorum();
        Pair.silentPowerLoss(mooring);
        try (SmallDisk disk = apart(pair.folder().resolve("standby-1/data"), "480m")) {
            mooring.start();
            mooring.awaitOnline(pair.id());
            pair.awaitFollowing();
            try (AppendHistory history = new AppendHistory(pair.node())) {
                history.warm();
                Path filler = disk.fill(0);
                for (int i = 0; i < 20; i++) {
                    write(pair);
                }
                pair.await("it is said why it does not follow")
                        .until(() -> pair.why(1).contains("the disk of its WAL is full"));
                assertThat(health()).contains("full " + pair.id() + " node-2");
                history.warm();
                assertThat(pair.failovers()).isZero();
                Files.delete(filler);
                pair.awaitFollowing();
                pair.awaitWaitedFor("ANY 1 (mooring_standby_1)");
                history.warm().check();
            }
            pair.delete();
        }
    }

    /** Nodes on one disk: nobody can take over, and nothing is lost by trying. */
    @Test
    @Tag("walk")
    void aDiskThatIsFullStopsWritesUntilThereIsRoom() throws Exception {
        mooring.interrupt();
        try (SmallDisk disk = mounted(mooring.home().clusters(), "700m")) {
            mooring.start();
            Pair pair = Pair.create(mooring);
            try (AppendHistory history = new AppendHistory(pair.node())) {
                history.warm();
                Path filler = disk.fill(0);
                pair.await("the primary has no room for its WAL")
                        .until(() -> Files.readString(log(pair)).contains("No space left on device"));
                pair.await("Mooring answers all the while")
                        .during(Duration.ofSeconds(5))
                        .until(() -> mooring.get(pair.id()).statusCode() == 200);
                Files.delete(filler);
                history.warm();
                pair.awaitFollowing();
                pair.killPrimary();
                history.warm().check();
            }
            pair.delete();
            mooring.interrupt();
        }
    }

    private static Path log(Pair pair) throws Exception {
        try (var files = Files.walk(pair.folder().resolve("log"))) {
            return files.filter(Files::isRegularFile).findFirst().orElseThrow();
        }
    }
}
