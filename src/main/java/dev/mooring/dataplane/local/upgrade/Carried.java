package dev.mooring.dataplane.local.upgrade;

import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.dataplane.local.upgrade.server.ReplicaIdentity;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What logical decoding carries to another server, and what it does not: rows that cannot be found there, large objects, unlogged
 * tables, contents of materialized views. What was changed of these is told by the server's counts, by table.
 *
 * @param countedSince since when they count: a crash begins anew
 * @param counts of changes, by table; those that are not carried
 * @param visits how many sessions there have been in each database that takes none now; null where nobody has looked, as up to 13
 */
@RegisterForReflection
public record Carried(
        String countedSince,
        Map<String, Long> counts,
        @Nullable Map<String, Long> visits) {

    /** Up to 14 counts go over a socket that may lose some. */
    private static final int FIRST_WITH_EXACT_COUNTS = 15;

    private static final int FIRST_THAT_COUNTS_SESSIONS = 14;

    /** Nobody looks into these; who opens one, writes and closes it again leaves nothing else to see. */
    private static final String VISITS = "select datname, pg_stat_get_db_sessions(oid) from pg_database"
            + " where not datallowconn and datname <> 'template0'";

    /** Up to 15 rows are applied with the rights of the server's account, and users' functions run with them. */
    private static final int FIRST_WITHOUT_SUPERUSER = 16;

    /** Not the system's: information_schema has numbers below. */
    private static final String OWNED = "c.oid >= 16384";

    /** Changes of a row of the table {@code c} say which one it was. */
    static final String KEYED = ReplicaIdentity.USABLE;

    /** Tables whose rows are in the WAL. */
    static final String TABLES = "from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r'"
            + " and c.relpersistence = 'p' and " + OWNED;

    private static final String NAME = "format('%I.%I', n.nspname, c.relname)";

    private static final String KEYLESS_TABLES = "select " + NAME + " " + TABLES + " and not " + KEYED;

    /** Of single tables: the view of all of them would be made for each of its rows first. */
    private static final String COUNTS = "select " + NAME
            + ", pg_stat_get_tuples_updated(c.oid) + pg_stat_get_tuples_deleted(c.oid) + case when"
            + " c.relkind = 'r' and c.oid >= 16384 then 0 else pg_stat_get_tuples_inserted(c.oid) end from pg_class c"
            + " join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'm' or c.oid ="
            + " 'pg_largeobject'::regclass or c.relkind = 'r' and c.relpersistence = 'p' and " + OWNED + " and not "
            + KEYED;

    private static final String MATERIALIZED_VIEWS =
            "select " + NAME + " from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'm'";

    private static final String UNLOGGED_ROWS =
            "select " + NAME + " from pg_class c join pg_namespace n on n.oid = c.relnamespace"
                    + " where c.relkind = 'r' and c.relpersistence = 'u' and pg_relation_size(c.oid) > 0";

    /** Set when counting begins: at the first start, because there is no file of counts then, after a crash, and when it is asked for. */
    private static final String COUNTED_SINCE = "select concat_ws(' ', (select stats_reset from pg_stat_bgwriter),"
            + " (select stats_reset from pg_stat_database where datname = current_database()"
            // Before, a database's begins with its first session.
            + " and current_setting('server_version_num')::int >= 150000))";

    private static final String FIRED_BY_REPLICATION =
            "select format('%I of %I.%I', g.tgname, n.nspname, c.relname) from"
                    + " pg_trigger g join pg_class c on c.oid = g.tgrelid join pg_namespace n on n.oid = c.relnamespace"
                    + " where not g.tgisinternal and g.tgenabled in ('A', 'R')";

    private static final String FORCED = "select " + NAME + " " + TABLES + " and c.relforcerowsecurity";

    /** Whether a server can follow another one without running functions of users as the superuser. */
    public static boolean appliesSafely(String major) {
        return Integer.parseInt(major) >= FIRST_WITHOUT_SUPERUSER;
    }

    /** Whether a server counts each row that is written. */
    static boolean countsExactly(String major) {
        return Integer.parseInt(major) >= FIRST_WITH_EXACT_COUNTS;
    }

    /** What keeps a database from being followed, by name; empty when nothing does. */
    static List<String> obstacles(Connection connection, String database, String major) throws SQLException {
        List<String> found = new ArrayList<>();
        add(
                found,
                connection,
                UNLOGGED_ROWS,
                "the unlogged table %s in " + database + " has rows, which are not in the WAL");
        add(
                found,
                connection,
                FIRED_BY_REPLICATION,
                "the trigger %s in " + database + " would fire once more for each row that is carried");
        add(
                found,
                connection,
                FORCED,
                "the table %s in " + database + " forces row level security on its owner, who rows are carried for");
        if (!countsExactly(major)) {
            String unsure = ", and PostgreSQL " + major + " does not count exactly whether that happens";
            add(
                    found,
                    connection,
                    KEYLESS_TABLES,
                    "rows of %s in " + database + ", which has no key, cannot be changed elsewhere" + unsure);
            add(
                    found,
                    connection,
                    MATERIALIZED_VIEWS,
                    "a refresh of %s in " + database + " is not in what is decoded" + unsure);
            if (PostgresServer.number(connection, "select count(*) from pg_largeobject_metadata") > 0) {
                found.add("changes of the large objects in " + database + " are not in what is decoded" + unsure);
            }
        }
        return found;
    }

    private static void add(List<String> found, Connection connection, String query, String text) throws SQLException {
        for (String name : PostgresServer.strings(connection, query)) {
            found.add(text.replace("%s", name));
        }
    }

    /** As it is now. */
    public static Carried now(PostgresServer side) throws SQLException, InterruptedException {
        Map<String, Long> counts = new LinkedHashMap<>();
        List<String> since = new ArrayList<>();
        side.inEach(side.everyDatabase(), (connection, database) -> {
            since.addAll(PostgresServer.strings(connection, COUNTED_SINCE));
            numbers(connection, COUNTS).forEach((table, count) -> counts.put(table + " in " + database, count));
        });
        return new Carried(String.join(", ", since), counts, visits(side));
    }

    private static @Nullable Map<String, Long> visits(PostgresServer side) throws SQLException {
        if (Integer.parseInt(side.engine().major()) < FIRST_THAT_COUNTS_SESSIONS) {
            return null;
        }
        try (Connection connection = side.open("postgres")) {
            return numbers(connection, VISITS);
        }
    }

    private static Map<String, Long> numbers(Connection connection, String query) throws SQLException {
        Map<String, Long> numbers = new LinkedHashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                numbers.put(rows.getString(1), rows.getLong(2));
            }
        }
        return numbers;
    }

    /** What the counts of rows do not tell, in words. */
    List<String> uncounted(Carried now) {
        List<String> uncounted = new ArrayList<>();
        if (!now.countedSince.equals(countedSince)) {
            uncounted.add("nobody knows what, because the server has crashed or its counts were reset");
        }
        if (visits != null && now.visits != null) {
            now.visits.forEach((database, sessions) -> {
                if (visits.containsKey(database) && !sessions.equals(visits.get(database))) {
                    uncounted.add("nobody knows what in " + database + ", which was opened and closed again");
                }
            });
        }
        return uncounted;
    }

    /** What has been changed in the server since and was not carried, by name; exact while nobody is connected. */
    public List<String> missedIn(PostgresServer side) throws SQLException, InterruptedException {
        Carried now = now(side);
        List<String> missed = uncounted(now);
        now.counts.forEach((table, count) -> {
            if (count != (long) counts.getOrDefault(table, 0L)) {
                missed.add(table);
            }
        });
        side.inEach(
                side.everyDatabase(),
                (connection, database) -> PostgresServer.strings(connection, UNLOGGED_ROWS)
                        .forEach(table -> missed.add(table + " in " + database)));
        return missed;
    }
}
