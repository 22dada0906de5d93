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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a dump without rows and replication leave out: it comes all the same, or is named before the migration is final. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
@Tag("once")
class WholeMigrationTest {

    private static final List<String> WITHOUT_IDENTITY =
            List.of("put_off", "no_key", "nothing", "full_json", "by_computed", "child", "part_2");

    private static final List<String> CHANGED = List.of(
            "keyed",
            "full",
            "full_computed",
            "by_computed",
            "unlogged",
            "loses_its_key",
            "parts",
            "put_off",
            "no_key",
            "nothing",
            "full_json");

    /** Of an advisory lock, at which a row's check waits. */
    private static final int HOLD = 4711;

    /** What is the same on both sides in the end, in words of the catalogs and of the rows. */
    private static final String SUMMARY = """
            select concat_ws(' | ',
                (select string_agg(concat(id, n, t), ',' order by id) from keyed),
                (select string_agg(concat(id, n, t), ',' order by id) from put_off),
                (select string_agg(concat(id, n, t), ',' order by id) from no_key),
                (select string_agg(concat(id, n, t), ',' order by id) from nothing),
                (select string_agg(concat(id, n, t), ',' order by id) from "full"),
                (select string_agg(concat(id, n, t), ',' order by id) from full_json),
                (select string_agg(concat(id, n, t), ',' order by id) from unlogged),
                (select string_agg(concat(id, n, t, k), ',' order by id) from by_computed),
                (select string_agg(concat(id, n, t, k), ',' order by id) from full_computed),
                (select string_agg(concat(id, n, t), ',' order by id) from loses_its_key_early),
                (select string_agg(concat(id, n, t), ',' order by id) from loses_its_key_while_copied),
                (select count(*) from held),
                (select string_agg(concat(id, n, t), ',' order by id) from loses_its_key),
                (select string_agg(concat(id, n, t), ',' order by id) from parts),
                (select string_agg(concat(id, n, t), ',' order by id, n) from child),
                (select string_agg(concat(l.oid, encode(lo_get(l.oid), 'escape')), ',' order by l.oid)
                    from pg_largeobject_metadata l),
                (select sum(n) from doubled_twice), (select sum(n) from doubled),
                (select relispopulated from pg_class where relname = 'never'),
                (select concat(last_value, '/', is_called) from set_once), (select concat(last_value, '/', is_called) from used),
                (select concat(last_value, '/', is_called) from untouched),
                (select attstattarget from pg_attribute where attrelid = 'keyed'::regclass and attname = 't'),
                (select string_agg(concat(relname, relreplident), ',' order by relname) from pg_class
                    where relkind = 'r' and relnamespace = 'public'::regnamespace and relname <> 'new_one'),
                (select string_agg(c, ';' order by c) from pg_db_role_setting s join pg_database d
                    on d.oid = s.setdatabase, unnest(setconfig) as c where datname = current_database()
                    and setrole = 0 and c not like 'my.%'),
                (select concat(shobj_description(oid, 'pg_database'), datconnlimit) from pg_database
                    where datname = current_database()))""";

    @Inject
    LocalClusters clusters;

    private Connection superuser(TestCluster cluster) throws SQLException, IOException {
        return clusters.open(
                clusters.folder(UUID.fromString(cluster.id())).manifest().orElseThrow(), "defaultdb");
    }

