package dev.mooring.database.upgrade;

import static dev.mooring.database.upgrade.Upgrading.awaitSomebodyIsWaitedFor;
import static dev.mooring.database.upgrade.Upgrading.begin;
import static dev.mooring.database.upgrade.Upgrading.failed;
import static dev.mooring.database.upgrade.Upgrading.reachable;
import static dev.mooring.database.upgrade.Upgrading.run;
import static dev.mooring.database.upgrade.Upgrading.server;
import static dev.mooring.database.upgrade.Upgrading.undo;
import static dev.mooring.database.upgrade.Upgrading.upgrade;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.database.backup.Recoveries;
import dev.mooring.process.pgbouncer.PgBouncer;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.PoolClient;
import dev.mooring.support.TestGround;
import dev.mooring.support.Writer;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Clusters that get a newer major version, and go back. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
public class UpgradeTest {

    @Test
    void onlineBringsEverythingWhileItIsWrittenToAndFollowsBack() throws Exception {
        Assumptions.assumeTrue(reachable().contains("18"), "no pg_upgrade to 18 on this machine");
        TestCluster cluster = Recoveries.backedUp("16");
        assertThat(Api.post(cluster.path("/dbs"), "{\"name\":\"Second-1\"}").statusCode())
                .isEqualTo(201);
        Everything.makeDatabasesBeside(cluster);
        Everything.fill(cluster, Everything.NASTY, Everything.NASTIER, Everything.CARRIED);
        Everything.setWhatDisturbs(cluster);
        try (Connection second = cluster.connect("doadmin", cluster.password(), "Second-1")) {
            Api.execute(second, "create table things (id int primary key)");
            Api.execute(second, "create sequence counter");
            Api.execute(second, "select setval('counter', 42, false)");
        }
        String before = cluster.query(Everything.SUMMARY);
        List<String> everything = Everything.of(cluster, "18");
        Instant old;
        try (Connection connection = cluster.connect()) {
            old = Recoveries.momentBetweenCommits(connection);
        }
        try (Writer writer = new Writer(cluster::connect).warm()) {
            JsonPath operation = upgrade(cluster, "{\"version\": \"18\"}");
            assertThat(operation.getString("receipt.method")).isEqualTo("online");
            assertThat(operation.getDouble("receipt.write_pause_ms")).isPositive();
            writer.warm().check();
        }
        run(cluster, "drop table written");
        assertThat(server(cluster)).isEqualTo("18");
        assertThat(Api.get(cluster.path("")).jsonPath().getString("database.version"))
                .isEqualTo("18");
        assertThat(Everything.of(cluster, "18")).containsExactlyElementsOf(everything);
        assertThat(cluster.query(Everything.SUMMARY)).isEqualTo(Everything.next(before));
        assertThat(cluster.query("select count(*) from pg_subscription")).isEqualTo("0");
        TestCluster restored = Recoveries.restore(cluster, old.toString());
        assertThat(server(restored))
                .as("what a moment before the upgrade runs on")
                .isEqualTo("16");
        restored.delete();
        assertThat(Api.post(undo(cluster), "").statusCode()).isEqualTo(202);
        assertThat(failed(cluster)).as("a table was dropped").contains("defaultdb", "discard=true");
        cluster.delete();
    }

