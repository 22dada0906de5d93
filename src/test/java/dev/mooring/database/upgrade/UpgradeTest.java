package dev.mooring.database.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.database.backup.Recoveries;
import dev.mooring.home.MooringHome;
import dev.mooring.process.pgbouncer.PgBouncer;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.PoolClient;
import dev.mooring.support.TestGround;
import dev.mooring.support.Writer;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Clusters that get a newer major version, and go back. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
public class UpgradeTest {

    /** What replication leaves out, and what dumps find hard. */
    public static final String[] NASTY = {
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
        begin(cluster, body);
        return Upgraded.ended(cluster);
    }

    private static String server(TestCluster cluster) throws SQLException {
        return cluster.query("select current_setting('server_version_num')::int / 10000");
    }

    @Test
    void onlineBringsEverythingWhileItIsWrittenToAndFollowsBack() throws Exception {
        Assumptions.assumeTrue(reachable().contains("18"), "no pg_upgrade to 18 on this machine");
        TestCluster cluster = Recoveries.backedUp("16");
        assertThat(Api.post(cluster.path("/dbs"), "{\"name\":\"Second-1\"}").statusCode())
                .isEqualTo(201);
        makeDatabasesBeside(cluster);
        fill(cluster, NASTY, NASTIER, CARRIED);
        setWhatDisturbs(cluster);
        try (Connection second = cluster.connect("doadmin", cluster.password(), "Second-1")) {
            Api.execute(second, "create table things (id int primary key)");
            Api.execute(second, "create sequence counter");
            Api.execute(second, "select setval('counter', 42, false)");
        }
        String before = cluster.query(SUMMARY);
        List<String> everything = everything(cluster, "18");
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
        assertThat(everything(cluster, "18")).containsExactlyElementsOf(everything);
        assertThat(cluster.query(SUMMARY)).isEqualTo(next(before));
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

        upgrade(cluster, "{\"version\": \"18\", \"method\": \"online\"}");
        run(cluster, "update loose set word = 'b'");
        run(cluster, "create table since (id int)");
        run(
                cluster,
                "insert into since values (1), (2); update since set id = 3 where id = 1; delete from since where id = 2");
        run(cluster, "alter role teller password 'New-1'");
        run(cluster, "insert into things (word) values ('five')");
        assertThat(Api.post(undo(cluster), "").statusCode()).isEqualTo(202);
        assertThat(failed(cluster)).contains("public.since", "public.loose in defaultdb", "passwords", "discard=true");
        assertThat(server(cluster)).isEqualTo("18");
        assertThat(Api.post(undo(cluster) + "?discard=true", "").statusCode()).isEqualTo(202);
        Upgraded.ended(cluster);
        assertThat(server(cluster)).isEqualTo("16");
        assertThat(cluster.query("select max(word) from things where id > 4")).isEqualTo("five");
        cluster.delete();
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

    private static void begin(TestCluster cluster, String body) {
        var answer = Api.put(cluster.path("/upgrade"), body);
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(204);
    }

    private static void awaitSomebodyIsWaitedFor(TestCluster cluster) {
        Awaitility.await("it says whom it waits for")
                .atMost(Duration.ofMinutes(2))
                .until(() -> Api.get("/mooring/v1/operations?cluster_id=" + cluster.id())
                        .asString()
                        .contains("waiting for the end of process"));
    }

    private static String undo(TestCluster cluster) {
        return "/mooring/v1/databases/" + cluster.id() + "/upgrade/undo";
    }

    /** The summary takes a number of a sequence. */
    private static String next(String summary) {
        int last = summary.lastIndexOf('|') + 1;
        return summary.substring(0, last) + (Integer.parseInt(summary.substring(last)) + 1);
    }

    /** What PostgreSQL's own program finds, whatever order the rows lie in. */
    private static List<String> tool(TestCluster cluster, String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of(words));
        command.addAll(1, List.of("--host=" + cluster.host(), "--port=" + cluster.port(), "--username=doadmin"));
        ProcessBuilder dump = new ProcessBuilder(command);
        dump.environment().put("PGPASSWORD", cluster.password());
        dump.environment().put("PGDATABASE", "defaultdb");
        dump.environment().put("PGOPTIONS", "-c statement_timeout=0 -c lock_timeout=0 -c role=none");
        Process process = dump.redirectErrorStream(true).start();
        List<String> lines = process.inputReader().lines().toList();
        assertThat(process.waitFor()).as(String.join("\n", lines)).isZero();
        return lines.stream()
                .filter(line -> !line.isBlank() && !line.startsWith("--") && !line.startsWith("\\"))
                .sorted()
                .toList();
    }

