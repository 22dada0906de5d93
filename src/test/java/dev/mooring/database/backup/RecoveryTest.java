package dev.mooring.database.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.dataplane.local.archive.StoredWal;
import dev.mooring.home.MooringHome;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Backups, and new clusters with what others held at some moment. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class RecoveryTest {

    @ParameterizedTest
    @ValueSource(strings = {"13", "14", "15", "16", "17", "18"})
    void aBadDeleteIsUndoneInANewCluster(String major) throws Exception {
        TestCluster source = Recoveries.backedUp(major);
        Instant before;
        try (Connection connection = source.connect()) {
            Api.execute(connection, "create table t as select generate_series(1, 1000) as id");
            before = Recoveries.momentBetweenCommits(connection);
            Api.execute(connection, "delete from t where id > 10");
        }
        TestCluster restored = Recoveries.restore(source, before.toString());
        assertThat(restored.query("select count(*) from t")).isEqualTo("1000");
        assertThat(source.query("select count(*) from t")).isEqualTo("10");
        assertThat(restored.query("select system_identifier from pg_control_system()"))
                .isNotEqualTo(source.query("select system_identifier from pg_control_system()"));
        assertThat(restored.port()).isNotEqualTo(source.port());
        source.delete();
        restored.delete();
    }

    /** What cannot be taken back, the removal of its files, comes before the commit of a DROP DATABASE. */
    @ParameterizedTest
    @ValueSource(strings = {"13", "15", "18"})
    void aDatabaseThatWasDroppedIsThereAgain(String major) throws Exception {
        TestCluster source = Recoveries.backedUp(major);
        Instant before;
        try (Connection connection = source.connect()) {
            Api.execute(connection, "create database shop");
            try (Connection shop = source.connect("doadmin", source.password(), "shop")) {
                Api.execute(shop, "create table t as select generate_series(1, 1000) as id");
                before = Recoveries.momentBetweenCommits(shop);
            }
            Api.execute(connection, "drop database shop");
        }
        TestCluster restored = Recoveries.restore(source, before.toString());
        try (Connection shop = restored.connect("doadmin", restored.password(), "shop")) {
            assertThat(Api.query(shop, "select count(*) from t")).isEqualTo("1000");
        }
        source.delete();
        restored.delete();
    }

    @Test
    @Tag("once")
    void aRecoveredClusterHasAnArchiveOfItsOwn() throws Exception {
        TestCluster source = Recoveries.backedUp("16");
        TestCluster restored = Recoveries.restore(source, null);
        Recoveries.awaitBackup(restored);
        try (Connection connection = restored.connect()) {
            Api.execute(connection, "create table t as select generate_series(1, 1000) as id");
        }
        TestCluster again = Recoveries.restore(restored, null);
        assertThat(again.query("select count(*) from t")).isEqualTo("1000");
        source.delete();
        restored.delete();
        again.delete();
    }

    @Test
    void aForkHasUsersPasswordsDatabasesAndSettingsOfItsSource() throws Exception {
        TestCluster source = Recoveries.backedUp("16");
        Response user = Api.post(source.path("/users"), "{\"name\": \"worker\"}");
        assertThat(user.statusCode()).isEqualTo(201);
        assertThat(Api.post(source.path("/dbs"), "{\"name\": \"orders\"}").statusCode())
                .isEqualTo(201);
        assertThat(Api.patch(source.path("/config"), "{\"config\": {\"work_mem\": 7, \"backup_hour\": 3}}")
                        .statusCode())
                .isEqualTo(200);
        String sources = "{\"rules\": [{\"type\": \"ip_addr\", \"value\": \"127.0.0.0/8\"}]}";
        assertThat(Api.put(source.path("/firewall"), sources).statusCode()).isEqualTo(204);
        TestCluster fork = Recoveries.restore(source, null);
        assertThat(fork.password()).isEqualTo(source.password());
        String password = user.jsonPath().getString("user.password");
        try (Connection connection = fork.connect("worker", password, "orders")) {
            assertThat(Api.query(connection, "show work_mem")).isEqualTo("7MB");
        }
        JsonPath view = Api.get(fork.path("")).jsonPath();
        assertThat(view.getList("database.db_names")).isEqualTo(List.of("defaultdb", "orders"));
        assertThat(view.getList("database.users.name")).isEqualTo(List.of("doadmin", "worker"));
        assertThat(view.getList("database.rules.value")).isEqualTo(List.of("127.0.0.0/8"));
        assertThat(Api.get(fork.path("/config")).jsonPath().getInt("config.backup_hour"))
                .isEqualTo(3);
        source.delete();
        fork.delete();
    }

    @Test
    @Tag("once")
    void anIdleClusterCanBeRecoveredToNow() throws Exception {
        TestCluster source = Recoveries.backedUp("17");
        String latest = Recoveries.window(source).getString("latest");
        TestCluster restored = Recoveries.restore(source, latest);
        assertThat(restored.query("select 1")).isEqualTo("1");
        source.delete();
        restored.delete();
    }

    @Test
    @Tag("once")
    void settingsThatOnlyTheSourceNeededDoNotKeepItFromBeingRecovered() throws Exception {
        TestCluster source = Recoveries.backedUp("16");
        assertThat(Api.patch(
                                source.path("/config"),
                                "{\"config\": {\"max_connections\": 90, \"max_prepared_transactions\": 20,"
                                        + " \"max_locks_per_transaction\": 128}}")
                        .statusCode())
                .isEqualTo(200);
        try (Connection connection = source.connect()) {
            Api.execute(connection, "create table t (id int)");
            Api.execute(connection, "begin; insert into t values (1); prepare transaction 'open'");
        }
        TestCluster restored = Recoveries.restore(source, null);
        try (Connection connection = restored.connect()) {
            Api.execute(connection, "commit prepared 'open'");
            assertThat(Api.query(connection, "select count(*) from t")).isEqualTo("1");
        }
        source.delete();
        restored.delete();
    }

    @Test
    @Tag("once")
    void everyRowCommittedBeforeTheMomentIsThereAndNoneAfterIt() throws Exception {
        TestCluster source = Recoveries.backedUp("16");
        CommitLog commits = CommitLog.write(source, Integer.getInteger("mooring.test.instants", 4));
        for (Instant moment : commits.moments()) {
            TestCluster restored = Recoveries.restore(source, moment.toString());
            commits.check(restored, moment);
            restored.delete();
        }
        source.delete();
    }

    @Test
    void momentsOutsideOfTheWindowAreRefusedWithTheWindow() throws Exception {
        TestCluster source = Recoveries.backedUp("16");
        String window = "can be recovered to any moment from "
                + Recoveries.window(source).getString("earliest") + " to ";
        for (String moment : List.of("2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z")) {
            Response refused = Api.post("/v2/databases", Recoveries.body(Api.uniqueName(), source.name(), moment));
            assertThat(refused.statusCode()).isEqualTo(422);
            assertThat(refused.jsonPath().getString("message"))
                    .contains("backup_restore.backup_created_at", moment, window);
        }
        refused(Recoveries.body(Api.uniqueName(), source.name(), "yesterday"), "RFC 3339");
        refused(Recoveries.body(Api.uniqueName(), "not-there", null), "no cluster named not-there");
        refused(
                Recoveries.body(Api.uniqueName(), source.name(), null).replace("\"pg\"", "\"pg\", \"version\": \"17\""),
                "version: must be 16");
        refused(Recoveries.body(Api.uniqueName(), "", null), "backup_restore.database_name: is required");
        source.delete();
    }

    private static void refused(String body, String words) {
        Response refused = Api.post("/v2/databases", body);
        assertThat(refused.statusCode()).as(refused.asString()).isEqualTo(422);
        assertThat(refused.jsonPath().getString("message")).contains(words);
    }

    @Test
    void backupsAreListedMadeOnDemandAndAmongTheEvents() throws Exception {
        TestCluster cluster = Recoveries.backedUp("16");
        String operation = Recoveries.queued(cluster, "backups");
        JsonPath receipt = Recoveries.receipt(operation);
        assertThat(receipt.getLong("operation.receipt.bytes")).isGreaterThan(20_000_000);
        assertThat(receipt.getLong("operation.receipt.stored_bytes")).isBetween(100_000L, 20_000_000L);
        assertThat(receipt.getList("operation.steps.name")).isEqualTo(List.of("COPY", "VERIFY", "PRUNE"));
        JsonPath backups = Api.get(cluster.path("/backups")).jsonPath();
        assertThat(backups.getList("backups")).hasSize(2);
        assertThat(backups.getDouble("backups[0].size_gigabytes")).isBetween(0.02, 0.2);
        assertThat(backups.getInt("scheduled_backup_time.backup_interval_hours"))
                .isEqualTo(24);
        String newest = backups.getString("backups[0].created_at");
        assertThat(cluster.events()).contains("cluster_backup");
        TestCluster restored = Recoveries.restore(cluster, newest);
        assertThat(restored.events()).contains("cluster_restore");
        cluster.delete();
        restored.delete();
    }

    @Test
    void aDrillProvesThatTheClusterCouldBeBroughtBack() throws Exception {
        TestCluster cluster = Recoveries.backedUp("15");
        try (Connection connection = cluster.connect()) {
            Api.execute(connection, "create table t as select generate_series(1, 12345) as id");
        }
        JsonPath receipt = Recoveries.receipt(Recoveries.queued(cluster, "drills"));
        assertThat(receipt.getLong("operation.receipt.rows_read")).isGreaterThan(12345);
        assertThat(receipt.getString("operation.receipt.proved_at")).isNotEmpty();
        assertThat(receipt.getString("operation.receipt.backup_check"))
                .as("by whatever this machine has")
                .matches("pg_verifybackup 1[5-9]\\.\\S+ found every file as it should be|no pg_verifybackup of .+");
        try (var left = Files.list(MooringHome.configured().drills())) {
            assertThat(left).isEmpty();
        }
        assertThat(cluster.events()).contains("cluster_recovery_drill");
        JsonPath one = Recoveries.window(cluster);
        JsonPath all = Api.get("/mooring/v1/databases/recovery-windows").jsonPath();
        String its = "recovery_windows.find { it.id == '" + cluster.id() + "' }.recovery_window.";
        for (String known : List.of("earliest", "last_drill_at", "last_drill_passed")) {
            assertThat(all.<Object>get(its + known)).as(known).isNotNull().isEqualTo(one.get(known));
        }
        cluster.delete();
        assertThat(Api.get("/mooring/v1/databases/recovery-windows").asString()).doesNotContain(cluster.id());
    }

    @Test
    @Tag("once")
    void aDeletedClusterComesBackWithItsLastCommit() throws Exception {
        TestCluster cluster = Recoveries.backedUp("16");
        try (Connection connection = cluster.connect()) {
            Api.execute(connection, "create table t (id int)");
            Api.execute(connection, "insert into t values (42)");
        }
        cluster.delete();
        assertThat(Recoveries.window(cluster).getString("latest")).isNotEmpty();
        Recoveries.awaitGone(cluster);
        TestCluster back = Recoveries.restore(cluster, null);
        assertThat(back.query("select id from t")).isEqualTo("42");
        back.delete();
    }

    @Test
    @Tag("once")
    void damagedWalIsFoundAndTheErrorSaysWhichPartIsLost() throws Exception {
        TestCluster cluster = Recoveries.backedUp("16");
        Instant before;
        try (Connection connection = cluster.connect()) {
            Api.execute(connection, "create table t (id int, filler text)");
            before = Recoveries.momentBetweenCommits(connection);
            for (int i = 0; i < 4; i++) {
                Api.execute(
                        connection,
                        "insert into t select i, md5(i::text) || md5((i + 1)::text) from generate_series(1, 100000) i");
            }
        }
        Path segment = Recoveries.thirdSegment(cluster);
        byte[] bytes = Files.readAllBytes(segment);
        // Whole as it is stored, and nothing that a server could have written: PostgreSQL takes that for the end.
        StoredWal.rewrite(segment);
        assertThat(Recoveries.failure(cluster))
                .contains("cannot be read by PostgreSQL at", "is lost", "the source is as it was");
        bytes[bytes.length / 2] ^= 0x55;
        Files.write(segment, bytes);
        assertThat(Recoveries.failure(cluster))
                .contains("archive's " + segment.getFileName() + " is damaged", "is lost", "the source is as it was");
        Files.delete(segment);
        assertThat(Recoveries.failure(cluster)).contains("the archive is not complete: WAL from", "is missing");
        // What came before can still be had.
        TestCluster restored = Recoveries.restore(cluster, before.toString());
        assertThat(restored.query("select count(*) from t")).isEqualTo("0");
        cluster.delete();
        restored.delete();
    }

    @Test
    @Tag("once")
    void theRetentionIsTheOwnersAndOldBackupsGo() throws Exception {
        TestCluster cluster = Recoveries.backedUp("16");
        String policy = "/mooring/v1/databases/" + cluster.id() + "/backup-policy";
        assertThat(Api.get(policy).jsonPath().getInt("backup_policy.retention_hours"))
                .isEqualTo(168);
        assertThat(Api.put(policy, "{\"retention_hours\": 0}").statusCode()).isEqualTo(422);
        assertThat(Api.put(policy, "{\"retention_hours\": 2, \"drill_hours\": 24}")
                        .statusCode())
                .isEqualTo(200);
        JsonPath changed = Api.get(policy).jsonPath();
        assertThat(changed.getInt("backup_policy.retention_hours")).isEqualTo(2);
        assertThat(changed.getInt("backup_policy.drill_hours")).isEqualTo(24);
        Recoveries.awaitEvent(cluster, "cluster_recovery_drill");
        cluster.delete();
    }
}
