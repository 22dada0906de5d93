package dev.mooring.dataplane.local.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is noticed of what happens in a server between two looks. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class DefinitionsTest {

    private static final List<String> MADE = List.of(
            "create table kept (id int primary key, word text)",
            "create table keyless (a int, b text)",
            "create table deferred (id int primary key deferrable, word text)",
            "create table whole (a int, b text)",
            "alter table whole replica identity full",
            "create unlogged table loose (a int)",
            "create view seen as select * from kept",
            "create materialized view filled as select * from kept",
            "create sequence counter",
            "create role teller login",
            "select lo_from_bytea(4711, 'x')",
            "insert into kept select i, 'x' from generate_series(1, 1000) i",
            "insert into keyless select i, 'x' from generate_series(1, 1000) i",
            "insert into deferred values (1, 'x')",
            "insert into whole values (1, 'x')");

    /** Rows come and go, and the server keeps house. */
    private static final List<String> NO_DEFINITIONS = List.of(
            "create temporary table passing (id int primary key, word text default 'x', check (id > 0))",
            "create index on passing (word)",
            "insert into kept values (2000, 'y')",
            "update kept set word = 'z' where id < 500",
            "delete from kept where id between 10 and 20",
            "update whole set b = 'y'",
            "insert into keyless values (0, 'new')",
            "insert into deferred values (2, 'y')",
            "select nextval('counter')",
            "analyze",
            "vacuum kept");

    /** One word of what is said of each, or a catalog. */
    private static final Map<String, String> CHANGES = Map.ofEntries(
            Map.entry("create role mooring_teller", "roles"),
            Map.entry("create table made (a int)", "public.made"),
            Map.entry("alter table kept add column more int", "public.kept"),
            Map.entry("alter table kept alter column word set statistics 77", "pg_attribute"),
            Map.entry("alter table kept alter column word set default 'w'", "pg_attrdef"),
            Map.entry("create index on kept (word)", "pg_index"),
            Map.entry("alter table keyless replica identity full", "public.keyless"),
            Map.entry("drop view seen", "pg_rewrite"),
            Map.entry("alter table whole alter column b type text using b || '!'", "pg_attribute"),
            Map.entry("truncate keyless", "public.keyless in defaultdb (truncated or rewritten)"),
            Map.entry("alter database shut connection limit 7", "databases"),
            Map.entry("create function f() returns int language sql as 'select 1'", "public.f()"),
            Map.entry("create schema \"Über\"", "schema \"Über\""),
            Map.entry("comment on table kept is 'kept'", "pg_description"),
            Map.entry("grant select on kept to teller", "public.kept"),
            Map.entry("alter sequence counter increment 2", "pg_sequence"),
            Map.entry("alter sequence counter owned by kept.id", "pg_depend"),
            Map.entry("refresh materialized view filled", "public.filled"),
            Map.entry("select lo_create(4712)", "pg_largeobject_metadata"),
            Map.entry("create type mood as enum ('sad')", "pg_enum"),
            Map.entry("alter role teller password 'Another-1'", "passwords"),
            Map.entry("create role crowd", "roles"),
            Map.entry("alter role teller in database defaultdb set work_mem = '5MB'", "settings"),
            Map.entry("alter database defaultdb set work_mem = '5MB'", "settings"),
            Map.entry("comment on role teller is 'counts'", "pg_shdescription"),
            Map.entry("create database another", "another"));

    @Inject
    LocalClusters clusters;

    private PostgresServer side(TestCluster cluster) throws Exception {
        ClusterFolder folder = clusters.folder(UUID.fromString(cluster.id()));
        return PostgresServer.of(clusters, folder, folder.manifest().orElseThrow());
    }

    @ParameterizedTest
    @ValueSource(strings = {"13", "15", "18"})
    void whateverIsDefinedIsNoticedAndNothingElse(String major) throws Exception {
        TestCluster cluster = Api.cluster(major);
        PostgresServer side = side(cluster);
        run(cluster, MADE);
        Definitions before = Definitions.of(side);
        Glance glance = Glance.at(side);
        run(cluster, NO_DEFINITIONS);
        assertThat(before.changedIn(side)).isEmpty();
        assertThat(glance.changed(side)).isFalse();
        try (Connection connection = side.open("postgres")) {
            PostgresServer.execute(connection, "create database shut owner doadmin allow_connections false");
        }
        for (Map.Entry<String, String> change : CHANGES.entrySet()) {
            glance = Glance.at(side);
            before = glance.before();
            run(cluster, List.of(change.getKey()));
            assertThat(before.changedIn(side)).as(change.getKey()).anyMatch(text -> text.contains(change.getValue()));
            assertThat(glance.changed(side)).as(change.getKey()).isTrue();
            if (change.getKey().startsWith("truncate")) {
                assertThat(before.withoutFiles().changedIn(side)).as("carried").isEmpty();
            }
        }
        Kept kept = new Kept("13", "13.0", 1, Map.of(), false, List.of(), Definitions.of(side), Carried.now(side));
        try (Connection connection = side.open("postgres")) {
            PostgresServer.execute(connection, "select pg_create_physical_replication_slot('theirs')");
        }
        assertThat(kept.lost(side)).contains("the replication slot theirs");
        assertThat(kept.lost(side).stream().anyMatch(text -> text.contains("does not count exactly")))
                .isEqualTo(major.equals("13"));
        cluster.delete();
    }

    @ParameterizedTest
    @ValueSource(strings = {"15", "18"})
    void whatIsNotCarriedIsNoticedAndNothingElse(String major) throws Exception {
        TestCluster cluster = Api.cluster(major);
        PostgresServer side = side(cluster);
        run(cluster, MADE);
        run(cluster, List.of("create database shut"));
        run(cluster, List.of("alter database shut allow_connections false"));
        Carried before = Carried.now(side);
        run(cluster, NO_DEFINITIONS);
        assertThat(before.missedIn(side)).isEmpty();
        for (Map.Entry<String, String> change : Map.of(
                        "update keyless set b = 'y' where a = 1", "public.keyless in defaultdb",
                        "delete from keyless where a = 2", "public.keyless in defaultdb",
                        "update deferred set word = 'y'", "public.deferred in defaultdb",
                        "select lo_put(4711, 0, 'y')", "pg_catalog.pg_largeobject in defaultdb",
                        "insert into loose values (1)", "public.loose in defaultdb")
                .entrySet()) {
            before = Carried.now(side);
            run(cluster, List.of(change.getKey()));
            assertThat(before.missedIn(side)).as(change.getKey()).contains(change.getValue());
        }
        before = Carried.now(side);
        run(cluster, List.of("alter database shut allow_connections true"));
        cluster.connect("doadmin", cluster.password(), "shut").close();
        run(cluster, List.of("alter database shut allow_connections false"));
        assertThat(before.missedIn(side)).anyMatch(text -> text.contains("nobody knows what in shut"));
        try (Connection connection = side.open("defaultdb")) {
            PostgresServer.execute(connection, "select pg_stat_reset()");
        }
        assertThat(before.missedIn(side)).anyMatch(text -> text.contains("nobody knows what, because"));
        cluster.delete();
    }

    /** In a session that has ended: then what it did is counted. */
    private static void run(TestCluster cluster, List<String> commands) throws Exception {
        String process;
        try (Connection connection = cluster.connect()) {
            process = Api.query(connection, "select pg_backend_pid()");
            for (String command : commands) {
                Api.execute(connection, command);
            }
        }
        try (Connection connection = cluster.connect()) {
            Awaitility.await("the session's end")
                    .until(() -> Api.query(connection, "select count(*) from pg_stat_activity where pid = " + process)
                            .equals("0"));
        }
    }
}
