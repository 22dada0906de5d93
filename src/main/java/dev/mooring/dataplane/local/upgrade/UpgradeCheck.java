package dev.mooring.dataplane.local.upgrade;

import dev.mooring.dataplane.local.postgres.Engine;
import dev.mooring.dataplane.local.postgres.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/** Looks for what would stop an upgrade half-way, while the old server serves and nothing has been touched. */
public final class UpgradeCheck {

    /** Tables of the owner: not the system's, not Mooring's, not an extension's. */
    static final String OWNED = "n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast', 'mooring_upgrade')"
            + " and n.nspname !~ '^pg_(temp|toast_temp)_' and not exists (select from pg_depend e"
            + " where e.classid = 'pg_class'::regclass and e.objid = c.oid and e.deptype = 'e')";

    /** A row that is changed could not be found on the other side. */
    static final String WITHOUT_IDENTITY = "(c.relreplident = 'n' or (c.relreplident = 'd' and not exists"
            + " (select from pg_index i where i.indrelid = c.oid and i.indisprimary)))";

    /** Types that have no equality, so rows with them cannot be compared. */
    private static final String INCOMPARABLE = "('json', 'xml', 'point', 'lseg', 'path', 'box', 'polygon', 'line',"
            + " 'circle', 'txid_snapshot', 'pg_snapshot', 'gtsvector')";

    private static final int MOST_DATABASES = 12;
    private static final long LEAST_ROOM = 256L << 20;

    /** The numbers behind these types' values are others in the new version (pg_upgrade's check of data types). */
    private static final String RENUMBERED = "('regcollation', 'regconfig', 'regdictionary', 'regnamespace', 'regoper',"
            + " 'regoperator', 'regproc', 'regprocedure')";

    private static final int LAST_WITH_OTHER_ACLITEM = 15;

    private final Side source;
    private final Engine target;
    private final List<String> blockers = new ArrayList<>();
    private final List<String> online = new ArrayList<>();
    private final List<String> brief = new ArrayList<>();

    public UpgradeCheck(Side source, Engine target) {
        this.source = source;
        this.target = target;
    }

    /**
     * What stands in the way, each with what to do about it.
     *
     * @param always whatever the way
     * @param online of an online upgrade alone
     * @param brief of a brief one alone
     * @param tools whether the brief way lacks nothing but programs on this machine
     */
    public record Found(List<String> always, List<String> online, List<String> brief, boolean tools) {}

    public Found look() throws SQLException, IOException, InterruptedException {
        if (Tools.between(source.engine().major(), target.major()).isEmpty()) {
            online.add("this machine has no pg_dump of PostgreSQL "
                    + source.engine().major()
                    + " or newer: install one (package postgresql-client-" + target.major()
                    + " of apt.postgresql.org), or name its folder in MOORING_POSTGRES_INSTALLATIONS");
        }
        source.clusters()
                .engines()
                .upgradeTools()
                .missing(source.engine().major(), target.major())
                .ifPresent(brief::add);
        boolean tools = !brief.isEmpty();
        List<String> databases = source.databases();
        if (databases.size() > MOST_DATABASES) {
            online.add("there are " + databases.size() + " databases, replication works for up to " + MOST_DATABASES
                    + ": drop some");
        }
        try (Connection connection = source.open("postgres")) {
            checkServer(connection);
        }
        for (String database : source.everyDatabase()) {
            try (Connection connection = source.open(database)) {
                checkExtensions(connection, database);
                checkColumns(connection, database);
            }
        }
        for (String database : databases) {
            try (Connection connection = source.open(database)) {
                checkDatabase(connection, database);
            }
        }
        return new Found(blockers, online, brief, tools && brief.size() == 1);
    }

    private void checkServer(Connection connection) throws SQLException, IOException {
        each(
                connection,
                "select slot_name from pg_replication_slots where slot_name not like 'mooring\\_%'",
                slot -> blockers.add("the replication slot " + slot
                        + " does not come along: drop it, and make it again after the upgrade"));
        each(
                connection,
                "select subname || ' in ' || datname from pg_subscription s join pg_database d on d.oid = s.subdbid"
                        + " where subname not like 'mooring\\_%'",
                subscription -> blockers.add("the subscription " + subscription
                        + " would be broken: drop it, and make it again after the upgrade"));
        each(
                connection,
                "select gid from pg_prepared_xacts",
                gid -> blockers.add("the prepared transaction " + gid + " is open: commit or roll it back"));
        each(
                connection,
                "select spcname from pg_tablespace where spcname not in ('pg_default', 'pg_global')",
                space -> blockers.add(
                        "the tablespace " + space + " does not come along: move what is in it to pg_default"));
        each(
                connection,
                "select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
                        + " where c.relkind in ('r', 'v', 'm', 'p', 'S', 'f') and " + OWNED,
                table -> online.add(
                        "the maintenance database postgres holds " + table + ": move it to a database of your own"));
        each(
                connection,
                "select datname from pg_database where (datistemplate or not datallowconn) and datname !~ '^template[01]$'",
                database -> online.add("the database " + database + " is a template, or nobody may connect to it"));
        each(
                connection,
                "select datname from pg_database d where datname !~ '^template[01]$' and (datname <> 'postgres' and datacl"
                        + " is not null or datname <> 'postgres' and shobj_description(oid, 'pg_database') is not null)",
                database -> online.add("grants or the comment on the database " + database + " would be lost"));
        each(
                connection,
                // What brings roles over is a script, whose lines mean more than SQL.
                "select quote_literal(name) from (select rolname from pg_roles union all select datname from pg_database) as names"
                        + " (name) where name ~ '[[:cntrl:]]'",
                name -> blockers.add("the name " + name.replaceAll("\\p{Cntrl}", "?")
                        + " of a role or database has a control character: rename it"));
        long size = Side.number(connection, "select sum(pg_database_size(oid)) from pg_database");
        long free = Files.getFileStore(source.folder().root()).getUsableSpace();
        long needed = size + size / 5 + LEAST_ROOM;
        if (free < needed) {
            blockers.add("the copy needs " + (needed >> 20) + " MiB of disk, " + (free >> 20)
                    + " MiB are free: free some space");
        }
    }

