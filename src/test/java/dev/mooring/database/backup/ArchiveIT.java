package dev.mooring.database.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.MooringProcess;
import dev.mooring.support.S3Server;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What is archived when things go wrong. */
class ArchiveIT {

    /** What was answered longer ago has left the machine. */
    private static final Duration AT_RISK = Duration.ofMillis(100);

    /** Of all but those that need another store. */
    private static MooringProcess shared;

    private static MooringProcess running() throws Exception {
        if (shared == null) {
            shared = new MooringProcess("28100-28199").start();
        }
        return shared;
    }

    /** The archive is one for all clusters, and what is asked of it is asked of this test's. */
    @AfterEach
    void delete() throws Exception {
        if (shared == null) {
            return;
        }
        try {
            for (String id : shared.api().get("/v2/databases").jsonPath().getList("databases.id", String.class)) {
                assertThat(shared.api().delete("/v2/databases/" + id).statusCode())
                        .isEqualTo(204);
            }
            await(shared, "nothing left").until(() -> shared.clusterFolders().isEmpty() && shared.postmasters() == 0);
        } catch (Exception | AssertionError e) {
            // The next test has nothing to do with it.
            stop();
            shared = null;
            throw e;
        }
    }

    @AfterAll
    static void stop() throws Exception {
        if (shared != null) {
            shared.close();
        }
    }