    /** What a rebuild from a dump and a replication stream loses or dies of. */
    public static final String[] NASTIER = {
        "create function twice_of(x int) returns int immutable language sql as 'select x * 2'",
        "create function double(x int) returns int immutable language sql as 'select public.twice_of(x)'",
        "create table generated (a int, b int generated always as (double(a)) stored)",
        "create index on generated (double(a))",
        "insert into generated select generate_series(1, 50)",
        "create function quote_ident(name) returns text language sql as $$ select 'mine' $$",
        "create function format(text, name, name) returns text language sql as $$ select 'mine' $$",
        "create unlogged table parent (a int primary key)",
        "create unlogged table child (a int references parent)",
        "create table logged_child () inherits (parent)",
        "insert into parent values (1)",
        "insert into child values (1)",
        "insert into logged_child select generate_series(1, 10)",
        "create table base (a int, b text)",
        "create table derived (b text, a int)",
        "alter table derived inherit base",
        "insert into derived values ('x', 1)",
        "create table secret (owner name default current_user, word text)",
        "alter table secret enable row level security",
        "alter table secret force row level security",
        "insert into secret (word) values ('sesame')",
        "create policy own on secret using (owner = current_user)",
        "create sequence fresh start 7",
        "create sequence again",
        "select setval('again', 42, false)",
        "alter table nokey replica identity full",
        "alter table nokey alter column b set statistics 321",
        "create table audit (what text)",
        "create function note() returns trigger language plpgsql as $$ begin insert into audit values (new.b); return new; end $$",
        "create trigger noting after insert on nokey for each row execute function note()",
        "alter table nokey enable always trigger noting",
        "create collation german (provider = icu, locale = 'de-u-kn-true')",
        "create table xml_one (x xml, t text collate german)",
        "insert into xml_one values ('<a/>', 'ä10')",
        "create schema mooring_upgrade",
        "create table mooring_upgrade.identity (name text, was text)",
        "insert into mooring_upgrade.identity values ('public.people', 'nothing; drop table people')",
        "create table \" mooring_upgrade\" (a int)",
        "create function even(x int) returns boolean immutable language sql as 'select x % 2 = 0'",
        "create domain paired as int constraint even check (even(value))",
        "comment on constraint even on domain paired is 'by two'",
        "create type two as (a paired, b text)",
        "create table twos (t two default '(2,x)', p paired)",
        "insert into twos (p) values (4)",
        "alter table twos add column late paired default 6",
        "create role teller login password 'Teller-1' connection limit 7 valid until '2040-01-01'",
        "create role crowd",
        "grant crowd to teller",
        "alter role teller set work_mem = '5MB'",
        "alter role teller in database defaultdb set search_path = 'nowhere'",
        "comment on role crowd is 'many'",
    };

    /** Without what logical decoding cannot carry. */
    public static final String[] CARRIED = {
        "truncate scratch, parent, child",
        "alter table secret no force row level security",
        "alter table nokey enable trigger noting",
    };

    /** In a database of its own: settings that would disturb whoever moves it. */
    private static final String[] DISTURBING = {
        "create table kept as select generate_series(1, 10) as a",
        "alter database disturbing set default_transaction_read_only = on",
        "alter database disturbing set statement_timeout = 1",
        "alter database disturbing set lock_timeout = 1",
        "alter database disturbing set role = 'crowd'",
        "alter database disturbing set search_path = 'nowhere'",
        "alter database disturbing set standard_conforming_strings = off"
    };

