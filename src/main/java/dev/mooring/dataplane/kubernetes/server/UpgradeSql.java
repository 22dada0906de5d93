package dev.mooring.dataplane.kubernetes.server;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is asked of the servers, and done on them, before and after another major version. */
public record UpgradeSql(Effects effects) {

    /** Milliseconds that the statistics of one table may take. */
    private static final int LONGEST = 3_600_000;

    /** The format of the type was another one before. */
    private static final int FIRST_WITH_OTHER_ACLITEM = 16;

    /** Stored as numbers that mean something else in another database system: pg_upgrade refuses them. */
    private static final String RENUMBERED = "'regcollation', 'regconfig', 'regdictionary', 'regnamespace', 'regoper',"
            + " 'regoperator', 'regproc', 'regprocedure'";

    /** As the operator calls its own. */
    private static final String OTHERS_SLOTS =
            "select slot_name from pg_replication_slots where slot_name !~ '^_cnpg_' and not temporary order by 1";

    private static final String WITHOUT_STATISTICS =
            "select format('%I.%I', schemaname, relname) from pg_stat_user_tables where last_analyze is null"
                    + " and last_autoanalyze is null and pg_relation_size(relid) > 0 and schemaname !~ '^pg_(temp|toast)'"
                    + " order by relid";

    private static final String OLDER_EXTENSIONS =
            "select name from pg_available_extensions where installed_version <> default_version order by name";

    /**
     * What pg_upgrade would find, or leave behind, while nobody is served: each with what to do about it.
     *
     * @param from the major version that serves
     */
    public List<String> obstacles(String from) throws SQLException {
        List<String> found = new ArrayList<>();
        Instances.Instance primary = effects.primary();
        List<String> databases;
        try (Connection connection = effects.sessions().open(primary, "postgres")) {
            for (String slot : Sessions.list(connection, OTHERS_SLOTS)) {
                found.add("the replication slot " + slot
                        + " does not come along: drop it, and make it again after the upgrade");
            }
            for (String gid : Sessions.list(connection, "select gid from pg_prepared_xacts order by 1")) {
                found.add("the prepared transaction " + gid + " is open: commit or roll it back");
            }
            for (String broken :
                    Sessions.list(connection, "select datname from pg_database where datconnlimit = -2 order by 1")) {
                found.add("the database " + broken + " was not dropped to the end: drop it once more");
            }
            databases = Sessions.list(connection, "select datname from pg_database where datallowconn order by 1");
        }
        for (String database : databases) {
            try (Connection connection = effects.sessions().open(primary, database)) {
                for (String column : Sessions.list(connection, columns(from))) {
                    found.add("in " + database + " " + column
                            + " holds what means something else in another version: give it another type (alter table"
                            + " ... alter column ... type text)");
                }
                for (String subscription : Sessions.list(
                        connection,
                        "select subname from pg_subscription where subdbid ="
                                + " (select oid from pg_database where datname = current_database()) order by 1")) {
                    found.add("the subscription " + subscription + " in " + database
                            + " would be broken: drop it, and make it again after the upgrade");
                }
            }
        }
        return found;
    }

    private static String columns(String from) {
        String types = RENUMBERED + (Integer.parseInt(from) < FIRST_WITH_OTHER_ACLITEM ? ", 'aclitem'" : "");
        return "with recursive found (oid) as (select oid from pg_type where typnamespace = 'pg_catalog'::regnamespace"
                + " and typname in (" + types
                + ") union select t.oid from pg_type t join found f on t.typbasetype = f.oid"
                + " or t.typelem = f.oid) select format('%I.%I column %I', relnamespace::regnamespace, relname, attname)"
                + " from pg_attribute join pg_class c on c.oid = attrelid where atttypid in (select oid from found)"
                + " and not attisdropped and attnum > 0 and relkind in ('r', 'm', 'i') and relnamespace not in"
                + " ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) order by 1";
    }

    /**
     * The planner's statistics do not come along. As far as Mooring's own role may: what it may not is left to autovacuum, which does it by
     * itself.
     *
     * @return what is left to do, in words
     */
    public List<String> collectStatistics() throws SQLException {
        return each(WITHOUT_STATISTICS, (connection, table, database) -> {
            Sessions.run(connection, "analyze " + table);
            return null;
        });
    }

    /** @return what was done and what is left to do, in words */
    public List<String> updateExtensions() throws SQLException {
        return each(OLDER_EXTENSIONS, (connection, name, database) -> {
            String update = "alter extension " + Sessions.identifier(name) + " update";
            Sessions.run(connection, update);
            return update + " in " + database;
        });
    }

    private interface Deed {
        /** @return what users are told of it */
        @Nullable
        String done(Connection connection, String name, String database) throws SQLException;
    }

    /** In every database, for each of the names that the query finds. */
    private List<String> each(String query, Deed deed) throws SQLException {
        List<String> notes = new ArrayList<>();
        for (String database : effects.databases()) {
            try (Connection connection = effects.sessions().open(effects.primary(), database)) {
                connection.setNetworkTimeout(Runnable::run, LONGEST);
                for (String name : Sessions.list(connection, query)) {
                    try {
                        String note = deed.done(connection, name, database);
                        if (note != null) {
                            notes.add(note);
                        }
                    } catch (SQLException e) {
                        if (connection.isClosed()
                                || String.valueOf(e.getSQLState()).matches("(08|57P).*")) {
                            throw e;
                        }
                        notes.add("left to do for " + name + " in " + database + ": " + e.getMessage());
                    }
                }
            }
        }
        return notes;
    }
}
