package dev.mooring.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import dev.mooring.support.Trap;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A migration from a server whose owner wants more than to move: here it is another cluster, and its owner has become its superuser, so
 * that it answers what he likes.
 */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class HostileSourceTest {

    @Inject
    LocalClusters clusters;

    private final Trap trap = Trap.of();

    @AfterEach
    void nothingWasCaught() {
        trap.assertNotSprung();
    }

    private Connection superuser(TestCluster cluster, String database) throws SQLException, IOException {
        return clusters.open(
                clusters.folder(UUID.fromString(cluster.id())).manifest().orElseThrow(), database);
    }

    private record Source(TestCluster server, String password) {

        Response into(TestCluster target) {
            return Api.put(target.path("/online-migration"), """
                    {"source": {"host": "%s", "port": %d, "dbname": "defaultdb", "username": "mover", "password": "%s"}}""".formatted(server.host(), server.port(), password));
        }
    }

    private static Source source(String version) {
        TestCluster server = Api.cluster(version);
        Response user =
                Api.post(server.path("/users"), "{\"name\":\"mover\",\"settings\":{\"pg_allow_replication\":true}}");
        assertThat(user.statusCode()).as(user.asString()).isEqualTo(201);
        return new Source(server, user.jsonPath().getString("user.password"));
    }

    private static JsonPath migration(TestCluster target) {
        return Api.get(target.path("/online-migration")).jsonPath();
    }

    private static String ended(TestCluster target, String... statuses) {
        Awaitility.await(String.join(" or ", statuses))
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(100))
                .until(() ->
                        java.util.List.of(statuses).contains(migration(target).getString("status")));
        return migration(target).getString("status");
    }

    private static JsonPath operation(TestCluster target) {
        return Api.get("/mooring/v1/operations/" + migration(target).getString("id"))
                .jsonPath()
                .setRootPath("operation");
    }

    @ParameterizedTest
    @ValueSource(strings = {"13", "15", "18"})
    void itsFunctionsAndNamesArePutToUseButNotAsSuperuser(String version) throws Exception {
        Source source = source("13");
        try (Connection owner = source.server().connect("mover", source.password(), "defaultdb")) {
            trap.plant(owner);
            Api.execute(owner, "alter database defaultdb set search_path = public, pg_catalog");
        }
        TestCluster target = Api.cluster(version);
        assertThat(source.into(target).statusCode()).isEqualTo(200);
        boolean replicated = !version.equals("13");
        assertThat(ended(target, "error", replicated ? "syncing" : "done"))
                .as(operation(target).getString("error"))
                .isNotEqualTo("error");
        if (replicated) {
            whileItFollows(source, target);
        }
        JsonPath receipt = operation(target);
        assertThat(receipt.getString("receipt.method")).isEqualTo(replicated ? "replication" : "dump");
        assertThat(target.query("select count(*) from public.t")).isEqualTo(replicated ? "101" : "100");
        afterwards(target);
        source.server().delete();
        target.delete();
    }

    private void whileItFollows(Source source, TestCluster target) throws Exception {
        try (Connection connection = superuser(target, "defaultdb")) {
            assertThat(
                            Api.query(
                                    connection,
                                    "select concat_ws('|', rolname, rolsuper) from pg_subscription join pg_roles r on r.oid = subowner"))
                    .isEqualTo("mooring_subscriber|f");
            assertThat(Api.query(connection, "select subconninfo from pg_subscription"))
                    .as("who may read all data reads this")
                    .doesNotContain(source.password());
        }
        try (Connection owner = source.server().connect("mover", source.password(), "defaultdb")) {
            Api.execute(owner, "insert into public.t (id, w, m) values (1000, 1, 'sad')");
        }
        Awaitility.await("the row")
                .atMost(Duration.ofSeconds(30))
                .until(() -> target.query("select count(*) from public.t where id = 1000"), "1"::equals);
        assertThat(Api.delete(target.path(
                                "/online-migration/" + migration(target).getString("id")))
                        .statusCode())
                .isEqualTo(204);
        assertThat(ended(target, "done", "error")).isEqualTo("done");
    }

    /** All of it is the users', as everything in the cluster, and nothing of the migration is left. */
    private void afterwards(TestCluster target) throws Exception {
        assertThat(target.query("select string_agg(distinct pg_catalog.pg_get_userbyid(relowner)::text, ',') from"
                        + " pg_catalog.pg_class where relname in ('t', 'v', 'm')"))
                .isEqualTo("mooring_owner");
        assertThat(target.query("select pg_catalog.count(*) from pg_catalog.pg_roles where rolname in"
                        + " ('mooring_loader', 'mooring_subscriber')"))
                .isEqualTo("0");
        assertThat(target.query(
                        "select pg_catalog.pg_get_userbyid(datdba) from pg_catalog.pg_database where datname::text"
                                + " operator(pg_catalog.=) 'defaultdb'"))
                .isEqualTo("mooring_owner");
        try (Connection connection = superuser(target, "defaultdb")) {
            trap.assertSprungBy(connection);
        }
    }

    @Test
    void aDumpThatIsMoreThanADumpGetsNowhere() throws Exception {
        Source source = source("15");
        try (Connection owner = source.server().connect("mover", source.password(), "defaultdb")) {
            Api.execute(owner, "create table public.t (id int constraint positive check (id > 0))");
        }
        try (Connection connection = superuser(source.server(), "defaultdb")) {
            Api.execute(connection, """
                    create or replace function pg_catalog.pg_get_constraintdef(oid) returns text language sql as
                    $$ select 'check (true); reset role; reset session authorization; %s' $$""".formatted(trap.program().replace("'", "''")));
        }
        TestCluster target = Api.cluster("15");
        assertThat(source.into(target).statusCode()).isIn(200, 422);
        assertThat(ended(target, "error", "done")).isEqualTo("error");
        assertThat(operation(target).getString("error")).contains("permission denied");
        assertThat(target.query("select count(*) from pg_class where relname = 't'"))
                .isEqualTo("0");
        source.server().delete();
        target.delete();
    }

    @Test
    void aSourceThatPublishesTheCatalogsIsRefused() throws Exception {
        Source source = source("15");
        try (Connection owner = source.server().connect("mover", source.password(), "defaultdb")) {
            Api.execute(owner, "create table public.t (id int primary key)");
        }
        try (Connection connection = superuser(source.server(), "defaultdb")) {
            Api.execute(connection, "set allow_system_table_mods = on");
            String view = Api.query(connection, "select pg_get_viewdef('pg_publication_tables'::regclass)")
                    .replace(";", "");
            Api.execute(
                    connection,
                    "create or replace view pg_catalog.pg_publication_tables as " + view
                            + " union all select pubname, 'pg_catalog'::name, 'pg_authid'::name, null, null from pg_publication");
        }
        TestCluster target = Api.cluster("15");
        String before = target.query("select count(*) from pg_roles");
        source.into(target);
        assertThat(ended(target, "error", "done")).isEqualTo("error");
        assertThat(operation(target).getString("error")).contains("tables of defaultdb that it has not brought");
        assertThat(target.query("select count(*) from pg_roles")).isEqualTo(before);
        source.server().delete();
        target.delete();
    }

    @Test
    void aDatabaseMayBeCalledAnything() throws Exception {
        Source source = source("15");
        String name = "x\"; " + trap.program().substring(0, 30) + "'";
        try (Connection connection = superuser(source.server(), "postgres")) {
            Api.execute(connection, "create database \"" + name.replace("\"", "\"\"") + "\" owner mover");
        }
        TestCluster target = Api.cluster("18");
        source.into(target);
        ended(target, "syncing", "done", "error");
        assertThat(operation(target).getString("error")).isNull();
        assertThat(target.query("select count(*) from pg_database where datname like 'x\"; copy%'"))
                .isEqualTo("1");
        target.delete();
        try (Connection connection = superuser(source.server(), "postgres")) {
            Api.execute(connection, "create database \"two\nlines\" owner mover");
        }
        TestCluster another = Api.cluster("18");
        assertThat(source.into(another).asString()).contains("whose name is not one here");
        another.delete();
        source.server().delete();
    }
}
