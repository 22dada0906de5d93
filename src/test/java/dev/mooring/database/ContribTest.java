package dev.mooring.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.process.postgres.BundleExtensions;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import dev.mooring.support.Trap;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** PostgreSQL's own extensions, as the administrator of a cluster. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
@Tag("once")
class ContribTest {

    /** From here on PostgreSQL's own script names the type of the extension that it needs. */
    private static final int BY_NAME = 16;

    /** Something that each of them does, and its answer; they are created in this order. */
    private static final Map<String, String> USES = uses("""
            amcheck | select bt_index_check('pg_class_oid_index')::text |
            autoinc | create sequence numbers start 7; create table auto_inc (id int); create trigger t before insert on auto_inc for each row execute function autoinc(id, numbers); insert into auto_inc values (null); select id from auto_inc | 7
            bloom | create table blooming (n int); create index on blooming using bloom (n); select count(*) from blooming where n = 1 | 0
            btree_gin | create table gin_tree (n int); create index on gin_tree using gin (n); select 1 | 1
            btree_gist | select 3 <-> 1 | 2
            citext | select 'A'::citext = 'a' | t
            cube | select cube_dim('(1,2)'::cube) | 2
            dict_int | select (ts_lexize('intdict', '12345678'))[1] | 123456
            dict_xsyn | select ts_lexize('xsyn', 'a') is null | t
            earthdistance | select round((point(0, 0) <@> point(0, 1))::numeric) | 69
            fuzzystrmatch | select levenshtein('a', 'b') | 1
            hstore | select ('a=>1'::hstore) -> 'a' | 1
            insert_username | create table named (who text); create trigger t before insert on named for each row execute function insert_username(who); insert into named values (null); select who from named | doadmin
            intagg | select int_array_aggregate(n)::text from generate_series(1, 2) n | {1,2}
            intarray | select sort('{2,1}'::int[])::text | {1,2}
            isn | select is_valid('978-0-11-000533-1'::isbn13) | t
            lo | create table lobs (l lo); select count(*) from lobs | 0
            ltree | select nlevel('a.b'::ltree) | 2
            moddatetime | create table modified (n int, at timestamptz); create trigger t before update on modified for each row execute function moddatetime(at); insert into modified values (1, null); update modified set n = 2; select at is not null from modified | t
            pg_buffercache | select count(*) > 0 from pg_buffercache | t
            pg_freespacemap | select count(*) >= 0 from pg_freespace('pg_class') | t
            pg_prewarm | select pg_prewarm('blooming') >= 0 | t
            pg_stat_statements | select pg_stat_statements_reset() is null; select count(*) >= 0 from pg_stat_statements | t
            pg_trgm | select similarity('a', 'a') | 1
            pg_visibility | select count(*) >= 0 from pg_visibility_map('pg_class') | t
            pgcrypto | select length(gen_salt('bf')) | 29
            pgrowlocks | select count(*) from pgrowlocks('blooming') | 0
            pgstattuple | select table_len >= 0 from pgstattuple('blooming') | t
            seg | select seg_size('1..2'::seg) | 1
            sslinfo | select ssl_is_used() | t
            tablefunc | select count(*) from normal_rand(3, 0, 1) | 3
            tcn | create table told (id int primary key); create trigger t after insert on told for each row execute function triggered_change_notification(); insert into told values (1); select 1 | 1
            tsm_system_rows | select count(*) from told tablesample system_rows(1) | 1
            tsm_system_time | select count(*) >= 0 from told tablesample system_time(10) | t
            unaccent | select unaccent('é') | e
            uuid-ossp | select length(uuid_generate_v4()::text) | 36
            """);

    private static Map<String, String> uses(String lines) {
        Map<String, String> uses = new HashMap<>();
        lines.lines().forEach(line -> {
            String[] parts = line.split(" \\|\\s?", 2);
            uses.put(parts[0], parts[1]);
        });
        return uses;
    }