    /** What is in a database and beside it, one text each; what the upgrade gives the administrator is left out. */
    public static final String DEFINITIONS = String.join(
            " union all ",
            "select concat_ws(' ', 'table', oid::regclass, relkind, relpersistence, relreplident, replace((select string_agg(x::text, ',' order by x::text) from unnest(relacl) x), 'arwdDxtm', 'arwdDxt'), relrowsecurity,"
                    + " relforcerowsecurity, reloptions, relispopulated, pg_get_userbyid(relowner)) from pg_class where relnamespace::regnamespace::text in ('public', 'mooring_upgrade')",
            "select concat_ws(' ', 'column', attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull, attidentity,"
                    + " attgenerated, nullif(attstattarget, -1), attcollation::regcollation, attislocal, attinhcount, pg_get_expr(adbin, adrelid))"
                    + " from pg_attribute a left join pg_attrdef on adrelid = attrelid and adnum = attnum join pg_class c on c.oid = attrelid"
                    + " where attnum > 0 and relnamespace = 'public'::regnamespace",
            "select concat_ws(' ', 'function', pg_get_functiondef(oid), (select string_agg(x::text, ',' order by x::text) from unnest(proacl) x), pg_get_userbyid(proowner)) from pg_proc where pronamespace ="
                    + " 'public'::regnamespace and prokind = 'f' and not exists (select from pg_depend where classid ="
                    + " 'pg_proc'::regclass and objid = pg_proc.oid and deptype = 'e')",
            "select concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid)) from pg_constraint where connamespace"
                    + " = 'public'::regnamespace and contype <> 'n'",
            "select 'index ' || indexdef from pg_indexes where schemaname = 'public'",
            // From 16 on columns of a single table are written without its name.
            "select 'view ' || replace(pg_get_viewdef(oid), 'people.', '') from pg_class where relkind in ('v', 'm') and relnamespace = 'public'::regnamespace",
            "select concat_ws(' ', 'trigger', pg_get_triggerdef(oid), tgenabled) from pg_trigger where not tgisinternal",
            "select concat_ws(' ', 'domain check', contypid::regtype, conname, convalidated, pg_get_constraintdef(oid),"
                    + " obj_description(oid, 'pg_constraint')) from pg_constraint where contypid <> 0",
            "select 'policy ' || p::text from pg_policies p",
            "select concat_ws(' ', 'extension', extname) from pg_extension",
            "select concat_ws(' ', 'comment', objoid::regclass, description) from pg_description where classoid = 'pg_class'::regclass and"
                    + " objoid::regclass::text !~ '^(pg|information)_'",
            "select concat_ws(' ', 'role', rolname, rolcanlogin, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls, rolinherit,"
                    + " rolconnlimit, rolvaliduntil, rolconfig, shobj_description(oid, 'pg_authid')) from pg_roles where rolname !~ '^pg_' and rolname <> 'doadmin'",
            "select concat_ws(' ', 'set', setdatabase::regclass::text <> '0', setrole::regrole, setconfig) from pg_db_role_setting",
            "select concat_ws(' ', 'member', member::regrole, roleid::regrole) from pg_auth_members where member::regrole::text <> 'doadmin'"
                    + " and roleid::regrole::text !~ '^pg_'",
            "select concat_ws(' ', 'database', datname, datistemplate, datallowconn, datconnlimit, datcollate, pg_get_userbyid(datdba), (select string_agg(x::text, ',' order by x::text) from unnest(datacl) x),"
                    + " shobj_description(oid, 'pg_database')) from pg_database",
            "select concat_ws(' ', 'default rights', defaclobjtype, replace((select string_agg(x::text, ',' order by x::text) from unnest(defaclacl) x), 'arwdDxtm', 'arwdDxt')) from pg_default_acl",
            "select concat_ws(' ', 'sequence', s.oid::regclass, last_value, is_called) from (select 'again'::regclass as oid, last_value,"
                    + " is_called from again union all select 'fresh', last_value, is_called from fresh) s",
            "select concat_ws(' ', 'rows', (select count(*) from scratch), (select count(*) from child), (select count(*) from only logged_child),"
                    + " (select count(*) from secret), (select sum(b) from generated), (select string_agg(x::text || t, '') from xml_one))");

    private static List<String> everything(TestCluster cluster, String to) throws Exception {
        List<String> found = new ArrayList<>();
        try (Connection connection = cluster.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(DEFINITIONS)) {
            while (row.next()) {
                found.add(row.getString(1));
            }
        }
        if (to.equals("15")) {
            // The machine's own is of 15, and only that one speaks TLS.
            found.addAll(tool(
                    cluster,
                    "pg_dumpall",
                    "--no-role-passwords",
                    "--database=defaultdb",
                    "--exclude-database=postgres",
                    "--exclude-database=template1"));
        }
        // What the administrator may do depends on what the version has, and in 13 no role fetches the WAL.
        found.removeIf(line -> line.startsWith("ALTER ROLE doadmin ")
                || line.contains("mooring_archive")
                || line.matches("GRANT pg_\\w+ TO doadmin .*"));
        found.sort(null);
        return found;
    }

