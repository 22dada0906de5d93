package dev.mooring.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How far somebody gets who has nothing but a doadmin connection, or was given a user by it. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class AdministratorBoundaryTest extends AdministratorScene {

    private static final List<String> TO_THE_MACHINE = List.of(
            "grant pg_execute_server_program to current_user",
            "grant pg_read_server_files to current_user",
            "grant pg_write_server_files to current_user",
            "create role pg_execute_server_program",
            "create role maker superuser",
            "create role agent in role pg_execute_server_program",
            "alter role current_user superuser",
            "alter role postgres password 'x'",
            "alter role postgres rename to gone",
            "grant postgres to current_user",
            "set role postgres",
            "copy (select 1) to program 'true'",
            "copy (select 1) to '/tmp/mooring-boundary'",
            "select pg_read_file('postgresql.conf')",
            "select pg_ls_dir('/')",
            "select lo_import('/etc/passwd')",
            "create extension adminpack",
            "create extension file_fdw",
            "create extension dblink",
            "create extension postgres_fdw",
            "create function own() returns int language c as '/tmp/own'",
            "load '/tmp/own'",
            "alter system set archive_command = 'true'",
            "set session_preload_libraries = '/tmp/own'",
            "set dynamic_library_path = '/tmp'",
            "alter database defaultdb set session_preload_libraries = '/tmp/own'",
            "select pg_reload_conf()",
            "update pg_authid set rolsuper = true",
            "create event trigger own on ddl_command_start execute function pg_catalog.now()");

    @ParameterizedTest
    @ValueSource(strings = {"13", "15", "18"})
    void noRoleReachesFilesOrPrograms(String version) throws SQLException {
        TestCluster cluster = cluster(version);
        try (Connection admin = cluster.connect()) {
            Api.execute(admin, "create role underling login password 'underling-1' createrole createdb");
            assertThat(letThrough(admin, TO_THE_MACHINE)).isEmpty();
            assertThat(letThrough(
                            admin,
                            List.of(
                                    // PostgreSQL 13 loads whatever file a logical slot names; younger ones have a list.
                                    "select pg_create_logical_replication_slot('own', '/tmp/own')",
                                    "grant pg_execute_server_program to underling",
                                    "alter role underling superuser")))
                    .isEmpty();
            assertThat(Api.query(
                            admin,
                            "select string_agg(m.rolname, ',') from pg_auth_members a join pg_roles r on r.oid"
                                    + " = a.roleid join pg_roles m on m.oid = a.member where r.rolsuper or"
                                    + " r.rolname in ('pg_execute_server_program', 'pg_read_server_files',"
                                    + " 'pg_write_server_files')"))
                    .isNull();
            assertThat(Api.query(
                            admin,
                            "select rolreplication and not exists (select from pg_settings where name ="
                                    + " 'output_plugin_libraries') from pg_roles where rolname = 'doadmin'"))
                    .as("who may make a slot could have any library loaded")
                    .isEqualTo("f");
        }
        try (Connection underling = cluster.connect("underling", "underling-1", "defaultdb")) {
            assertThat(letThrough(underling, TO_THE_MACHINE)).isEmpty();
        }
        try (Connection admin = cluster.connect()) {
            Api.execute(admin, "drop role underling");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"13", "15", "18"})
    void whatManagedServicesGiveTheirAdministratorsWorks(String version) throws SQLException {
        TestCluster cluster = cluster(version);
        try (Connection admin = cluster.connect()) {
            Api.execute(admin, "create role readers nologin");
            Api.execute(admin, "create role analyst login password 'analyst-1' in role readers");
            Api.execute(admin, "create table reports (id int)");
            Api.execute(admin, "grant select on reports to readers");
            Api.execute(admin, "grant pg_monitor, pg_signal_backend to analyst");
            Api.execute(admin, "alter role analyst set search_path = public");
            Api.execute(admin, "alter role analyst connection limit 5");
            Api.execute(admin, "grant create on database defaultdb to analyst");
            if (!version.equals("13")) {
                Api.execute(admin, "grant pg_read_all_data to analyst");
            }
            Api.execute(admin, "create database by_sql");
            Api.execute(admin, "drop database by_sql");
        }
        try (Connection analyst = cluster.connect("analyst", "analyst-1", "defaultdb")) {
            Api.execute(analyst, "create schema own_work");
            assertThat(Api.query(analyst, "select count(*) from reports")).isEqualTo("0");
            assertThat(Api.query(analyst, "show data_directory")).isNotNull();
        }
        cluster.connect("doadmin", cluster.password(), "template1").close();
        try (Connection admin = cluster.connect()) {
            Api.execute(admin, "grant analyst to doadmin");
            Api.execute(admin, "drop owned by analyst; drop role analyst; drop table reports; drop role readers");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"13", "15", "18"})
    void nothingGainsRightsByADeletion(String version) throws SQLException {
        TestCluster cluster = cluster(version);
        String bobs = user(cluster, "bob");
        String eves = user(cluster, "eve");
        try (Connection admin = cluster.connect()) {
            Api.execute(admin, "create table admins_secret as select 'secret'::text as content");
        }
        try (Connection bob = cluster.connect("bob", bobs, "defaultdb")) {
            Api.execute(bob, "create table bobs (id int)");
            Api.execute(bob, "insert into bobs select generate_series(1, 10)");
            Api.execute(bob, "grant select on bobs to eve");
            Api.execute(
                    bob,
                    "create function bobs_errand(text) returns text language plpgsql security definer as"
                            + " $$ begin execute $1; return current_user; end $$");
            // Run by ANALYZE, also the automatic one, as whoever owns the table.
            Api.execute(
                    bob,
                    "create function bobs_key(int) returns int immutable language plpgsql as"
                            + " $$ begin if current_user = 'doadmin' then raise exception 'runs as doadmin'; end if;"
                            + " return $1; end $$");
            Api.execute(bob, "create index on bobs (bobs_key(id))");
            Api.execute(bob, "create view bobs_view as select content from admins_secret");
            Api.execute(bob, "grant select on bobs_view to eve");
            Api.execute(bob, "create table bobs_box (id int)");
            Api.execute(
                    bob,
                    "create rule box as on insert to bobs_box do instead"
                            + " update admins_secret set content = 'overwritten'");
            Api.execute(bob, "grant insert on bobs_box to eve");
        }
        delete(cluster, "bob");
        assertThatThrownBy(() -> cluster.connect("bob", bobs, "defaultdb"))
                .hasMessageContaining("authentication failed");
        String former = cluster.query("select tableowner from pg_tables where tablename = 'bobs'");
        assertThat(former).startsWith("mooring_former_");
        try (Connection eve = cluster.connect("eve", eves, "defaultdb")) {
            assertThat(Api.query(eve, "select bobs_errand('select 1')")).isEqualTo(former);
            assertThat(letThrough(
                            eve,
                            List.of(
                                    "select bobs_errand('create role through_bob')",
                                    "select bobs_errand('select * from admins_secret')",
                                    "select * from bobs_view",
                                    "insert into bobs_box values (1)",
                                    "set role " + former)))
                    .isEmpty();
            assertThat(Api.query(eve, "select count(*) from bobs"))
                    .as("grants stay")
                    .isEqualTo("10");
        }
        Map<String, Object> left = Api.get("/mooring/v1/operations?cluster_id=" + cluster.id())
                .jsonPath()
                .getMap("operations.find { it.receipt?.left_by_deleted_users != null"
                        + " }.receipt.left_by_deleted_users[0]");
        assertThat(left)
                .containsEntry("user", "bob")
                .containsEntry("role", former)
                .containsEntry("definers", List.of("defaultdb: public.bobs_errand(text)"));
        try (Connection admin = cluster.connect()) {
            Api.execute(admin, "analyze bobs");
            Api.execute(admin, "alter table bobs add name text");
            assertThat(Api.query(admin, "select count(*) from bobs")).isEqualTo("10");
            Api.execute(admin, "drop owned by " + former);
            Api.execute(admin, "drop role " + former);
            Api.execute(admin, "drop table admins_secret");
        }
        delete(cluster, "eve");
    }

    /** A server that loads any library that a logical slot names gives nobody REPLICATION. */
    @ParameterizedTest
    @ValueSource(strings = {"13"})
    void replicationIsRefusedWhereItReachesTheMachine(String version) throws SQLException {
        TestCluster cluster = cluster(version);
        Response refused = Api.post(
                cluster.path("/users"), "{\"name\":\"streamer\",\"settings\":{\"pg_allow_replication\":true}}");
        assertThat(refused.statusCode()).as(refused.asString()).isEqualTo(422);
        assertThat(refused.jsonPath().getString("message")).contains("pg_allow_replication");
        assertThat(cluster.query("select 1 from pg_roles where rolname = 'streamer'"))
                .isNull();
        user(cluster, "later");
        assertThat(Api.put(cluster.path("/users/later"), "{\"settings\":{\"pg_allow_replication\":true}}")
                        .statusCode())
                .isEqualTo(422);
        delete(cluster, "later");
    }

    @ParameterizedTest
    @ValueSource(strings = {"13", "15", "18"})
    void mooringIsNotLockedOutOfItsOwnServer(String version) throws SQLException {
        TestCluster cluster = cluster(version);
        boolean bounded = Integer.parseInt(version) >= BOUNDED;
        String lens = user(cluster, "len");
        assertThat(Api.post(cluster.path("/dbs"), "{\"name\":\"lens\"}").statusCode())
                .isEqualTo(201);
        try (Connection len = cluster.connect("len", lens, "lens")) {
            Api.execute(len, "create schema lens_own");
            Api.execute(len, "create table lens_own.t (id int)");
        }
        Connection sits = cluster.connect("doadmin", cluster.password(), "template1");
        try (Connection admin = cluster.connect()) {
            List<String> roles = List.of(
                    "alter role mooring_owner login password 'x'",
                    "alter role mooring_owner createrole",
                    "alter role mooring_owner rename to gone");
            assertThat(letThrough(admin, roles)).isEqualTo(bounded ? List.of() : roles);
            for (String setting : List.of(
                    "local_preload_libraries = '/nowhere'",
                    "role = 'len'",
                    "default_transaction_read_only = on",
                    "statement_timeout = 1",
                    "search_path = nowhere")) {
                Api.execute(admin, "alter database lens set " + setting);
            }
            Api.execute(admin, "alter database lens connection limit 0");
            Api.execute(admin, "revoke connect on database lens from public");
            Api.execute(admin, "alter database lens is_template true");
            Api.execute(admin, "alter database lens allow_connections false");
        }
        // The next change finds all of it, and works.
        delete(cluster, "len");
        assertThat(cluster.query("select count(*) from pg_roles where rolname = 'mooring_owner'"
                        + " and not rolcanlogin and not rolcreaterole"))
                .isEqualTo("1");
        assertThat(cluster.query("select pg_get_userbyid(datdba) from pg_database where datname = 'defaultdb'"))
                .isEqualTo("mooring_owner");
        assertThat(cluster.query("select datallowconn or datconnlimit <> 0 from pg_database where datname = 'lens'"))
                .as("what its owner has closed stays closed")
                .isEqualTo("f");
        assertThat(Api.delete(cluster.path("/dbs/lens")).statusCode()).isEqualTo(204);
        Response made = Api.post(cluster.path("/dbs"), "{\"name\":\"while_template1_is_used\"}");
        assertThat(made.statusCode()).as(made.asString()).isEqualTo(201);
        sits.close();
        String newcomer = user(cluster, "newcomer");
        try (Connection connection = cluster.connect("newcomer", newcomer, "while_template1_is_used")) {
            Api.execute(connection, "create table t (id int)");
        }
        Api.delete(cluster.path("/dbs/while_template1_is_used"));
        delete(cluster, "newcomer");
        assertThat(cluster.query("select count(*) from pg_roles where rolname = 'len'"))
                .isEqualTo("0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"18"})
    void whoHoldsAllConnectionsHoldsNothingUp(String version) throws SQLException {
        TestCluster cluster = cluster(version);
        String guests = user(cluster, "guest");
        Connection guest = cluster.connect("guest", guests, "defaultdb");
        Api.execute(guest, "create table guests (id int)");
        Api.execute(guest, "begin");
        Api.execute(guest, "alter role guest password 'mine'");
        List<Connection> all = new ArrayList<>(List.of(guest));
        assertThatThrownBy(() -> {
                    while (true) {
                        all.add(cluster.connect());
                    }
                })
                .hasMessageContaining("remaining connection slots are reserved");
        delete(cluster, "guest");
        for (Connection connection : all) {
            connection.close();
        }
        assertThat(cluster.query("select 1 from pg_roles where rolname = 'guest'"))
                .isNull();
    }

    /** Before 16 whoever may make roles may also rename and drop the administrator. */
    @ParameterizedTest
    @ValueSource(strings = {"13", "15", "18"})
    void theAdministratorComesBack(String version) throws SQLException {
        TestCluster cluster = cluster(version);
        boolean bounded = Integer.parseInt(version) >= BOUNDED;
        try (Connection admin = cluster.connect()) {
            Api.execute(admin, "create role rival login password 'rival-1' createrole");
        }
        try (Connection rival = cluster.connect("rival", "rival-1", "defaultdb")) {
            List<String> attacks = List.of("alter role doadmin rename to deposed", "revoke pg_monitor from deposed");
            assertThat(letThrough(rival, attacks)).isEqualTo(bounded ? List.of() : attacks);
            user(cluster, "visitor");
            delete(cluster, "visitor");
            if (!bounded) {
                Api.execute(rival, "drop owned by doadmin");
                Api.execute(rival, "drop role doadmin");
            }
        } catch (SQLException e) {
            // What it owns keeps it from being dropped: fine as well.
            assertThat(e.getSQLState()).as(e.getMessage()).isIn("42501", "2BP01", "55006");
        }
        Response reset = Api.post(cluster.path("/users/doadmin/reset_auth"), "{}");
        assertThat(reset.statusCode()).as(reset.asString()).isEqualTo(200);
        String password = reset.jsonPath().getString("user.password");
        TestCluster again = new TestCluster(cluster.id(), cluster.name(), cluster.host(), cluster.port(), password);
        CLUSTERS.put(version, again);
        assertThat(again.query("select rolcreaterole and rolcreatedb and rolbypassrls and not rolsuper"
                        + " and pg_has_role('mooring_owner', 'member') and pg_has_role('pg_monitor', 'member')"
                        + " from pg_roles where rolname = 'doadmin'"))
                .isEqualTo("t");
        try (Connection admin = again.connect()) {
            Api.execute(admin, "drop role rival");
        }
    }
}
