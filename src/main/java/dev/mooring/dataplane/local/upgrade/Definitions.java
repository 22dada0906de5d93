package dev.mooring.dataplane.local.upgrade;

import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Everything that was defined in a server at some moment, as a fingerprint of each system catalog. Says later whether something was made,
 * changed or dropped since, on the same server or on a physical copy of it.
 *
 * @param databases what is in each; the server's own under {@link #SERVER}
 */
@RegisterForReflection
public record Definitions(Map<String, Of> databases) {

    static final String SERVER = "";
    private static final long EPOCH = 1L << 32;
    private static final int MOST_NAMED = 8;

    /**
     * @param horizon the oldest transaction that was running: what it and later ones do may not be in here
     * @param catalogs number of rows and a sum of their hashes, by catalog
     */
    @RegisterForReflection
    public record Of(long horizon, Map<String, Fingerprint> catalogs) {}

    @RegisterForReflection
    public record Fingerprint(long rows, String hash) {}

    private static final String HORIZON =
            "select pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())::pg_catalog.text::pg_catalog.int8";

    private static final String NEWER = "pg_catalog.age(%s.xmin) between 0 and pg_catalog.age('%d'::pg_catalog.xid)";

    /**
     * Names of what was made or changed since; a name that is in several catalogs stands for all of them. Not of the server's own, whose
     * transactions have numbers of another server's where pg_upgrade was.
     */
    private static final String NAMED =
            "select distinct * from (select pg_catalog.format('%%I.%%I', n.nspname, c.relname)"
                    + " from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace"
                    + " where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and c.relpersistence <> 't' and c.oid >= 16384 and %1$s"
                    + " union all select pg_catalog.format('%%I.%%I()', n.nspname, p.proname) from pg_catalog.pg_proc p"
                    + " join pg_catalog.pg_namespace n on n.oid = p.pronamespace where p.oid >= 16384 and %2$s"
                    + " union all select pg_catalog.format('schema %%I', n.nspname) from pg_catalog.pg_namespace n"
                    + " where n.nspname !~ '^pg_(toast_)?temp_' and n.oid >= 16384 and %3$s) found order by 1";

    public static Definitions of(PostgresServer side) throws SQLException, InterruptedException {
        Map<String, Of> databases = new LinkedHashMap<>();
        try (Connection connection = side.open("postgres")) {
            databases.put(SERVER, of(connection, true));
        }
        side.inEach(side.everyDatabase(), (connection, database) -> databases.put(database, of(connection, false)));
        return new Definitions(databases);
    }

    static Of of(Connection connection, boolean shared) throws SQLException {
        long horizon = PostgresServer.number(connection, HORIZON);
        List<Catalog> catalogs = new ArrayList<>(Catalog.all(connection, shared));
        if (!shared) {
            catalogs.add(Catalog.FILES);
        }
        String query = catalogs.stream()
                .map(catalog -> "select '" + catalog.name() + "', pg_catalog.count(*), coalesce(pg_catalog.sum("
                        + "pg_catalog.hashtextextended(content::pg_catalog.text, 0)::pg_catalog.numeric), 0) from (select row("
                        + catalog.columns() + ") as content from " + catalog.from() + ") rows")
                .collect(Collectors.joining(" union all "));
        Map<String, Fingerprint> found = new LinkedHashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                found.put(rows.getString(1), new Fingerprint(rows.getLong(2), rows.getString(3)));
            }
        }
        return new Of(horizon, found);
    }

    /** The same for a server whose rows are carried elsewhere, as TRUNCATE is too. */
    public Definitions withoutFiles() {
        Map<String, Of> without = new LinkedHashMap<>();
        databases.forEach((database, all) -> {
            Map<String, Fingerprint> catalogs = new LinkedHashMap<>(all.catalogs);
            catalogs.remove(Catalog.FILES.name());
            without.put(database, new Of(all.horizon, catalogs));
        });
        return new Definitions(without);
    }

    /** Whether a table that was truncated is noticed. */
    boolean withFiles() {
        return databases.values().stream().anyMatch(of -> of.catalogs.containsKey(Catalog.FILES.name()));
    }

    /** What is defined differently in the server by now, in words; empty when nothing is. */
    public List<String> changedIn(PostgresServer side) throws SQLException, InterruptedException {
        return changedIn(side, of(side));
    }

    /** @param now what is defined there */
    public List<String> changedIn(PostgresServer side, Definitions now) throws SQLException {
        List<String> changed = new ArrayList<>();
        for (String database : now.databases.keySet()) {
            if (!databases.containsKey(database)) {
                changed.add("the database " + database + " was made");
            }
        }
        for (Map.Entry<String, Of> before : databases.entrySet()) {
            String database = before.getKey();
            Of after = now.databases.get(database);
            if (after == null) {
                changed.add("the database " + database + " was dropped, or nobody may connect to it any more");
                continue;
            }
            List<String> catalogs = differing(before.getValue(), after);
            if (!catalogs.isEmpty()) {
                changed.add(
                        database.equals(SERVER)
                                ? ofServer(catalogs)
                                : named(side, database, before.getValue()) + " in " + database + " ("
                                        + String.join(", ", catalogs) + ")");
            }
        }
        return changed;
    }

    static List<String> differing(Of before, Of after) {
        return before.catalogs.entrySet().stream()
                .filter(catalog -> !catalog.getValue().equals(after.catalogs.get(catalog.getKey())))
                .map(Map.Entry::getKey)
                .toList();
    }

    private static String ofServer(List<String> catalogs) {
        return catalogs.stream()
                .map(catalog -> switch (catalog) {
                    case "pg_authid", "pg_auth_members" -> "roles, their passwords or memberships";
                    case "pg_db_role_setting" -> "settings of roles or databases";
                    case "pg_database" -> "databases, their owners or rights";
                    default -> catalog;
                })
                .distinct()
                .collect(Collectors.joining(", "));
    }

    private static String named(PostgresServer side, String database, Of before) throws SQLException {
        try (Connection connection = side.open(database)) {
            List<String> names = PostgresServer.strings(
                    connection, NAMED.formatted(newer("c", before), newer("p", before), newer("n", before)));
            if (names.isEmpty()) {
                return "definitions";
            }
            int more = names.size() - MOST_NAMED;
            return String.join(", ", names.subList(0, Math.min(MOST_NAMED, names.size())))
                    + (more > 0 ? " and " + more + " more" : "");
        }
    }

    /** SQL: whether a row of it may be of a transaction since. */
    static String newer(String alias, Of before) {
        return NEWER.formatted(alias, before.horizon % EPOCH);
    }
}
