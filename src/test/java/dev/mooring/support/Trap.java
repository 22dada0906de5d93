package dev.mooring.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.UUID;

/**
 * What somebody with a database of Mooring's plants in it, everywhere where a function of theirs may run: whatever runs it as superuser
 * leaves a file on the machine.
 *
 * @param marker the file
 */
public record Trap(Path marker) {

    public static Trap of() {
        return new Trap(Path.of("/tmp", "mooring-trap-" + UUID.randomUUID()));
    }

    /** The program that a superuser runs for the one who has set it. */
    public String program() {
        return "copy (select 1) to program 'cat > /dev/null && touch " + marker + "'";
    }

    /** As the owner of the database. */
    public void plant(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String command : commands()) {
                statement.execute(command);
            }
        }
    }

    private List<String> commands() {
        return List.of(
                """
                create function public.spring() returns int language plpgsql as $$
                begin
                    if (select rolsuper from pg_catalog.pg_roles where rolname operator(pg_catalog.=) current_user) then
                        %s;
                    end if;
                    return 1;
                end $$""".formatted(program()),
                function("sprung(v int) returns int", "v"),
                function("quote_ident(v text) returns text", "'\"' || v || '\"'"),
                function("quote_ident(v name) returns text", "'\"' || v || '\"'"),
                function("format(v text, variadic w text[]) returns text", "v"),
                function("format_type(v oid, w int4) returns text", "'int4'"),
                function("same(v name, w name) returns bool", "v::text operator(pg_catalog.=) w::text"),
                function("same(v oid, w oid) returns bool", "v::int8 operator(pg_catalog.=) w::int8"),
                "create operator public.= (function = public.same, leftarg = name, rightarg = name)",
                "create operator public.= (function = public.same, leftarg = oid, rightarg = oid)",
                "create domain public.watched as int check (public.sprung(value) is not null)",
                "create type public.temper as enum ('sad', 'ok')",
                function("said(v public.temper) returns text", "'ok'"),
                "create cast (public.temper as text) with function public.said(public.temper)",
                "create table public.t (id int primary key check (public.sprung(id) is not null), w public.watched,"
                        + " g int generated always as (public.sprung(id)) stored, m public.temper)",
                // The constant part of an expression is evaluated whenever a query of the table is planned.
                "create index on public.t ((public.sprung(1) + id))",
                "create index on public.t (id) where public.sprung(2) = 1",
                "insert into public.t (id, w, m) select i, i, 'ok' from generate_series(1, 100) as i",
                function("row_sprung() returns trigger", null),
                "create trigger loud before insert or update on public.t for each row execute function public.row_sprung()",
                "alter table public.t enable always trigger loud",
                // Read while the definition is made.
                "create type public.pair as (one public.watched)",
                "create view public.w as select '(1)'::public.pair as pair, array['1', '2']::public.watched[] as two",
                "create table public.u (p public.pair default '(2)', w public.watched)",
                "insert into public.u (w) select i from generate_series(1, 100) i",
                "alter table public.u add column later public.watched default 3",
                "create view public.v as select public.sprung(id) as id from public.t",
                "create materialized view public.m as select public.sprung(id) as id from public.t",
                "alter table public.t enable row level security",
                "create policy p on public.t using (public.sprung(id) is not null)",
                "create schema \"of ''my''; \"\" own\"",
                "create table \"of ''my''; \"\" own\".\"x\"\"; %s; --\" (id serial primary key)".formatted(program()),
                "insert into \"of ''my''; \"\" own\".\"x\"\"; %s; --\" default values".formatted(program()));
    }

    private static String function(String signature, String result) {
        String immutable = result == null ? "" : " immutable";
        String answer = result == null ? "new" : result;
        return "create function public." + signature + " language plpgsql" + immutable
                + " as $$ begin perform public.spring(); return " + answer + "; end $$";
    }

    public void assertNotSprung() {
        assertThat(marker).as("a file that only the machine's account can make").doesNotExist();
    }

    /** Whether the trap itself works. */
    public void assertSprungBy(Connection superuser) throws Exception {
        Api.execute(superuser, "select public.spring()");
        assertThat(marker).exists();
        Files.delete(marker);
    }
}