    private static void make(Connection owner) throws SQLException {
        for (String table : List.of(
                "keyed",
                "\"full\"",
                "loses_its_key",
                "loses_its_key_early",
                "loses_its_key_while_copied",
                "nothing",
                "full_json")) {
            Api.execute(owner, "create table " + table + " (id int primary key, n int, t text, j json)");
        }
        for (String command : List.of(
                "create table put_off (id int primary key deferrable initially deferred, n int, t text)",
                "create table no_key (id int, n int, t text)",
                "create unlogged table unlogged (id int primary key, n int, t text)",
                "create table by_computed (id int, n int, t text, k int generated always as (id * 2) stored primary key)",
                "create table full_computed (id int, n int, t text, k int generated always as (id * 2) stored)",
                "alter table full_computed replica identity full",
                "create function passes(int) returns boolean immutable language plpgsql as"
                        + " 'begin perform pg_advisory_xact_lock_shared(" + HOLD + "); return true; end'",
                "create table held (id int primary key check (passes(id)), n int, t text)",
                "alter table \"full\" drop column j",
                "alter table \"full\" replica identity full",
                "alter table full_json replica identity full",
                "alter table nothing replica identity nothing",
                "create table child () inherits (keyed)",
                "create table parts (id int, n int, t text) partition by range (id)",
                "create table part_1 partition of parts (primary key (id)) for values from (0) to (3)",
                "create table part_2 partition of parts for values from (3) to (1000)",
                "create materialized view doubled as select 2 * n as n from no_key",
                "create materialized view doubled_twice as select 2 * n as n from doubled",
                "create materialized view never as select 1 as n with no data",
                "create sequence set_once",
                "select setval('set_once', 42, false)",
                "create sequence used",
                "select nextval('used'), nextval('used')",
                "create sequence untouched start 5",
                "alter table keyed alter column t set statistics 321",
                "select lo_from_bytea(16001, 'first'), lo_from_bytea(16002, 'second'), lo_from_bytea(16003, '')",
                "alter database defaultdb set search_path = \"My Schema\", public, pg_catalog",
                "alter database defaultdb set timezone = 'Europe/Vienna'",
                "alter database defaultdb connection limit 50",
                "comment on database defaultdb is 'it''s mine'",
                "create extension pg_stat_statements")) {
            Api.execute(owner, command);
        }
        for (String table : List.of(
                "keyed",
                "put_off",
                "no_key",
                "nothing",
                "\"full\"",
                "full_json",
                "unlogged",
                "by_computed",
                "full_computed",
                "held",
                "loses_its_key",
                "loses_its_key_early",
                "loses_its_key_while_copied",
                "parts",
                "child")) {
            Api.execute(owner, "insert into " + table + " (id, n, t) select i, i, 'a' from generate_series(1, 5) as i");
        }
        Api.execute(owner, "refresh materialized view doubled");
        Api.execute(owner, "refresh materialized view doubled_twice");
    }

    private static void makeWhatOnlyASuperuserMay(Connection superuser) throws SQLException {
        for (String command : List.of(
                "set search_path = public",
                "create function watched() returns event_trigger language plpgsql as 'begin end'",
                "create event trigger watcher on ddl_command_end execute function watched()",
                "create extension file_fdw",
                "create server files foreign data wrapper file_fdw",
                "create foreign table passwords (line text) server files options (filename '/etc/passwd')",
                "alter database defaultdb set my.setting = 'mine'",
                "create role reporting nologin",
                "alter role reporting in database defaultdb set work_mem = '8MB'",
                "grant select on keyed to reporting",
                "create policy for_reporting on keyed to reporting using (true)",
                "create function of_a_library() returns int language c as '$libdir/lo', 'lo_manage'")) {
            Api.execute(superuser, command);
        }
    }

    private static Response start(TestCluster source, String password, TestCluster target) {
        return Api.put(target.path("/online-migration"), """
                {"source": {"host": "%s", "port": %d, "dbname": "defaultdb", "username": "mover", "password": "%s"}}""".formatted(source.host(), source.port(), password));
    }

    private static JsonPath migration(TestCluster target) {
        return Api.get(target.path("/online-migration")).jsonPath();
    }