    private void checkExtensions(Connection connection, String database) throws SQLException, IOException {
        Set<String> available = extensions();
        if (!available.isEmpty()) {
            for (String extension : Side.strings(connection, "select extname from pg_extension order by 1")) {
                if (!available.contains(extension)) {
                    blockers.add("PostgreSQL " + target.version() + " of this machine has no extension " + extension
                            + ", which " + database + " uses: drop it (drop extension " + extension
                            + ") or install it");
                }
            }
        }
    }

    /** Values that are stored as numbers of another time. */
    private void checkColumns(Connection connection, String database) throws SQLException {
        boolean aclitem = Integer.parseInt(source.engine().major()) <= LAST_WITH_OTHER_ACLITEM
                && Integer.parseInt(target.major()) > LAST_WITH_OTHER_ACLITEM;
        each(
                connection,
                "with recursive types (oid) as (select t.oid from pg_catalog.pg_type t where t.typnamespace ="
                        + " 'pg_catalog'::regnamespace and (t.typname in " + RENUMBERED
                        + (aclitem ? " or t.typname = 'aclitem'" : "")
                        + ") union select t.oid from pg_catalog.pg_type t join types b on t.typbasetype = b.oid or t.typelem = b.oid"
                        + " or exists (select from pg_catalog.pg_attribute a where a.attrelid = t.typrelid and a.atttypid = b.oid"
                        + " and not a.attisdropped))"
                        + " select format('%I.%I column %I of type %s', n.nspname, c.relname, a.attname,"
                        + " format_type(a.atttypid, a.atttypmod)) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
                        + " join pg_attribute a on a.attrelid = c.oid join types on types.oid = a.atttypid"
                        + " where c.relkind in ('r', 'm', 'i') and a.attnum > 0 and not a.attisdropped"
                        + " and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')",
                column -> brief.add("in " + database + " " + column
                        + " holds numbers that mean something else in PostgreSQL " + target.major()
                        + ": give it another type (alter table ... alter column ... type text)"));
    }

    private void checkDatabase(Connection connection, String database) throws SQLException {
        if (Workspace.taken(connection)) {
            online.add("in " + database + " " + Workspace.TAKEN);
        }
        each(
                connection,
                "select distinct format('%I.%I has no primary key and its column %I of type %s cannot be compared', n.nspname,"
                        + " c.relname, a.attname, format_type(a.atttypid, a.atttypmod)) from pg_class c"
                        + " join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid"
                        + " join pg_type t on t.oid = a.atttypid left join pg_type b on b.oid = coalesce("
                        + "nullif(t.typbasetype, 0), nullif(t.typelem, 0))"
                        + " where c.relkind in ('r', 'p') and c.relpersistence = 'p' and a.attnum > 0"
                        + " and not a.attisdropped and (t.typname in " + INCOMPARABLE + " or b.typname in "
                        + INCOMPARABLE + ") and " + OWNED
                        + " and (c.relreplident = 'f' or " + WITHOUT_IDENTITY + ")",
                column -> online.add("in " + database + " the table " + column + ": add a primary key"));
        each(
                connection,
                "select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
                        + " where " + OWNED
                        + " and (c.relforcerowsecurity or c.relpersistence = 'u' and (exists (select from"
                        + " pg_constraint f where f.conrelid = c.oid and f.contype = 'f') or exists (select from pg_inherits i"
                        + " where i.inhparent = c.oid)))",
                table -> online.add(
                        "in " + database + " the table " + table
                                + " forces row level security, or is unlogged with a foreign key or children: its rows cannot be copied"));
    }

    private static void each(Connection connection, String query, Consumer<String> found) throws SQLException {
        Side.strings(connection, query).forEach(found);
    }

    /** Those that the new server has; empty when its folder is not known. */
    private Set<String> extensions() throws IOException {
        Set<String> names = new TreeSet<>();
        var bin = target.bin();
        for (var folder : List.of(
                bin.resolve("../share/extension"),
                bin.resolve("../share/postgresql/extension"),
                bin.resolve("/usr/share/postgresql/" + target.major() + "/extension"))) {
            if (Files.isDirectory(folder)) {
                try (var files = Files.list(folder)) {
                    files.map(file -> file.getFileName().toString())
                            .filter(file -> file.endsWith(".control"))
                            .forEach(file -> names.add(file.substring(0, file.length() - ".control".length())));
                }
                return names;
            }
        }
        return names;
    }
}
