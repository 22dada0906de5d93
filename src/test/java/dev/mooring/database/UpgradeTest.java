package dev.mooring.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Clusters that get a newer major version, and go back. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class UpgradeTest {

    /** What replication leaves out, and what dumps find hard. */
    private static final String[] NASTY = {
        "create extension hstore",
        "create extension pgcrypto",
        "create type mood as enum ('sad', 'ok')",
        "create domain positive as int check (value > 0)",
        "create table people (id int generated always as identity primary key, name text not null, mood mood,"
                + " age positive, twice int generated always as (age * 2) stored, tags hstore)",
        "create table \"Größe \"\"x\"\"\" (\"Ä\" serial primary key)",
        "create table log (at timestamptz not null, what text) partition by range (at)",
        "create table log_2026 partition of log for values from ('2026-01-01') to ('2027-01-01')",
        "create table nokey (a int, b text)",
        "create unlogged table scratch as select generate_series(1, 100) as n",
        "create view adults as select * from people where age > 17",
        "create materialized view heads as select count(*) as n from people",
        "create function shout() returns trigger language plpgsql as $$ begin new.name := upper(new.name); return new; end $$",
        "create trigger shouting before insert on people for each row execute function shout()",
        "alter table people enable row level security",
        "create policy everybody on people using (true)",
        "comment on table people is 'who is here'",
        "create role reader",
        "grant select on people to reader",
        "alter default privileges grant select on tables to reader",
        "insert into people (name, mood, age, tags) select 'p' || i, 'ok', i, 'a=>1' from generate_series(1, 500) i",
        "insert into \"Größe \"\"x\"\"\" default values",
        "insert into log values ('2026-11-25', 'yes')",
        "insert into nokey select i, md5(i::text) from generate_series(1, 500) i",
        "refresh materialized view heads",
        // Large enough for several writers, with and without a type of its own.
        "create table large as select i as id, repeat(md5(i::text), 4) as filler from generate_series(1, 80000) as i",
        "create table moods as select i as id, repeat(md5(i::text), 4) as filler, 'sad'::mood as mood"
                + " from generate_series(1, 80000) as i",
        "create table pictures (name text primary key, content oid)",
        "insert into pictures values ('one', lo_from_bytea(0, decode(repeat('ab', 5000), 'hex')))"
    };

    private static final String SUMMARY =
            "select concat_ws('|', (select count(*) from people), (select max(name) from people),"
                    + " (select sum(twice) from people), (select count(*) from \"Größe \"\"x\"\"\"), (select what from log),"
                    + " (select md5(string_agg(a || b, ',' order by a)) from nokey), (select count(*) from scratch),"
                    + " (select n from heads), (select count(*) from adults), (select relrowsecurity from pg_class where relname = 'people'),"
                    + " obj_description('people'::regclass), has_table_privilege('reader', 'people', 'select'),"
                    + " (select md5(lo_get(content)) from pictures),"
                    + " (select md5(string_agg(l.id || l.filler || mood, ',' order by l.id)) from large l join moods m"
                    + " on m.id = l.id and m.filler = l.filler), (select nextval('people_id_seq')))";

    private static JsonPath upgrade(TestCluster cluster, String body) {
        var answer = Api.put(cluster.path("/upgrade"), body);
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(204);
        return ended(cluster);
    }

    /** The receipt of the last operation. */
    private static JsonPath ended(TestCluster cluster) {
        cluster.awaitOnline();
        JsonPath operation = Api.get("/mooring/v1/operations?cluster_id=" + cluster.id())
                .jsonPath()
                .setRootPath("operations[0]");
        assertThat(operation.getString("error")).isNull();
        assertThat(operation.getString("state")).isEqualTo("done");
        return operation;
    }

    private static String server(TestCluster cluster) throws SQLException {
        return cluster.query("select current_setting('server_version_num')::int / 10000");
    }

    @Test
    void everythingArrivesWhileItIsWrittenTo() throws Exception {
        TestCluster cluster = Recoveries.backedUp("13");
        assertThat(Api.post(cluster.path("/dbs"), "{\"name\":\"second\"}").statusCode())
                .isEqualTo(201);
        try (Connection connection = cluster.connect();
                Connection second = cluster.connect("doadmin", cluster.password(), "second")) {
            for (String command : NASTY) {
                Api.execute(connection, command);
            }
            Api.execute(second, "create table things (id int primary key)");
        }
        String before = cluster.query(SUMMARY);
        Instant old;
        try (Connection connection = cluster.connect()) {
            old = Recoveries.momentBetweenCommits(connection);
        }
        try (Writer writer = new Writer(cluster::connect)) {
            JsonPath operation = upgrade(cluster, "{\"version\": \"16\"}");
            assertThat(operation.getString("receipt.verdict")).isEqualTo("every table holds the same rows");
            assertThat(operation.getInt("receipt.rows_compared")).isGreaterThan(1000);
            assertThat(operation.getDouble("receipt.write_pause_ms")).isPositive();
            writer.check();
        }
        assertThat(server(cluster)).isEqualTo("16");
        assertThat(Api.get(cluster.path("")).jsonPath().getString("database.version"))
                .isEqualTo("16");
        assertThat(cluster.query(SUMMARY)).isEqualTo(next(before));
        TestCluster restored = Recoveries.restore(cluster, old.toString());
        assertThat(server(restored))
                .as("what a moment before the upgrade runs on")
                .isEqualTo("13");
        restored.delete();
        try (Connection connection = cluster.connect()) {
            Api.execute(connection, "insert into people (name, age) values ('late', 1)");
            Api.execute(connection, "update nokey set b = 'changed' where a = 1");
            Api.execute(connection, "delete from nokey where a = 2");
        }
        try (Connection second = cluster.connect("doadmin", cluster.password(), "second")) {
            Api.execute(second, "insert into things values (1)");
        }
        assertThat(Api.post("/mooring/v1/databases/" + cluster.id() + "/upgrade/undo", "")
                        .statusCode())
                .isEqualTo(202);
        ended(cluster);
        assertThat(server(cluster)).isEqualTo("13");
        assertThat(cluster.query("select count(*) from people where name = 'LATE'"))
                .isEqualTo("1");
        assertThat(cluster.query("select string_agg(b, ',') from nokey where a < 3"))
                .isEqualTo("changed");
        try (Connection second = cluster.connect("doadmin", cluster.password(), "second")) {
            assertThat(Api.query(second, "select count(*) from things")).isEqualTo("1");
        }
        assertThat(cluster.query("select count(*) from pg_namespace where nspname like 'mooring%'"))
                .isEqualTo("0");
        assertThat(cluster.query("select string_agg(relreplident::text, '') from pg_class where relname = 'nokey'"))
                .isEqualTo("d");
        cluster.delete();
    }

    /** The summary takes a number of a sequence. */
    private static String next(String summary) {
        int last = summary.lastIndexOf('|') + 1;
        return summary.substring(0, last) + (Integer.parseInt(summary.substring(last)) + 1);
    }

    @Test
    void inPlaceKeepsEverythingToo() throws Exception {
        TestCluster cluster = Recoveries.backedUp("14");
        try (Connection connection = cluster.connect()) {
            for (String command : NASTY) {
                Api.execute(connection, command);
            }
            Api.execute(connection, "create table loose (j json)");
        }
        String before = cluster.query(SUMMARY);
        var refused = Api.put(cluster.path("/upgrade"), "{\"version\": \"15\"}");
        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(refused.asString()).contains("loose", "primary key", "in_place", "Nothing was changed");
        upgrade(cluster, "{\"version\": \"15\", \"method\": \"in_place\"}");
        assertThat(server(cluster)).isEqualTo("15");
        assertThat(cluster.query(SUMMARY)).isEqualTo(next(before));
        assertThat(Api.post("/mooring/v1/databases/" + cluster.id() + "/upgrade/undo", "")
                        .statusCode())
                .isEqualTo(412);
        cluster.delete();
    }

    /** What PostgreSQL's own program finds in a database, whatever order the rows lie in. */
    private static List<String> dump(TestCluster cluster, String database) throws Exception {
        ProcessBuilder dump = new ProcessBuilder(
                "pg_dump",
                "--host=" + cluster.host(),
                "--port=" + cluster.port(),
                "--username=doadmin",
                "--exclude-schema=mooring_upgrade",
                database);
        dump.environment().put("PGPASSWORD", cluster.password());
        Process process = dump.redirectErrorStream(true).start();
        List<String> lines = process.inputReader().lines().toList();
        assertThat(process.waitFor()).as(String.join("\n", lines)).isZero();
        return lines.stream()
                .filter(line -> !line.isBlank() && !line.startsWith("--") && !line.startsWith("\\"))
                // While the upgrade can be undone the old version follows.
                .filter(line -> !line.contains("mooring_") && !line.endsWith(" REPLICA IDENTITY FULL;"))
                .sorted()
                .toList();
    }

    @Test
    void dumpsOfBothAreTheSameAndAnUpgradeIsNotUndoneOverChangesOfTheSchema() throws Exception {
        TestCluster cluster = Recoveries.backedUp("13");
        assertThat(Api.post(cluster.path("/dbs"), "{\"name\":\"Second-1\"}").statusCode())
                .isEqualTo(201);
        try (Connection connection = cluster.connect();
                Connection second = cluster.connect("doadmin", cluster.password(), "Second-1")) {
            for (String command : NASTY) {
                Api.execute(connection, command);
            }
            Api.execute(connection, "create table audit (id serial primary key, what text)");
            Api.execute(
                    connection,
                    "create function note() returns trigger language plpgsql as $$ begin insert into audit (what)"
                            + " values (new.b); return new; end $$");
            Api.execute(connection, "create trigger noting after insert on nokey for each row execute function note()");
            Api.execute(connection, "alter table nokey enable always trigger noting");
            Api.execute(connection, "insert into nokey values (501, 'audited')");
            Api.execute(second, "create table things as select i, md5(i::text) from generate_series(1, 100) as i");
            Api.execute(second, "create sequence counter start 42");
            Api.execute(second, "select nextval('counter')");
        }
        List<String> before = dump(cluster, "defaultdb");
        List<String> secondBefore = dump(cluster, "Second-1");
        upgrade(cluster, "{\"version\": \"15\"}");
        assertThat(dump(cluster, "defaultdb")).containsExactlyElementsOf(before);
        assertThat(dump(cluster, "Second-1")).containsExactlyElementsOf(secondBefore);
        try (Connection connection = cluster.connect()) {
            Api.execute(connection, "create table since (id int)");
        }
        assertThat(Api.post("/mooring/v1/databases/" + cluster.id() + "/upgrade/undo", "")
                        .statusCode())
                .isEqualTo(202);
        Awaitility.await("refusal")
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(Api.get("/mooring/v1/operations?cluster_id=" + cluster.id())
                                .jsonPath()
                                .getString("operations[0].error"))
                        .contains("CREATE TABLE public.since in defaultdb"));
        cluster.awaitOnline();
        assertThat(server(cluster)).isEqualTo("15");
        assertThat(Api.get(cluster.path("")).jsonPath().getString("database.version"))
                .isEqualTo("15");
        cluster.delete();
    }

    @Test
    @Tag("once")
    void oneVersionAfterTheOther() throws Exception {
        TestCluster cluster = Recoveries.backedUp("13");
        try (Writer writer = new Writer(cluster::connect).warm()) {
            for (String version : List.of("15", "16")) {
                upgrade(cluster, "{\"version\": \"" + version + "\"}");
                assertThat(server(cluster)).isEqualTo(version);
            }
            writer.warm().check();
        }
        assertThat(Api.post("/mooring/v1/databases/" + cluster.id() + "/upgrade/undo", "")
                        .statusCode())
                .isEqualTo(202);
        ended(cluster);
        assertThat(server(cluster)).isEqualTo("15");
        upgrade(cluster, "{\"version\": \"16\"}");
        cluster.delete();
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
                .contains("method: must be logical or in_place");
        assertThat(Api.put(cluster.path("/install_update"), "").statusCode()).isEqualTo(204);
        cluster.awaitOnline();
        cluster.delete();
    }
}
