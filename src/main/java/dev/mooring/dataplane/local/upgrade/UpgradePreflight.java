package dev.mooring.dataplane.local.upgrade;

import dev.mooring.dataplane.local.postgres.OwnNames;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.process.postgres.Engine;
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
public final class UpgradePreflight {

    private static final int MOST_DATABASES = 12;
    private static final long LEAST_ROOM = 256L << 20;

    /** The numbers behind these types' values are others in the new version (pg_upgrade's check of data types). */
    private static final String RENUMBERED = "('regcollation', 'regconfig', 'regdictionary', 'regnamespace', 'regoper',"
            + " 'regoperator', 'regproc', 'regprocedure')";

    private static final int LAST_WITH_OTHER_ACLITEM = 15;

    private final PostgresServer source;
    private final Engine target;
    private final List<String> blockers = new ArrayList<>();
    private final List<String> online = new ArrayList<>();

    public UpgradePreflight(PostgresServer source, Engine target) {
        this.source = source;
        this.target = target;
    }

    /**
     * What stands in the way, each with what to do about it.
     *
     * @param always whatever the way
     * @param online of an online upgrade alone: then it is a brief one
     */
    public record Found(List<String> always, List<String> online) {}

    public Found look() throws SQLException, IOException, InterruptedException {
        source.clusters()
                .engines()
                .upgradeTools()
                .missing(source.engine().major(), target.major())
                .ifPresent(blockers::add);
        List<String> databases = source.everyDatabase();
        if (databases.size() > MOST_DATABASES) {
            online.add("there are " + databases.size() + " databases, replication works for up to " + MOST_DATABASES);
        }
        if (!Carried.appliesSafely(target.major())) {
            online.add("PostgreSQL " + target.major()
                    + " applies what is carried with the rights of the server's account, and users' functions with it");
        }
        try (Connection connection = source.open("postgres")) {
            checkServer(connection);
        }
        for (String database : databases) {
            try (Connection connection = source.open(database)) {
                checkExtensions(connection, database);
                checkColumns(connection, database);
                each(
                        connection,
                        "select pg_catalog.format('%I', pubname) from pg_publication p where pubname ~ '^mooring_(upgrade|undo)_'"
                                + " and not " + OwnNames.publication("p"),
                        publication -> blockers.add("the publication " + publication + " in " + database
                                + " has a name that Mooring gives to its own: rename it (alter publication "
                                + publication
                                + " rename to ...)"));
                online.addAll(
                        Carried.obstacles(connection, database, source.engine().major()));
            }
        }
        return new Found(blockers, online);
    }

    private void checkServer(Connection connection) throws SQLException, IOException {
        each(
                connection,
                "select slot_name from pg_replication_slots where slot_name !~ '" + OwnNames.SLOTS + "'",
                slot -> blockers.add("the replication slot " + slot
                        + " does not come along: drop it, and make it again after the upgrade"));
        each(
                connection,
                "select subname || ' in ' || datname from pg_subscription s join pg_database d on d.oid = s.subdbid"
                        + " where not " + OwnNames.subscription("s"),
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
                // What brings roles over is a script, whose lines mean more than SQL.
                "select quote_literal(name) from (select rolname from pg_roles union all select datname from pg_database) as names"
                        + " (name) where name ~ '[[:cntrl:]]'",
                name -> blockers.add("the name " + name.replaceAll("\\p{Cntrl}", "?")
                        + " of a role or database has a control character: rename it"));
        long size = PostgresServer.number(connection, "select sum(pg_database_size(oid)) from pg_database");
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
            for (String extension : PostgresServer.strings(connection, "select extname from pg_extension order by 1")) {
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
                column -> blockers.add("in " + database + " " + column
                        + " holds numbers that mean something else in PostgreSQL " + target.major()
                        + ": give it another type (alter table ... alter column ... type text)"));
    }

    private static void each(Connection connection, String query, Consumer<String> found) throws SQLException {
        PostgresServer.strings(connection, query).forEach(found);
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
