package dev.mooring.database.migration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import dev.mooring.support.Trap;
import dev.mooring.support.Writer;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Databases that come in from a server elsewhere: it is another cluster here, reached like any server. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class OnlineMigrationTest {

    /** A server with something in it, and a user that owns it and may replicate. */
    private record Elsewhere(TestCluster server, String password) {

        static Elsewhere open(String version) throws SQLException {
            TestCluster server = Api.cluster(version);
            Response user = Api.post(
                    server.path("/users"), "{\"name\":\"mover\",\"settings\":{\"pg_allow_replication\":true}}");
            assertThat(user.statusCode()).as(user.asString()).isEqualTo(201);
            Elsewhere elsewhere = new Elsewhere(server, user.jsonPath().getString("user.password"));
            try (Connection connection = elsewhere.connect()) {
                Api.execute(connection, "create extension pgcrypto");
                Api.execute(connection, "create type mood as enum ('sad', 'ok')");
                Api.execute(
                        connection,
                        "create table people (id int generated always as identity primary key, mood mood, name text)");
                Api.execute(
                        connection,
                        "insert into people (mood, name) select 'ok', md5(i::text) from generate_series(1, 5000) as i");
                Api.execute(connection, "create view happy as select * from people where mood = 'ok'");
            }
            return elsewhere;
        }

        /** What its owner would have run as superuser here. */
        Trap trap() throws SQLException {
            Trap trap = Trap.of();
            try (Connection connection = connect()) {
                trap.plant(connection);
            }
            return trap;
        }

        Connection connect() throws SQLException {
            return server.connect("mover", password, "defaultdb");
        }

        Response into(TestCluster target, String more) {
            return Api.put(
                    target.path("/online-migration"), """
                    {"source": {"host": "%s", "port": %d, "dbname": "defaultdb", "username": "mover", "password": "%s"}%s}""".formatted(server.host(), server.port(), password, more));
        }
    }

    private static JsonPath migration(TestCluster target) {
        return Api.get(target.path("/online-migration")).jsonPath();
    }

    private static void await(TestCluster target, String status) {
        Awaitility.await(status)
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> migration(target).getString("status"), status::equals);
    }

    private static JsonPath receipt(String migration) {
        return Api.get("/mooring/v1/operations/" + migration).jsonPath().setRootPath("operation.receipt");
    }

    @Test
    void whatIsWrittenAtTheSourceComesAlongUntilItIsStopped() throws Exception {
        Elsewhere elsewhere = Elsewhere.open("14");
        Trap trap = elsewhere.trap();
        TestCluster target = Api.cluster("16");
        try (Writer writer = new Writer(elsewhere::connect).warm()) {
            Response started = elsewhere.into(target, "");
            assertThat(started.statusCode()).as(started.asString()).isEqualTo(200);
            assertThat(started.asString()).contains("\"id\"", "\"created_at\"").doesNotContain(elsewhere.password());
            await(target, "syncing");
            assertThat(elsewhere.into(target, "").statusCode())
                    .as("one at a time")
                    .isEqualTo(412);
            assertThat(Api.put(target.path("/upgrade"), "{\"version\":\"17\"}").asString())
                    .contains("stop the online migration");
            writer.warm().check();
        }
        String id = migration(target).getString("id");
        assertThat(Api.delete(target.path("/online-migration/" + id)).statusCode())
                .isEqualTo(204);
        assertThat(migration(target).getString("status")).isEqualTo("done");
        assertThat(receipt(id).getString("method")).isEqualTo("replication");
        String summary = "select concat_ws('|', (select count(*) from written), (select max(id) from written),"
                + " (select md5(string_agg(name, '' order by id)) from people), (select count(*) from happy))";
        try (Connection connection = elsewhere.connect()) {
            assertThat(target.query(summary)).isEqualTo(Api.query(connection, summary));
            assertThat(elsewhere
                            .server()
                            .query("select count(*) from pg_replication_slots where slot_name !~ '^mooring'"))
                    .as("nothing is left at the source")
                    .isEqualTo("0");
            assertThat(Api.query(connection, "select count(*) from pg_publication"))
                    .isEqualTo("0");
        }
        assertThat(target.query("insert into people (mood, name) values ('sad', 'next') returning id"))
                .as("sequences came too")
                .isEqualTo("5001");
        trap.assertNotSprung();
        elsewhere.server().delete();
        target.delete();
    }

    @Test
    void whatCannotBeReplicatedComesOnce() throws Exception {
        Elsewhere elsewhere = Elsewhere.open("15");
        Trap trap = elsewhere.trap();
        Api.post(elsewhere.server().path("/dbs"), "{\"name\":\"more\"}");
        Api.post(elsewhere.server().path("/dbs"), "{\"name\":\"third\"}");
        Api.post(elsewhere.server().path("/dbs"), "{\"name\":\"not-this\"}");
        try (Connection connection = elsewhere.connect()) {
            Api.execute(connection, "create table loose as select generate_series(1, 10) as n");
        }
        TestCluster target = Api.cluster("15");
        Response started = elsewhere.into(target, ",\"ignore_dbs\":[\"not-this\"]");
        assertThat(started.statusCode()).as(started.asString()).isEqualTo(200);
        await(target, "done");
        JsonPath receipt = receipt(started.jsonPath().getString("id"));
        assertThat(receipt.getString("method")).isEqualTo("dump");
        assertThat(receipt.getString("why_no_replication")).contains("there are 3 databases");
        assertThat(target.query("select (select sum(n) from loose) || '|' || (select count(*) from people)"))
                .isEqualTo("55|5000");
        assertThat(Api.get(target.path("/dbs")).jsonPath().getList("dbs.name", String.class))
                .containsExactly("defaultdb", "more", "third");
        assertThat(elsewhere.into(target, "").asString())
                .as("what is there is not overwritten")
                .contains("the cluster's database defaultdb is not empty")
                .contains("name it in ignore_dbs");
        assertThat(migration(target).getString("status")).isEqualTo("error");
        assertThat(target.query("select count(*) from people")).isEqualTo("5000");
        trap.assertNotSprung();
        elsewhere.server().delete();
        target.delete();
    }

    /** The server would try such a copy for ever. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "alter role mover in database defaultdb set statement_timeout = '1s'|statement_timeout of 1000 ms in defaultdb",
                "alter table people add constraint sad check (mood = 'sad') not valid|the constraint sad of public.people"
            })
    void whatAFirstCopyWouldFailOnComesOnce(String change, String reason) throws Exception {
        Elsewhere elsewhere = Elsewhere.open("15");
        try (Connection connection = elsewhere.connect()) {
            Api.execute(connection, change);
        }
        TestCluster target = Api.cluster("15");
        Response started = elsewhere.into(target, "");
        assertThat(started.statusCode()).as(started.asString()).isEqualTo(200);
        await(target, "done");
        JsonPath receipt = receipt(started.jsonPath().getString("id"));
        assertThat(receipt.getString("method")).isEqualTo("dump");
        assertThat(receipt.getString("why_no_replication")).contains(reason);
        assertThat(target.query("select count(*) from people")).isEqualTo("5000");
        elsewhere.server().delete();
        target.delete();
    }

    @Test
    void aFirstCopyThatFailsSaysWhy() throws Exception {
        Elsewhere elsewhere = Elsewhere.open("15");
        try (Connection connection = elsewhere.connect()) {
            String says = "create or replace function fits(text) returns boolean language sql immutable as 'select %s'";
            Api.execute(connection, says.formatted("true"));
            Api.execute(connection, "create table judged (name text primary key check (fits(name)))");
            Api.execute(connection, "insert into judged values ('before')");
            Api.execute(connection, says.formatted("false"));
        }
        TestCluster target = Api.cluster("15");
        String id = elsewhere.into(target, "").jsonPath().getString("id");
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(Api.get("/mooring/v1/operations/" + id)
                                .jsonPath()
                                .getString("operation.waiting_for"))
                        .contains(
                                "copying a table of defaultdb has failed",
                                "violates check constraint \"judged_name_check\""));
        assertThat(Api.delete(target.path("/online-migration/" + id)).statusCode())
                .isEqualTo(204);
        await(target, "canceled");
        elsewhere.server().delete();
        target.delete();
    }

    @Test
    void aSourceThatCannotBeUsedIsRefusedByItsReason() throws Exception {
        Elsewhere elsewhere = Elsewhere.open("16");
        TestCluster target = Api.cluster("15");
        assertThat(Api.get(target.path("/online-migration")).statusCode()).isEqualTo(404);
        assertThat(elsewhere.into(target, "").asString()).contains("the source has PostgreSQL 16: it must be 10 to 15");
        assertThat(new Elsewhere(elsewhere.server(), "wrong").into(target, "").asString())
                .contains("the source cannot be used", "password authentication failed");
        assertThat(elsewhere.into(target, ",\"disable_ssl\":true").asString()).contains("the source cannot be used");
        assertThat(Api.put(target.path("/online-migration"), "{\"source\":{\"host\":\"a/b?c\",\"port\":0}}")
                        .asString())
                .contains(
                        "source.host: must be a host name",
                        "source.port: must be 1 to 65535",
                        "source.dbname: is required",
                        "source.password: is required");
        assertThat(Api.delete(target.path("/online-migration/" + java.util.UUID.randomUUID()))
                        .statusCode())
                .isEqualTo(404);
        elsewhere.server().delete();
        target.delete();
    }

    @Test
    void aClusterThatIsDeletedLeavesNothingAtTheSource() throws Exception {
        Elsewhere elsewhere = Elsewhere.open("14");
        TestCluster target = Api.cluster("16");
        assertThat(elsewhere.into(target, "").statusCode()).isEqualTo(200);
        await(target, "syncing");
        target.delete();
        Awaitility.await("slots gone")
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(200))
                .until(
                        () -> elsewhere
                                .server()
                                .query("select count(*) from pg_replication_slots where slot_name !~ '^mooring'"),
                        "0"::equals);
        elsewhere.server().delete();
    }
}
