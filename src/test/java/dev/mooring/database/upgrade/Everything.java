package dev.mooring.database.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** A database that uses everything that PostgreSQL has, and what there is to compare of it. */
public final class Everything {

    private Everything() {}

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

    static final String SUMMARY = "select concat_ws('|', (select count(*) from people), (select max(name) from people),"
            + " (select sum(twice) from people), (select count(*) from \"Größe \"\"x\"\"\"), (select what from log),"
            + " (select md5(string_agg(a || b, ',' order by a)) from nokey), (select count(*) from scratch),"
            + " (select n from heads), (select count(*) from adults), (select relrowsecurity from pg_class where relname = 'people'),"
            + " obj_description('people'::regclass), has_table_privilege('reader', 'people', 'select'),"
            + " (select md5(lo_get(content)) from pictures),"
            + " (select md5(string_agg(l.id || l.filler || mood, ',' order by l.id)) from large l join moods m"
            + " on m.id = l.id and m.filler = l.filler), (select nextval('people_id_seq')))";

    /** The summary takes a number of a sequence. */
    static String next(String summary) {
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
        // A database may have one that its own names do not fit into.
        dump.environment().put("PGCLIENTENCODING", "UTF8");
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
    static final String[] DISTURBING = {
        "create table kept as select generate_series(1, 10) as a",
        "create table \"表\" as select '表'::text as a",
        "alter database disturbing set default_transaction_read_only = on",
        "alter database disturbing set statement_timeout = 1",
        "alter database disturbing set lock_timeout = 1",
        "alter database disturbing set role = 'crowd'",
        "alter database disturbing set search_path = 'nowhere'",
        "alter database disturbing set client_encoding = 'LATIN1'",
        "alter database disturbing set standard_conforming_strings = off"
    };

    private static final int FIRST_WITH_IDLE_LIMIT = 14;

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

    /** What is there, in words that are the same in every version.
     *
     * @param to the version that it is compared with
     */
    static List<String> of(TestCluster cluster, String to) throws Exception {
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

    static void makeDatabasesBeside(TestCluster cluster) {
        for (String database : List.of("disturbing", "template", "closed")) {
            assertThat(Api.post(cluster.path("/dbs"), "{\"name\":\"" + database + "\"}")
                            .statusCode())
                    .isEqualTo(201);
        }
    }

    static void fill(TestCluster cluster, String[]... all) throws SQLException {
        try (Connection connection = cluster.connect()) {
            for (String[] commands : all) {
                for (String command : commands) {
                    Api.execute(connection, command);
                }
            }
        }
    }

    static void setWhatDisturbs(TestCluster cluster) throws SQLException {
        try (Connection connection = cluster.connect();
                Connection disturbing = cluster.connect("doadmin", cluster.password(), "disturbing")) {
            Api.execute(connection, "revoke connect on database disturbing from public");
            Api.execute(connection, "comment on database disturbing is 'mind the settings'");
            Api.execute(connection, "alter database template is_template true");
            Api.execute(connection, "alter database closed allow_connections false");
            for (String command : DISTURBING) {
                Api.execute(disturbing, command);
            }
            if (Integer.parseInt(Upgrading.server(cluster)) >= FIRST_WITH_IDLE_LIMIT) {
                Api.execute(connection, "alter database disturbing set idle_session_timeout = 1");
            }
        }
    }
}