    @Test
    @Tag("once")
    void briefBringsEverythingByConstructionFromVersionToVersion() throws Exception {
        TestCluster cluster = Recoveries.backedUp("13");
        makeDatabasesBeside(cluster);
        fill(cluster, NASTY, NASTIER);
        setWhatDisturbs(cluster);
        List<String> reachable = reachable();
        assertThat(reachable).as("the machine's own").contains("15");
        for (String version : List.of("15", "16", "18")) {
            if (reachable.contains(version)) {
                bringsEverything(cluster, version);
            }
        }
        // The administrator can change and drop the roles that it made.
        run(cluster, "alter role teller connection limit 8; grant crowd to reader; drop role teller");
        cluster.delete();
    }

    private static void makeDatabasesBeside(TestCluster cluster) {
        for (String database : List.of("disturbing", "template", "closed")) {
            assertThat(Api.post(cluster.path("/dbs"), "{\"name\":\"" + database + "\"}")
                            .statusCode())
                    .isEqualTo(201);
        }
    }

    private static void fill(TestCluster cluster, String[]... all) throws SQLException {
        try (Connection connection = cluster.connect()) {
            for (String[] commands : all) {
                for (String command : commands) {
                    Api.execute(connection, command);
                }
            }
        }
    }

    private static void setWhatDisturbs(TestCluster cluster) throws SQLException {
        try (Connection connection = cluster.connect();
                Connection disturbing = cluster.connect("doadmin", cluster.password(), "disturbing")) {
            Api.execute(connection, "revoke connect on database disturbing from public");
            Api.execute(connection, "comment on database disturbing is 'mind the settings'");
            Api.execute(connection, "alter database template is_template true");
            Api.execute(connection, "alter database closed allow_connections false");
            for (String command : DISTURBING) {
                Api.execute(disturbing, command);
            }
        }
    }

    private static void bringsEverything(TestCluster cluster, String version) throws Exception {
        String summary = cluster.query(SUMMARY);
        List<String> before = everything(cluster, version);
        try (Writer writer = new Writer(cluster::connect).warm()) {
            JsonPath operation = upgrade(cluster, "{\"version\": \"" + version + "\", \"method\": \"brief\"}");
            assertThat(operation.getString("receipt.method")).isEqualTo("brief");
            assertThat(operation.getDouble("receipt.write_pause_ms")).isPositive();
            writer.warm().check();
        }
        run(cluster, "drop table written");
        assertThat(server(cluster)).isEqualTo(version);
        assertThat(everything(cluster, version)).containsExactlyElementsOf(before);
        assertThat(cluster.query(SUMMARY)).isEqualTo(next(summary));
        try (Connection teller = cluster.connect("teller", "Teller-1", "defaultdb")) {
            assertThat(Api.query(teller, "show work_mem")).isEqualTo("5MB");
        }
        assertThat(cluster.query("select count(*) from pg_catalog.pg_stats where tablename = 'people'"))
                .isNotEqualTo("0");
    }

    private static void run(TestCluster cluster, String command) throws SQLException {
        try (Connection connection = cluster.connect()) {
            Api.execute(connection, command);
        }
    }

    private static List<String> reachable() {
        return Api.get("/v2/databases/options").jsonPath().getList("options.pg.upgrade_targets", String.class);
    }