    private static JsonPath ended(TestCluster target, String... statuses) {
        Awaitility.await(String.join(" or ", statuses))
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> List.of(statuses).contains(migration(target).getString("status")));
        return migration(target);
    }

    @ParameterizedTest
    @CsvSource({"13,15,false", "14,15,true", "15,18,true"})
    void allOfItComesOrIsNamed(String from, String to, boolean replicated) throws Exception {
        TestCluster source = Api.cluster(from);
        TestCluster target = Api.cluster(to);
        Response user = Api.post(
                source.path("/users"),
                replicated
                        ? "{\"name\":\"mover\",\"settings\":{\"pg_allow_replication\":true}}"
                        : "{\"name\":\"mover\"}");
        String password = user.jsonPath().getString("user.password");
        try (Connection owner = source.connect("mover", password, "defaultdb");
                Connection superuser = superuser(source)) {
            make(owner);
            makeWhatOnlyASuperuserMay(superuser);
            Api.execute(owner, "set search_path = public");

            start(source, password, target);
            assertThat(ended(target, "error", "syncing", "done").getString("error"))
                    .as("what stands in the way, and what helps")
                    .contains("CREATE POLICY for_reporting ON public.keyed")
                    .contains("add the user reporting to the cluster")
                    .contains("CREATE FUNCTION public.of_a_library()")
                    .contains("ignore_dbs");
            assertThat(target.query("select count(*) from pg_database where datname like 'mooring_trial%'"))
                    .isEqualTo("0");
            Api.execute(superuser, "drop policy for_reporting on public.keyed");
            Api.execute(superuser, "drop function public.of_a_library()");

            try (Connection open = source.connect("mover", password, "defaultdb")) {
                if (replicated) {
                    open.setAutoCommit(false);
                    Api.query(open, "select txid_current()");
                }
                Response started = start(source, password, target);
                assertThat(started.statusCode()).as(started.asString()).isEqualTo(200);
                if (replicated) {
                    keysAreLostBeforeItFollows(owner, target, open);
                }
            }
            String status = replicated ? "syncing" : "done";
            JsonPath view = ended(target, "error", status);
            assertThat(view.getString("status")).as(view.getString("error")).isEqualTo(status);
            assertThat(view.getList("left_out", String.class))
                    .anySatisfy(line -> assertThat(line).contains("event trigger watcher"))
                    .anySatisfy(line -> assertThat(line).contains("extension file_fdw"))
                    .anySatisfy(line -> assertThat(line).contains("foreign table public.passwords"))
                    .anySatisfy(line -> assertThat(line).contains("setting work_mem of the role reporting"))
                    .anySatisfy(line -> assertThat(line).contains("setting my.setting of the database"))
                    .noneSatisfy(line -> assertThat(line).contains("pg_stat_statements"));
            if (replicated) {
                whileItFollows(owner, target, view);
            }
            finished(target, replicated);
            try (Connection here = target.connect()) {
                Api.execute(here, "set search_path = public");
                assertThat(Api.query(here, SUMMARY)).isEqualTo(Api.query(owner, SUMMARY));
            }
            assertThat(Api.query(owner, "select count(*) from pg_publication")).isEqualTo("0");
        }
        target.delete();
        source.delete();
    }

    /** While a slot waits for a transaction that is open at the source, and while a table is copied, which may take hours each. */
    private void keysAreLostBeforeItFollows(Connection owner, TestCluster target, Connection open)
            throws SQLException, IOException {
        Awaitility.await("it is published")
                .atMost(Duration.ofSeconds(30))
                .until(() -> Api.query(owner, "select count(*) from pg_publication"), "2"::equals);
        losesItsKey(owner, "loses_its_key_early");
        assertThat(step(target)).isEqualTo("IMPORT");
        // The database has been made anew by now: sessions of before have ended with the old one.
        try (Connection holding = superuser(target)) {
            Api.execute(holding, "select pg_advisory_lock(" + HOLD + ")");
            open.commit();
            Awaitility.await("it is copied").atMost(Duration.ofSeconds(30)).until(() -> step(target), "COPY"::equals);
            losesItsKey(owner, "loses_its_key_while_copied");
            assertThat(step(target)).isEqualTo("COPY");
        }
    }

    private static void losesItsKey(Connection owner, String table) throws SQLException {
        Api.execute(owner, "alter table %1$s drop constraint %1$s_pkey".formatted(table));
        Awaitility.await("changes of the rows of " + table)
                .atMost(Duration.ofSeconds(5))
                .ignoreExceptions()
                .untilAsserted(() -> Api.execute(owner, "update " + table + " set t = 'changed' where id = 4"));
        Api.execute(owner, "delete from " + table + " where id = 5");
    }

    private static String step(TestCluster target) {
        return Api.get("/mooring/v1/operations?cluster_id=" + target.id())
                .jsonPath()
                .getString("operations.find { it.kind == 'migrate-online' }.step");
    }

    private static void whileItFollows(Connection owner, TestCluster target, JsonPath view) throws Exception {
        assertThat(view.getList("copied_at_the_end", String.class))
                .containsAll(WITHOUT_IDENTITY.stream()
                        .map(table -> "defaultdb: public." + table)
                        .toList())
                .contains("defaultdb: public.unlogged")
                .doesNotContain(
                        "defaultdb: public.keyed",
                        "defaultdb: public.full",
                        "defaultdb: public.full_computed",
                        "defaultdb: public.part_1");
        Api.execute(owner, "create table new_one (n int)");
        Api.execute(owner, "insert into new_one values (1)");
        Api.execute(owner, "update new_one set n = 2");
        Api.execute(owner, "alter table loses_its_key drop constraint loses_its_key_pkey");
        Awaitility.await("its updates are not published any more")
                .atMost(Duration.ofSeconds(10))
                .until(
                        () -> Api.query(
                                owner,
                                "select count(*) from pg_publication_tables where tablename = 'loses_its_key'"
                                        + " and pubname like '%\\_inserts'"),
                        "1"::equals);
        for (String table : CHANGED) {
            Api.execute(owner, "update \"" + table + "\" set t = 'changed' where id = 4");
            Api.execute(owner, "delete from \"" + table + "\" where id = 5");
            Api.execute(owner, "insert into \"" + table + "\" (id, n, t) values (6, 6, 'more')");
        }
        Api.execute(owner, "update keyed set t = 'of the child too' where id = 2");
        Api.execute(owner, "select lo_unlink(16001), lo_put(16002, 2, 'XX'), lo_from_bytea(16004, 'new')");
        Api.execute(owner, "select nextval('used')");
        Api.execute(owner, "refresh materialized view doubled");
        Api.execute(owner, "refresh materialized view doubled_twice");
        Awaitility.await("what is not followed is told before the end")
                .atMost(Duration.ofSeconds(20))
                .until(() -> String.join("\n", migration(target).getList("differences", String.class))
                        .contains("table public.new_one"));
        assertThat(Api.delete(target.path("/online-migration/" + view.getString("id")))
                        .statusCode())
                .isEqualTo(204);
    }

    private static void finished(TestCluster target, boolean replicated) {
        JsonPath view = migration(target);
        assertThat(view.getString("status")).as(view.getString("error")).isEqualTo("done");
        JsonPath receipt = Api.get("/mooring/v1/operations/" + view.getString("id"))
                .jsonPath()
                .setRootPath("operation.receipt");
        assertThat(receipt.getInt("tables_compared")).isEqualTo(16);
        assertThat(receipt.getInt("rows_compared")).isGreaterThanOrEqualTo(45);
        assertThat(receipt.getInt("large_objects")).isEqualTo(3);
        assertThat(receipt.getList("left_out", String.class)).isEqualTo(view.getList("left_out", String.class));
        List<String> differences = receipt.getList("differences", String.class);
        if (replicated) {
            assertThat(receipt.getList("copied_again", String.class)).contains("defaultdb: public.put_off");
            assertThat(differences)
                    .isNotEmpty()
                    .allSatisfy(line -> assertThat(line).containsAnyOf("new_one", "loses_its_key"));
        } else {
            assertThat(differences).isEmpty();
        }
    }

    @org.junit.jupiter.api.Test
    void whatTheSourceSendsInTheEndRunsWithoutRights() throws Exception {
        Trap trap = Trap.of();
        TestCluster source = Api.cluster("15");
        TestCluster target = Api.cluster("16");
        String password = Api.post(
                        source.path("/users"), "{\"name\":\"mover\",\"settings\":{\"pg_allow_replication\":true}}")
                .jsonPath()
                .getString("user.password");
        try (Connection owner = source.connect("mover", password, "defaultdb");
                Connection superuser = superuser(source)) {
            trap.plant(owner);
            Api.execute(owner, "alter table public.t drop constraint t_pkey");
            Api.execute(owner, "alter table public.t enable always trigger loud");
            Api.execute(superuser, "alter database defaultdb set log_statement = 'none'");
            Api.execute(superuser, "alter database defaultdb set role = 'postgres'");
            start(source, password, target);
            JsonPath view = ended(target, "error", "syncing");
            assertThat(view.getString("status")).as(view.getString("error")).isEqualTo("syncing");
            Api.execute(owner, "update public.t set w = 7 where id = 1");
            assertThat(Api.delete(target.path("/online-migration/" + view.getString("id")))
                            .statusCode())
                    .isEqualTo(204);
            view = ended(target, "done", "error");
            assertThat(view.getString("status")).as(view.getString("error")).isEqualTo("done");
            assertThat(view.getList("left_out", String.class))
                    .anySatisfy(line -> assertThat(line).contains("setting log_statement of the database"))
                    .anySatisfy(line -> assertThat(line).contains("setting role of the database"));
            assertThat(target.query("select w from public.t where id = 1")).isEqualTo("7");
        }
        try (Connection connection = superuser(target)) {
            assertThat(Api.query(connection, "select count(*) from pg_parameter_acl"))
                    .as("what the loader could ask for as long as it needed it")
                    .isEqualTo("0");
            trap.assertNotSprung();
            trap.assertSprungBy(connection);
        }
        target.delete();
        source.delete();
    }
}
