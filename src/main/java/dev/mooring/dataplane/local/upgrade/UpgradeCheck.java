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
    private static final String OR_IN_PLACE = ", or upgrade with {\"method\": \"in_place\"}";

    private final Side source;
    private final Engine target;
    private final boolean inPlace;
    private final List<String> blockers = new ArrayList<>();

    public UpgradeCheck(Side source, Engine target, boolean inPlace) {
        this.source = source;
        this.target = target;
        this.inPlace = inPlace;
    }

    /**
     * @return each thing that stands in the way, with what to do about it
     */
    public List<String> blockers() throws SQLException, IOException, InterruptedException {
        if (Tools.between(source.engine().major(), target.major()).isEmpty()) {
            blockers.add("this machine has no pg_dump of PostgreSQL "
                    + source.engine().major()
                    + " or newer: install one (package postgresql-client-" + target.major()
                    + " of apt.postgresql.org), or name its folder in MOORING_POSTGRES_INSTALLATIONS");
        }
        List<String> databases = source.databases();
        if (!inPlace && databases.size() > MOST_DATABASES) {
            blockers.add("there are " + databases.size() + " databases, replication works for up to " + MOST_DATABASES
                    + ": drop some" + OR_IN_PLACE);
        }
        try (Connection connection = source.open("postgres")) {
            checkServer(connection);
        }
        for (String database : databases) {
            try (Connection connection = source.open(database)) {
                checkDatabase(connection, database);
            }
        }
        return blockers;
    }

    private void checkServer(Connection connection) throws SQLException, IOException {
        each(
                connection,
                "select slot_name from pg_replication_slots where slot_name not like 'mooring\\_%'",
                slot -> "the replication slot " + slot
                        + " does not come along: drop it, and make it again after the upgrade");
        each(
                connection,
                "select subname || ' in ' || datname from pg_subscription s join pg_database d on d.oid = s.subdbid"
                        + " where subname not like 'mooring\\_%'",
                subscription -> "the subscription " + subscription
                        + " would be broken: drop it, and make it again after the upgrade");
        each(
                connection,
                "select gid from pg_prepared_xacts",
                gid -> "the prepared transaction " + gid + " is open: commit or roll it back");
        each(
                connection,
                "select spcname from pg_tablespace where spcname not in ('pg_default', 'pg_global')",
                space -> "the tablespace " + space + " does not come along: move what is in it to pg_default");
        each(
                connection,
                "select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
                        + " where c.relkind in ('r', 'v', 'm', 'p', 'S', 'f') and " + OWNED,
                table -> "the maintenance database postgres holds " + table + ": move it to a database of your own");
        each(
                connection,
                // What brings roles over is a script, whose lines mean more than SQL.
                "select quote_literal(name) from (select rolname from pg_roles union all select datname from pg_database) as names"
                        + " (name) where name ~ '[[:cntrl:]]'",
                name -> "the name " + name.replaceAll("\\p{Cntrl}", "?")
                        + " of a role or database has a control character:" + " rename it");
        long size = Side.number(connection, "select sum(pg_database_size(oid)) from pg_database");
        long free = Files.getFileStore(source.folder().root()).getUsableSpace();
        long needed = size + size / 5 + LEAST_ROOM;
        if (free < needed) {
            blockers.add("the copy needs " + (needed >> 20) + " MiB of disk, " + (free >> 20)
                    + " MiB are free: free some space");
        }
    }

    private void checkDatabase(Connection connection, String database) throws SQLException, IOException {
        if (Workspace.taken(connection)) {
            blockers.add("in " + database + " " + Workspace.TAKEN);
        }
        Set<String> available = extensions();
        if (!available.isEmpty()) {
            for (String extension : Side.strings(connection, "select extname from pg_extension order by 1")) {
                if (!available.contains(extension)) {
                    blockers.add("PostgreSQL " + target.version() + " of this machine has no extension " + extension
                            + ", which " + database + " uses: drop it or install it");
                }
            }
        }
        if (!inPlace) {
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
                    column -> "in " + database + " the table " + column + ": add a primary key" + OR_IN_PLACE);
        }
    }

    @FunctionalInterface
    private interface Words {
        String of(String found);
    }

    private void each(Connection connection, String query, Words words) throws SQLException {
        for (String found : Side.strings(connection, query)) {
            blockers.add(words.of(found));
        }
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