    @Test
    @Tag("once")
    void whatOnlineCannotCarryMakesItBriefAndItsUndoNamesWhatItWouldLose() throws Exception {
        TestCluster cluster = Recoveries.backedUp("13");
        try (Connection connection = cluster.connect()) {
            Api.execute(connection, "create table things (id int primary key)");
            Api.execute(connection, "create unlogged table loose as select generate_series(1, 5) as a");
            Api.execute(connection, "insert into things values (1)");
        }
        String undo = undo(cluster);
        try (Connection open = cluster.connect()) {
            open.setAutoCommit(false);
            Api.execute(open, "insert into things values (10)");
            begin(cluster, "{\"version\": \"15\"}");
            awaitSomebodyIsWaitedFor(cluster);
            Api.execute(open, "delete from things where id = 10");
            open.commit();
        }
        JsonPath first = Upgraded.ended(cluster);
        assertThat(first.getInt("receipt.transactions_ended")).isZero();
        assertThat(first.getString("receipt.method")).isEqualTo("brief");
        assertThat(first.getString("receipt.method_reason")).contains("not online", "PostgreSQL 15 applies");
        assertThat(Api.post(undo, "").statusCode()).isEqualTo(202);
        Upgraded.ended(cluster);
        assertThat(server(cluster)).as("nothing was written, nothing is lost").isEqualTo("13");
        try (Connection open = cluster.connect()) {
            open.setAutoCommit(false);
            Api.execute(open, "insert into things values (20)");
            JsonPath second =
                    upgrade(cluster, "{\"version\": \"15\", \"method\": \"brief\", \"end_transactions\": true}");
            assertThat(second.getInt("receipt.transactions_ended")).isEqualTo(1);
            assertThat(second.getString("receipt.transactions_ended_of")).contains("doadmin");
        }
        if (reachable().contains("18")) {
            var refused = Api.put(cluster.path("/upgrade"), "{\"version\": \"18\", \"method\": \"online\"}");
            assertThat(refused.statusCode()).as(refused.asString()).isEqualTo(422);
            assertThat(refused.asString()).contains("public.loose in defaultdb");
        }
        run(cluster, "insert into things values (2)");
        TestCluster restored = Recoveries.restore(cluster, null);
        assertThat(server(restored)).as("what the new version has archived").isEqualTo("15");
        assertThat(restored.query("select count(*) from things")).isEqualTo("2");
        restored.delete();
        assertThat(Api.post(undo, "").statusCode()).isEqualTo(202);
        assertThat(failed(cluster)).contains("public.things in defaultdb", "discard=true");
        assertThat(server(cluster)).isEqualTo("15");
        assertThat(Api.post(undo + "?discard=true", "").statusCode()).isEqualTo(202);
        Upgraded.ended(cluster);
        assertThat(server(cluster)).isEqualTo("13");
        assertThat(cluster.query("select string_agg(id::text, ',') from things"))
                .isEqualTo("1");
        assertThat(cluster.query("select count(*) from loose")).isEqualTo("5");
        run(cluster, "insert into things values (3)");
        cluster.delete();
    }

    @Test
    @Tag("once")
    void whatThePgUpgradeOfACopyRefusesIsToldBeforeAnythingIsChanged() throws Exception {
        TestCluster cluster = Api.cluster("13");
        run(cluster, "create table numbered (f regproc)");
        run(cluster, "create publication mooring_undo_mine for table numbered");
        String body = "{\"version\": \"15\", \"method\": \"brief\"}";
        var refused = Api.put(cluster.path("/upgrade"), body);
        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(refused.asString())
                .contains(
                        "public.numbered column f of type regproc",
                        "publication mooring_undo_mine in defaultdb",
                        "Nothing was changed");
        run(cluster, "drop table numbered");
        run(cluster, "drop publication mooring_undo_mine");
        run(cluster, "create function twice(int) returns int language sql immutable as 'select $1 * 2'");
        run(cluster, "create operator public.!!! (leftarg = int, function = twice)");
        refused = Api.put(cluster.path("/upgrade"), body);
        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(refused.asString()).contains("postfix", "!!!", "Nothing was changed");
        run(cluster, "drop operator public.!!! (int, none)");
        run(
                cluster,
                "create aggregate public.collected (anyelement) (sfunc = array_append, stype = anyarray, initcond = '{}')");
        refused = Api.put(cluster.path("/upgrade"), body);
        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(refused.asString()).contains("anyarray", "collected", "Nothing was changed");
        run(cluster, "drop aggregate public.collected (anyelement)");
        run(cluster, "create function four(int) returns int language sql immutable as 'select twice(twice($1))'");
        run(cluster, "create table foured (a int)");
        run(cluster, "create index on foured (four(a))");
        refused = Api.put(cluster.path("/upgrade"), body);
        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(refused.asString()).contains("twice(integer)", "set search_path", "Nothing was changed");
        assertThat(cluster.status()).isEqualTo("online");
        assertThat(server(cluster)).isEqualTo("13");
        assertThat(cluster.query("select count(*) from pg_replication_slots where slot_name ~ 'copy'"))
                .isEqualTo("0");
        Path folder = MooringHome.configured().cluster(UUID.fromString(cluster.id()));
        try (var left = Files.list(folder)) {
            assertThat(left.map(file -> file.getFileName().toString()))
                    .noneMatch(name -> name.matches("(copy|new)-.*"));
        }
        cluster.delete();
    }

    private static String failed(TestCluster cluster) {
        Awaitility.await("failure")
                .atMost(Duration.ofSeconds(30))
                .until(() -> Api.get("/mooring/v1/operations?cluster_id=" + cluster.id())
                                .jsonPath()
                                .getString("operations.find { it.kind != 'back-up-cluster' }.error")
                        != null);
        cluster.awaitOnline();
        return Api.get("/mooring/v1/operations?cluster_id=" + cluster.id())
                .jsonPath()
                .getString("operations.find { it.kind != 'back-up-cluster' }.error");
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