    @ParameterizedTest
    @ValueSource(strings = {"13", "14", "15", "16", "17", "18"})
    void whatIsListedIsThereAndWhatIsNotSaysWhy(String version) throws Exception {
        TestCluster cluster = Api.cluster(version);
        List<String> listed = BundleExtensions.trusted();
        String page = Files.readString(Path.of("docs", "databases.md"));
        Trap trap = Trap.of();
        try (Connection connection = cluster.connect()) {
            trap.plant(connection);
            lieInWaitForEarthdistance(connection, Integer.parseInt(version));
            for (String name : listed) {
                assertThat(page).contains("`" + name + "`");
                Api.execute(connection, "create extension if not exists \"" + name + "\"");
                String use = USES.get(name);
                assertThat(use).as("a use of " + name).isNotNull();
                int bar = use.lastIndexOf(" |");
                assertThat(last(connection, use.substring(0, bar)))
                        .as(name + " of " + version)
                        .isEqualTo(use.substring(bar + 2).strip());
            }
            assertThat(
                            Api.query(
                                    connection,
                                    "select string_agg(name, ',' order by name collate \"C\") from (select distinct"
                                            + " name from pg_available_extension_versions where trusted and name <> 'plpgsql') t"))
                    .isEqualTo(String.join(",", listed.stream().sorted().toList()));
            whatIsNotListed(connection, page);
            nothingIsGained(connection, Integer.parseInt(version));
            for (String name : listed.reversed()) {
                String drop = "drop extension \"" + name + "\" cascade";
                if (name.equals("bloom") && version.equals("13")) {
                    assertThatThrownBy(() -> Api.execute(connection, drop)).hasMessageContaining("must be superuser");
                } else {
                    Api.execute(connection, drop);
                }
            }
        }
        trap.assertNotSprung();
        cluster.delete();
    }

    /** A type whose text runs a check as soon as it is read, under the name that the extension's script may look for. */
    private static void lieInWaitForEarthdistance(Connection connection, int version) throws SQLException {
        for (String command : List.of(
                "create schema waiting",
                "create domain waiting.one as text check (public.spring() = 1)",
                "create type waiting.cube as (one waiting.one)",
                "create function waiting.cube_is_point(waiting.cube) returns bool language sql as 'select true'",
                "create function waiting.cube_dim(waiting.cube) returns int language sql as 'select 1'",
                "create function waiting.cube_distance(waiting.cube, waiting.cube) returns float8 language sql as 'select"
                        + " 1.0::float8'",
                "create function waiting.cube(float8) returns waiting.cube language sql as 'select null::waiting.cube'",
                "create extension cube")) {
            Api.execute(connection, command);
        }
        String create = "create extension earthdistance schema waiting";
        if (version < BY_NAME) {
            Api.execute(connection, create);
        } else {
            assertThatThrownBy(() -> Api.execute(connection, create)).hasMessageContaining("cannot change return type");
        }
        Api.execute(connection, "drop schema waiting cascade");
    }

    private static void whatIsNotListed(Connection connection, String page) throws SQLException {
        List<String> others = all(
                connection,
                "select distinct v.name || ': ' || e.comment from pg_available_extension_versions v"
                        + " join pg_available_extensions e on e.name = v.name where not v.trusted");
        assertThat(others)
                .isNotEmpty()
                .allSatisfy(other -> assertThat(other).contains(": not for users: "))
                .anySatisfy(other -> assertThat(other).startsWith("dblink: "));
        for (String other : others) {
            String name = other.substring(0, other.indexOf(':'));
            assertThat(page).contains("`" + name + "`");
            assertThatThrownBy(() -> Api.execute(connection, "create extension \"" + name + "\" cascade"))
                    .as(name)
                    .hasMessageMatching(
                            "(?s)ERROR: (permission denied to create extension|could not open extension control file).*");
        }
    }

    /** Whatever the extensions have made belongs to the superuser; this is what it keeps for itself. */
    private static void nothingIsGained(Connection connection, int version) throws SQLException {
        for (String refused : Stream.concat(
                        Stream.of(
                                "select autoprewarm_start_worker()",
                                "select pg_truncate_visibility_map('pg_class')",
                                "alter function pg_prewarm(regclass, text, text, int8, int8) owner to doadmin",
                                "create or replace function bt_index_check(regclass) returns void language sql as ''",
                                "alter extension amcheck add function pg_catalog.pg_read_file(text)"),
                        version >= 17 ? Stream.of("select pg_buffercache_evict(1)") : Stream.empty())
                .toList()) {
            assertThatThrownBy(() -> Api.execute(connection, refused))
                    .as(refused)
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("42501"));
        }
        assertThat(Api.query(
                        connection,
                        "select count(*) from pg_proc p join pg_depend d on d.objid = p.oid"
                                + " and d.deptype = 'e' where p.prosecdef"))
                .as("functions of extensions that act as their owner")
                .isEqualTo("0");
        Api.execute(connection, "alter role doadmin set application_name = 'seen-by-statistics'");
        assertThat(Api.query(
                        connection,
                        "select count(*) from pg_stat_statements where query like '%seen-by-statistics%'"
                                + " and query not like '%pg_stat_statements%'"))
                .as("commands, which may have a password in them")
                .isEqualTo("0");
    }

    private static String last(Connection connection, String commands) throws SQLException {
        List<String> all = Arrays.asList(commands.split("; "));
        for (String command : all.subList(0, all.size() - 1)) {
            Api.execute(connection, command);
        }
        return Api.query(connection, all.getLast());
    }

    private static List<String> all(Connection connection, String query) throws SQLException {
        List<String> all = new java.util.ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                all.add(rows.getString(1));
            }
        }
        return all;
    }
}
