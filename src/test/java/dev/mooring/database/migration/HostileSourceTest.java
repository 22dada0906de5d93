package dev.mooring.database.migration;

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
import java.util.List;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

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
                .until(() -> List.of(statuses).contains(migration(target).getString("status")));
        return migration(target).getString("status");
    }

    private static JsonPath operation(TestCluster target) {
        return Api.get("/mooring/v1/operations/" + migration(target).getString("id"))
                .jsonPath()
                .setRootPath("operation");
    }

    @Test
    void itsFunctionsAndNamesArePutToUseButNotAsSuperuser() throws Exception {
        Source source = source("14");
        try (Connection owner = source.server().connect("mover", source.password(), "defaultdb")) {
            trap.plant(owner);
            Api.execute(owner, "alter database defaultdb set search_path = public, pg_catalog");
        }
        List<TestCluster> targets = List.of(Api.cluster("15"), Api.cluster("18"));
        for (TestCluster target : targets) {
            Response started = source.into(target);
            assertThat(started.statusCode()).as(started.asString()).isEqualTo(200);
        }
        for (TestCluster target : targets) {
            assertThat(ended(target, "error", "syncing"))
                    .as(operation(target).getString("error"))
                    .isEqualTo("syncing");
            whileItFollows(source, target, 1000 + targets.indexOf(target));
        }
        finished(targets.getFirst());
        targets.forEach(TestCluster::delete);
        source.server().delete();
    }

    private void whileItFollows(Source source, TestCluster target, int id) throws Exception {
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
            Api.execute(owner, "insert into public.t (id, w, m) values (" + id + ", 1, 'sad')");
        }
        Awaitility.await("the row")
                .atMost(Duration.ofSeconds(30))
                .until(() -> target.query("select count(*) from public.t where id = " + id), "1"::equals);
    }

    /** All of it is the users', as everything in the cluster, and nothing of the migration is left. */
    private void finished(TestCluster target) throws Exception {
        String id = migration(target).getString("id");
        assertThat(Api.delete(target.path("/online-migration/" + id)).statusCode())
                .isEqualTo(204);
        assertThat(ended(target, "done", "error")).isEqualTo("done");
        assertThat(operation(target).getString("receipt.method")).isEqualTo("replication");
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
    void whatItSaysIsDataAndWhatItSendsRunsWithoutRights() throws Exception {
        Source source = source("15");
        TestCluster target = Api.cluster("15");
        try (Connection owner = source.server().connect("mover", source.password(), "defaultdb")) {
            Api.execute(owner, "create table public.t (id int primary key)");
            Api.execute(owner, "create table public.u (id int primary key references public.t)");
        }
        try (Connection connection = superuser(source.server(), "defaultdb")) {
            Api.execute(connection, "create database \"two\nlines\" owner mover");
            assertThat(refusal(source, target)).contains("whose name is not one here");
            Api.execute(connection, "drop database \"two\nlines\"");

            catalogsAmongThePublished(
                    connection,
                    () -> assertThat(refusal(source, target)).contains("tables of defaultdb that it has not brought"));

            programsAmongTheConstraints(
                    connection,
                    () -> assertThat(refusal(source, target))
                            .contains("must be superuser or have privileges of the pg_execute_server_program role"));

            assertThat(target.query("select count(*) from pg_class where relname in ('t', 'u')"))
                    .as("what failed has left nothing")
                    .isEqualTo("0");
            Api.execute(connection, "create database \"" + "x'\"\"; drop database defaultdb; --\" owner mover");
        }
        source.into(target);
        assertThat(ended(target, "syncing", "error"))
                .as(operation(target).getString("error"))
                .isEqualTo("syncing");
        assertThat(target.query("select count(*) from pg_database where datname like 'x''\"; drop%'"))
                .isEqualTo("1");
        target.delete();
        source.server().delete();
    }

    private static String refusal(Source source, TestCluster target) {
        source.into(target);
        assertThat(ended(target, "error", "syncing", "done")).isEqualTo("error");
        return operation(target).getString("error");
    }

    private interface Attempt {
        void run() throws Exception;
    }

    /** The source names the tables that are replicated: one of PostgreSQL's own would make a superuser. */
    private void catalogsAmongThePublished(Connection superuser, Attempt attempt) throws Exception {
        Api.execute(superuser, "set allow_system_table_mods = on");
        String view = Api.query(superuser, "select pg_get_viewdef('pg_publication_tables'::regclass)")
                .replace(";", "");
        String replace = "create or replace view pg_catalog.pg_publication_tables as ";
        Api.execute(
                superuser,
                replace + view
                        + " union all select pubname, 'pg_catalog'::name, 'pg_authid'::name, null, null from pg_publication");
        attempt.run();
        Api.execute(superuser, replace + view);
    }

    /** pg_dump writes down what the source calls the definition of a constraint. */
    private void programsAmongTheConstraints(Connection superuser, Attempt attempt) throws Exception {
        String replace =
                "create or replace function pg_catalog.pg_get_constraintdef(oid) returns text stable language ";
        Api.execute(
                superuser,
                replace + "sql as $$ select 'foreign key (id) references public.t (id); reset role;"
                        + " reset session authorization; " + trap.program().replace("'", "''") + "' $$");
        attempt.run();
        Api.execute(superuser, replace + "internal as 'pg_get_constraintdef'");
    }
}
