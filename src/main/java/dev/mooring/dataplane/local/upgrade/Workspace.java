package dev.mooring.dataplane.local.upgrade;

import dev.mooring.operation.OperationFailed;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * What Mooring keeps in a database while it is being moved: a schema with a row that is written to see how far the other side
 * has come, notes of every change of the schema, and the tables whose replica identity it had to widen. Replication carries it
 * to the other side like everything else.
 */
public final class Workspace {

    static final String SCHEMA = "mooring_upgrade";

    static final String TAKEN = "somebody has a schema mooring_upgrade, which Mooring needs: rename it";

    /** The bootstrap superuser's: nobody else can make anything in it. */
    private static final String OWN = "nspowner = 10";

    /** Mooring's own changes and those of temporary tables are not noted. */
    private static final String NOTES = """
            create function mooring_upgrade.note_command() returns event_trigger language plpgsql security definer
                set search_path = pg_catalog as $$
            begin
                if session_user <> 'postgres' then
                    insert into mooring_upgrade.ddl (command, object)
                        select command_tag, object_identity from pg_event_trigger_ddl_commands()
                        where schema_name is distinct from 'pg_temp' and command_tag <> 'REFRESH MATERIALIZED VIEW';
                end if;
            end $$""";

    private static final String DROPS = """
            create function mooring_upgrade.note_drop() returns event_trigger language plpgsql security definer
                set search_path = pg_catalog as $$
            begin
                if session_user <> 'postgres' then
                    insert into mooring_upgrade.ddl (command, object)
                        select 'DROP ' || upper(object_type), object_identity from pg_event_trigger_dropped_objects()
                        where original and not is_temporary;
                end if;
            end $$""";

    private Workspace() {}

    /** What is of this name and Mooring's own; else it is somebody's data, and nothing in it is read or changed. */
    private static boolean present(Connection connection) throws SQLException {
        return Side.number(connection, "select count(*) from pg_namespace where nspname = 'mooring_upgrade' and " + OWN)
                > 0;
    }

    /** Whether somebody else has a schema of this name. */
    static boolean taken(Connection connection) throws SQLException {
        return Side.number(
                        connection,
                        "select count(*) from pg_namespace where nspname = 'mooring_upgrade' and not " + OWN)
                > 0;
    }

    /** On both sides, before anything is copied. */
    static void make(Connection connection) throws SQLException {
        if (taken(connection)) {
            throw new OperationFailed(TAKEN);
        }
        Side.execute(
                connection,
                "create schema if not exists mooring_upgrade",
                "create table if not exists mooring_upgrade.marker (id uuid primary key)",
                "create table if not exists mooring_upgrade.identity (name text primary key, was text not null)",
                "create table if not exists mooring_upgrade.ddl (id uuid primary key default gen_random_uuid(),"
                        + " at timestamptz not null default clock_timestamp(), command text not null, object text)");
    }

    /** From now on every change of the schema is noted. */
    static void watch(Connection connection) throws SQLException {
        if (Side.number(connection, "select count(*) from pg_event_trigger where evtname like 'mooring_upgrade%'")
                == 0) {
            Side.execute(
                    connection,
                    NOTES,
                    DROPS,
                    "create event trigger mooring_upgrade_command on ddl_command_end"
                            + " execute function mooring_upgrade.note_command()",
                    "create event trigger mooring_upgrade_drop on sql_drop execute function mooring_upgrade.note_drop()");
        }
    }

    /** What was changed since it is watched, in words. */
    static List<String> changes(Connection connection) throws SQLException {
        return present(connection)
                ? Side.strings(
                        connection,
                        "select distinct command || coalesce(' ' || object, '') from mooring_upgrade.ddl order by 1 limit 5")
                : List.of();
    }

    /** Tables that have nothing by which the other side could find a changed row get all their columns for it. */
    static void widenIdentities(Connection connection) throws SQLException, InterruptedException {
        for (String row : Side.strings(
                connection,
                "select c.relreplident::text || format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
                        + " where c.relkind in ('r', 'p') and c.relpersistence = 'p' and " + UpgradeCheck.OWNED
                        + " and " + UpgradeCheck.WITHOUT_IDENTITY)) {
            String table = row.substring(1);
            Side.execute(
                    connection,
                    "insert into mooring_upgrade.identity values (" + literal(table) + ", "
                            + literal(row.charAt(0) == 'n' ? "nothing" : "default") + ") on conflict do nothing");
            LockPatience.run(() -> Side.execute(
                    connection, "set lock_timeout = '200ms'", "alter table " + table + " replica identity full"));
        }
    }

    /** In each of the owner's databases. */
    public static void make(Side side) throws SQLException, InterruptedException {
        side.inEach(side.databases(), (connection, database) -> make(connection));
    }

    public static void watch(Side side) throws SQLException, InterruptedException {
        side.inEach(side.databases(), (connection, database) -> watch(connection));
    }

    public static void widenIdentities(Side side) throws SQLException, InterruptedException {
        side.inEach(side.databases(), (connection, database) -> widenIdentities(connection));
    }

    public static void remove(Side side) throws SQLException, InterruptedException {
        side.inEach(side.databases(), (connection, database) -> remove(connection));
    }

    /** Only the notes end: what is replicated still needs its place. */
    public static void endWatch(Side side) throws SQLException, InterruptedException {
        side.inEach(
                side.databases(),
                (connection, database) -> Side.execute(
                        connection,
                        "drop event trigger if exists mooring_upgrade_command",
                        "drop event trigger if exists mooring_upgrade_drop"));
    }

    /** Forgets what was noted so far. */
    public static void forget(Side side) throws SQLException, InterruptedException {
        side.inEach(
                side.databases(),
                (connection, database) -> Side.execute(connection, "delete from mooring_upgrade.ddl"));
    }

    /** What was changed in any database since it is watched; empty when nothing was. */
    public static String changes(Side side) throws SQLException, InterruptedException {
        List<String> changes = new ArrayList<>();
        side.inEach(
                side.databases(),
                (connection, database) ->
                        changes(connection).forEach(change -> changes.add(change + " in " + database)));
        return String.join(", ", changes);
    }

    /** Leaves nothing of it, and gives tables their narrow identity back. */
    static void remove(Connection connection) throws SQLException, InterruptedException {
        if (!present(connection)) {
            return;
        }
        Side.execute(
                connection,
                "drop event trigger if exists mooring_upgrade_command",
                "drop event trigger if exists mooring_upgrade_drop");
        // Who may write all data may have written these rows, so they only choose among the tables that there are.
        for (String identity : Side.strings(
                connection,
                "select format('%I.%I replica identity %s', n.nspname, c.relname, case i.was when 'nothing' then 'nothing'"
                        + " else 'default' end) from mooring_upgrade.identity i join pg_class c on c.oid = to_regclass(i.name)"
                        + " join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p') and c.relreplident = 'f'"
                        + " and " + UpgradeCheck.OWNED)) {
            LockPatience.run(() -> Side.execute(connection, "set lock_timeout = '200ms'", "alter table " + identity));
        }
        Side.execute(connection, "drop schema mooring_upgrade cascade");
    }

    static String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
    }
}