    @Test
    void anUndoAfterAnOnlineUpgradeBringsBackWhatWasWritten() throws Exception {
        Assumptions.assumeTrue(reachable().contains("18"), "no pg_upgrade to 18 on this machine");
        TestCluster cluster = Recoveries.backedUp("16");
        run(cluster, "create table things (id serial primary key, word text)");
        run(cluster, "create table loose (word text)");
        run(cluster, "insert into things (word) values ('one'), ('two')");
        for (String command : COMPUTED) {
            run(cluster, command);
        }
        run(cluster, "create table loses_its_key (id int primary key); insert into loses_its_key values (1), (2)");
        run(cluster, "create role teller login password 'Old-1'");
        PoolClient pooled = pooled(cluster);
        JsonPath upgraded;
        try (Connection migration = cluster.connect()) {
            migration.setAutoCommit(false);
            for (String command : MIGRATION) {
                Api.execute(migration, command);
            }
            begin(cluster, "{\"version\": \"18\", \"method\": \"online\"}");
            awaitSomebodyIsWaitedFor(cluster);
            migration.commit();
            upgraded = Upgraded.ended(cluster);
        }
        assertThat(upgraded.getString("receipt.method")).as(upgraded.prettify()).isEqualTo("online");
        assertThat(cluster.query(MIGRATED)).isEqualTo("t|made|3|t|words");
        unnoticed(pooled, upgraded);
        TestCluster fork = Recoveries.restore(cluster, null);
        assertThat(fork.query(
                        "select (select count(*) from pg_publication) + (select count(*) from pg_stat_subscription)"))
                .as("what is between the cluster and its old version stays there")
                .isEqualTo("0");
        fork.delete();
        run(cluster, "insert into things (word) values ('three')");
        run(cluster, "update things set word = 'ONE' where id = 1");
        run(cluster, "delete from things where id = 2");
        run(cluster, "insert into loose values ('a')");
        assertThat(Api.post(undo(cluster), "").statusCode()).isEqualTo(202);
        unnoticed(pooled, Upgraded.ended(cluster));
        if (pooled != null) {
            pooled.close();
        }
        assertThat(server(cluster)).isEqualTo("16");
        assertThat(cluster.query("select string_agg(id || word, ',' order by id) from things"))
                .isEqualTo("1ONE,3three");
        TestCluster back = Recoveries.restore(cluster, null);
        assertThat(back.query("select current_setting('server_version_num')::int / 10000 || max(word) from things"))
                .as("what came after the undo is recovered too")
                .isEqualTo("16three");
        back.delete();
        assertThat(cluster.query("select nextval('things_id_seq')")).isEqualTo("4");
        assertThat(cluster.query("select word from loose")).isEqualTo("a");
        assertThat(cluster.query("select (select count(*) from pg_publication) + (select count(*) from"
                        + " pg_replication_slots where slot_name ~ 'mooring_(upgrade|undo)')"))
                .isEqualTo("0");

        for (String database : List.of("gone", "shut")) {
            assertThat(Api.post(cluster.path("/dbs"), "{\"name\":\"" + database + "\"}")
                            .statusCode())
                    .isEqualTo(201);
        }
        upgrade(cluster, "{\"version\": \"18\", \"method\": \"online\"}");
        dropsAndCloses(cluster);
        losesAKey(cluster);
        run(cluster, "update loose set word = 'b'");
        run(cluster, "update by_computed set a = 3 where a = 2; delete from by_computed where a = 1");
        run(cluster, "update full_computed set a = 3 where a = 2; delete from full_computed where a = 1");
        run(cluster, "create table since (id int)");
        run(
                cluster,
                "insert into since values (1), (2); update since set id = 3 where id = 1; delete from since where id = 2");
        run(cluster, "alter role teller password 'New-1'");
        run(cluster, "insert into things (word) values ('five')");
        assertThat(Api.post(undo(cluster), "").statusCode()).isEqualTo(202);
        assertThat(failed(cluster))
                .contains(
                        "public.since",
                        "public.loose in defaultdb",
                        "public.by_computed in defaultdb",
                        "public.full_computed in defaultdb",
                        "public.loses_its_key",
                        "passwords",
                        "the database gone was dropped",
                        "the database shut was dropped, or nobody may connect to it",
                        "discard=true");
        assertThat(server(cluster)).isEqualTo("18");
        assertThat(Api.post(undo(cluster) + "?discard=true", "").statusCode()).isEqualTo(202);
        Upgraded.ended(cluster);
        assertThat(server(cluster)).isEqualTo("16");
        assertThat(cluster.query("select max(word) from things where id > 4")).isEqualTo("five");
        assertThat(cluster.query("select string_agg(k::text, ',' order by k) from full_computed"))
                .isEqualTo("2,4");
        cluster.delete();
    }

    /** What a server does not publish; from 18 on it refuses to change rows that are told apart by it. */
    private static final String[] COMPUTED = {
        "create table by_computed (a int, k int generated always as (a * 2) stored primary key)",
        "create table full_computed (a int, k int generated always as (a * 2) stored)",
        "alter table full_computed replica identity full",
        "insert into by_computed values (1), (2)",
        "insert into full_computed values (1), (2)"
    };

    /** SQL cannot while the old version follows, the API can, and it says what that costs. */
    private static void dropsAndCloses(TestCluster cluster) throws SQLException {
        for (String command : List.of(
                "drop database gone", "alter database gone rename to went", "create database copied template gone")) {
            assertThatThrownBy(() -> run(cluster, command)).as(command).isInstanceOf(SQLException.class);
        }
        assertThat(Api.delete(cluster.path("/dbs/gone")).statusCode()).isEqualTo(204);
        assertThat(Api.get("/mooring/v1/databases/" + cluster.id() + "/events")
                        .jsonPath()
                        .getString("events.find { it.event_type == 'cluster_version_upgrade_undo_loses_database' }"
                                + ".details"))
                .contains("the database gone was deleted");
        run(cluster, "alter database shut allow_connections false");
    }

    /** Its rows can be changed as if no old version followed. */
    private static void losesAKey(TestCluster cluster) throws SQLException {
        run(cluster, "alter table loses_its_key drop constraint loses_its_key_pkey");
        Awaitility.await("rows without a key can be changed")
                .atMost(Duration.ofSeconds(10))
                .ignoreExceptions()
                .untilAsserted(() -> run(cluster, "update loses_its_key set id = 3 where id = 2"));
        run(cluster, "delete from loses_its_key where id = 1; insert into loses_its_key values (4)");
    }