    private static ConditionFactory await(MooringProcess mooring, String what) {
        return Awaitility.await(what + "; log: " + mooring.log())
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(50));
    }

    private static String backedUp(MooringProcess mooring, String name) throws Exception {
        String id = mooring.create(name).jsonPath().getString("database.id");
        mooring.awaitOnline(id);
        await(mooring, "first backup")
                .until(() -> mooring.api()
                                .get("/mooring/v1/databases/" + id + "/recovery-window")
                                .statusCode()
                        == 200);
        return id;
    }

    private static String restore(MooringProcess mooring, String name) throws Exception {
        var created = mooring.api()
                .body(Api.clusterBody(Api.uniqueName(), "16")
                        .replace("}", ", \"backup_restore\": {\"database_name\": \"" + name + "\"}}"))
                .post("/v2/databases");
        assertThat(created.statusCode()).as(created.asString()).isEqualTo(201);
        String id = created.jsonPath().getString("database.id");
        mooring.awaitOnline(id);
        return id;
    }

    private static int rows(MooringProcess mooring, String id) throws Exception {
        try (Connection connection = mooring.connect(id)) {
            return Integer.parseInt(Api.query(connection, "select count(*) from t"));
        }
    }

    @Test
    @Tag("once")
    void whileTheArchiveCannotBeWrittenTheDatabaseGoesOnAndNothingIsLost() throws Exception {
        MooringProcess mooring = running();
        String id = backedUp(mooring, "unwritable");
        Path archive = mooring.home().archive();
        Path aside = archive.resolveSibling("archive.aside");
        Files.move(archive, aside);
        Files.writeString(archive, "in the way");
        try (Connection connection = mooring.connect(id)) {
            Api.execute(connection, "create table t (id int)");
            Api.execute(connection, "insert into t select generate_series(1, 300000)");
        }
        await(mooring, "alert").until(() -> well(mooring).contains(id));
        assertThat(mooring.api().get("/q/metrics").asString()).contains("mooring_archive_failing 1.0");
        String now = Instant.now().toString();
        await(mooring, "refusal of what is not archived").until(() -> {
            var refused = mooring.api()
                    .body(Api.clusterBody(Api.uniqueName(), "16")
                            .replace(
                                    "}",
                                    ", \"backup_restore\": {\"database_name\": \"unwritable\","
                                            + " \"backup_created_at\": \"" + now + "\"}}"))
                    .post("/v2/databases");
            return refused.statusCode() == 422;
        });
        Files.delete(archive);
        Files.move(aside, archive);
        await(mooring, "end of the alert").until(() -> !well(mooring).contains(id));
        assertThat(rows(mooring, restore(mooring, "unwritable"))).isEqualTo(300000);
        assertThat(Files.readString(mooring.log()))
                .as("an alert ends once, when WAL is stored again")
                .containsOnlyOnce("cluster " + id + " is archived again");
    }

    private static String well(MooringProcess mooring) {
        return mooring.anyone().get("/q/health/well").asString();
    }

    @Test
    @Tag("once")
    void whatWasCommittedWhileMooringWasAwayIsArchivedAfterwards() throws Exception {
        MooringProcess mooring = running();
        String id = backedUp(mooring, "alone");
        try (Connection connection = mooring.connect(id)) {
            Api.execute(connection, "create table t (id int)");
        }
        mooring.kill();
        try (Connection connection = mooring.connect(id)) {
            Api.execute(connection, "insert into t select generate_series(1, 300000)");
        }
        mooring.start();
        assertThat(rows(mooring, restore(mooring, "alone"))).isEqualTo(300000);
    }

    /** WAL that the server has removed is missing for good: a new backup is made, and nothing is recovered across the gap. */
    @Test
    @Tag("once")
    void nothingIsRecoveredAcrossAGap() throws Exception {
        MooringProcess mooring = running();
        String id = backedUp(mooring, "gap");
        try (Connection connection = mooring.connect(id)) {
            Api.execute(connection, "create table t (id int)");
        }
        mooring.kill();
        try (Connection superuser = mooring.superuser(id)) {
            await(mooring, "slot let go")
                    .until(() -> Api.query(superuser, "select active from pg_replication_slots")
                            .equals("f"));
            Api.execute(superuser, "select pg_drop_replication_slot('mooring_archive')");
            for (int segment = 0; segment < 3; segment++) {
                Api.execute(superuser, "insert into public.t select generate_series(1, 100000)");
                Api.execute(superuser, "select pg_switch_wal()");
                Api.execute(superuser, "checkpoint");
            }
        }
        Instant missing = Instant.now();
        mooring.start();
        await(mooring, "new window").until(() -> {
            String earliest = mooring.api()
                    .get("/mooring/v1/databases/" + id + "/recovery-window")
                    .jsonPath()
                    .getString("earliest");
            return earliest != null && Instant.parse(earliest).isAfter(missing);
        });
        assertThat(Files.readString(mooring.log()))
                .containsPattern("cluster " + id + ": WAL from .* was removed before it could be archived");
        var refused = mooring.api()
                .body(Api.clusterBody(Api.uniqueName(), "16")
                        .replace(
                                "}",
                                ", \"backup_restore\": {\"database_name\": \"gap\", \"backup_created_at\": \"" + missing
                                        + "\"}}"))
                .post("/v2/databases");
        assertThat(refused.statusCode()).as(refused.asString()).isEqualTo(422);
        assertThat(rows(mooring, restore(mooring, "gap"))).isEqualTo(300000);
    }

    /** The server dies in the middle of commits and its data directory is gone: what it had answered is in the archive. */
    @Test
    @Tag("once")
    void theArchiveAloneBringsBackWhatWasCommitted() throws Exception {
        MooringProcess mooring = running();
        String id = backedUp(mooring, "lost");
        Path data = mooring.home().cluster(UUID.fromString(id)).resolve("data");
        AtomicInteger committed = new AtomicInteger();
        Thread writer;
        try (Connection connection = mooring.connect(id)) {
            Api.execute(connection, "create table t (id int)");
        }
        Connection connection = mooring.connect(id);
        writer = Thread.ofVirtual().start(() -> {
            try (PreparedStatement insert = connection.prepareStatement("insert into t values (?)")) {
                for (int i = 1; ; i++) {
                    insert.setInt(1, i);
                    insert.execute();
                    committed.set(i);
                }
            } catch (SQLException e) {
                // Its server is killed.
            }
        });
        await(mooring, "commits").until(() -> committed.get() > 2000);
        int answered = committed.get();
        Thread.sleep(AT_RISK);
        mooring.killServer(id);
        writer.join();
        Files.move(data, data.resolveSibling("lost"));
        assertThat(rows(mooring, restore(mooring, "lost"))).isGreaterThanOrEqualTo(answered);
    }

    @Test
    void theSameWithABucket() throws Exception {
        try (S3Server storage = new S3Server();
                MooringProcess mooring = new MooringProcess("28250-28299", storage.settings()).start()) {
            String id = backedUp(mooring, "source");
            try (Connection connection = mooring.connect(id)) {
                Api.execute(connection, "create table t (id int)");
                Api.execute(connection, "insert into t select generate_series(1, 300000)");
            }
            assertThat(rows(mooring, restore(mooring, "source"))).isEqualTo(300000);
            assertThat(mooring.home().archive()).isEmptyDirectory();
            storage.stop();
            try (Connection connection = mooring.connect(id)) {
                Api.execute(connection, "insert into t values (0)");
            }
            await(mooring, "alert").until(() -> well(mooring).contains(id));
            storage.start();
            await(mooring, "end of the alert").until(() -> !well(mooring).contains(id));
            assertThat(rows(mooring, restore(mooring, "source"))).isEqualTo(300001);
            mooring.kill();
            mooring.start();
            assertThat(mooring.api().delete("/v2/databases/" + id).statusCode()).isEqualTo(204);
            await(mooring, "source gone")
                    .until(() -> Files.notExists(mooring.home().cluster(UUID.fromString(id))));
            assertThat(rows(mooring, restore(mooring, "source"))).isEqualTo(300001);
        }
    }
}