    /** Clients of a connection pool; null where there is nothing to make one with. */
    private static PoolClient pooled(TestCluster cluster) throws SQLException {
        if (PgBouncer.find().isEmpty()) {
            System.err.println("\n*** SKIPPED: upgrades behind a pool: " + PgBouncer.missing() + " ***\n");
            return null;
        }
        return new PoolClient(PoolClient.create(cluster, "busy", "transaction", 4, "doadmin"), 4).warm();
    }

    private static void unnoticed(PoolClient pooled, JsonPath operation) {
        if (pooled != null) {
            assertThat(operation.getDouble("receipt.pool_pause_ms")).isPositive();
            assertThat(pooled.warm().failures()).isEmpty();
        }
    }

    /** Of a transaction that was open before the upgrade and is committed while it runs; 3 is what it makes of 1. */
    private static final String[] MIGRATION = {
        "create index made on things (word)",
        "create view views as select * from things",
        "create function thrice(int) returns int language sql as 'select $1 * 3'",
        "grant select on things to teller",
        "comment on table things is 'words'"
    };

    private static final String MIGRATED =
            "select concat_ws('|', to_regclass('views') is not null, to_regclass('made'), thrice(1),"
                    + " has_table_privilege('teller', 'things', 'select'), obj_description('things'::regclass))";

    @Test
    @Tag("once")
    void briefBringsEverythingByConstructionFromVersionToVersion() throws Exception {
        TestCluster cluster = Recoveries.backedUp("13");
        Everything.makeDatabasesBeside(cluster);
        Everything.fill(cluster, Everything.NASTY, Everything.NASTIER, MEMBERS);
        Everything.setWhatDisturbs(cluster);
        List<String> reachable = reachable();
        assertThat(reachable).as("the machine's own").contains("15");
        // UpgradePairsIT walks through every pair.
        for (String version : List.of("15", "18")) {
            if (reachable.contains(version)) {
                JsonPath operation = bringsEverything(cluster, version);
                if (version.equals("18")) {
                    assertThat(operation.getList("receipt.follow_up", String.class))
                            .anySatisfy(note -> assertThat(note).contains("the role above", "a member of doadmin"))
                            .noneSatisfy(note -> assertThat(note).contains("the role inside"));
                }
            }
        }
        // The administrator can change, take away and drop what it made.
        run(cluster, "alter role teller connection limit 8; grant crowd to reader");
        run(cluster, "alter role inside connection limit 8; revoke crowd from teller; revoke inside from outside");
        assertThat(cluster.query("select count(*) from pg_auth_members where member::regrole::text = 'teller'"
                        + " or roleid::regrole::text = 'inside' and member::regrole::text = 'outside'"))
                .isEqualTo("0");
        run(cluster, "drop role teller, inside");
        cluster.delete();
    }

    /** Of which the administrator is one through others, or not one because they are its own. */
    private static final String[] MEMBERS = {
        "create role inside",
        "create role outside",
        "grant inside to outside",
        "grant outside to doadmin",
        "create role above",
        "grant doadmin to above"
    };

    private static JsonPath bringsEverything(TestCluster cluster, String version) throws Exception {
        String summary = cluster.query(Everything.SUMMARY);
        List<String> before = Everything.of(cluster, version);
        JsonPath operation;
        try (Writer writer = new Writer(cluster::connect).warm()) {
            operation = upgrade(cluster, "{\"version\": \"" + version + "\", \"method\": \"brief\"}");
            assertThat(operation.getString("receipt.method")).isEqualTo("brief");
            assertThat(operation.getDouble("receipt.write_pause_ms")).isPositive();
            writer.warm().check();
        }
        run(cluster, "drop table written");
        assertThat(server(cluster)).isEqualTo(version);
        assertThat(Everything.of(cluster, version)).containsExactlyElementsOf(before);
        assertThat(cluster.query(Everything.SUMMARY)).isEqualTo(Everything.next(summary));
        try (Connection teller = cluster.connect("teller", "Teller-1", "defaultdb")) {
            assertThat(Api.query(teller, "show work_mem")).isEqualTo("5MB");
        }
        assertThat(cluster.query("select count(*) from pg_catalog.pg_stats where tablename = 'people'"))
                .isNotEqualTo("0");
        return operation;
    }

    @Test
    void whatCannotBeIsRefusedAndAnUpdateThatIsThereIsNone() throws Exception {
        TestCluster cluster = Api.cluster("16");
        assertThat(Api.put(cluster.path("/upgrade"), "{\"version\": \"15\"}").asString())
                .contains("version: must be higher than 16");
        assertThat(Api.put(cluster.path("/upgrade"), "{\"version\": \"99\"}").asString())
                .contains("version: must be one of");
        assertThat(Api.put(cluster.path("/upgrade"), "{\"version\": \"17\", \"method\": \"magic\"}")
                        .asString())
                .contains("method: must be brief or online");
        assertThat(Api.put(cluster.path("/install_update"), "").statusCode()).isEqualTo(204);
        cluster.awaitOnline();
        cluster.delete();
    }
}
