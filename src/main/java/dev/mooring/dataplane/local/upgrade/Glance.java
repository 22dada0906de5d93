package dev.mooring.dataplane.local.upgrade;

import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * A second look at definitions that is quick, for while nobody can write. From 15 on the server counts exactly what is written to its
 * catalogs, so only those with other counts are read, and how long it takes does not depend on how much is defined. Before, or when
 * something else was written to them, as temporary tables are, their rows are counted and looked at for transactions since the first look.
 *
 * @param before the first look
 * @param looks at each catalog, by database and catalog
 * @param counts of what had been written to each just before the first look, in the same order; without some up to 14
 */
public record Glance(
        Definitions before, Map<String, Map<String, String>> looks, Map<String, Map<String, Long>> counts) {

    private static final String COUNTS =
            "select relname, pg_catalog.pg_stat_get_tuples_inserted(oid) + pg_catalog.pg_stat_get_tuples_updated(oid)"
                    + " + pg_catalog.pg_stat_get_tuples_deleted(oid) from pg_catalog.pg_class where relkind = 'r' and not relisshared"
                    + " and relnamespace = 'pg_catalog'::pg_catalog.regnamespace";

    /** The first look, for the same server: transactions are its own. */
    public static Glance at(PostgresServer side) throws SQLException, InterruptedException {
        boolean exact = Carried.countsExactly(side.engine().major());
        Map<String, Definitions.Of> before = new LinkedHashMap<>();
        Map<String, Map<String, String>> looks = new LinkedHashMap<>();
        Map<String, Map<String, Long>> counts = new LinkedHashMap<>();
        try (Connection connection = side.open("postgres")) {
            before.put(Definitions.SERVER, Definitions.of(connection, true));
        }
        side.inEach(side.everyDatabase(), (connection, database) -> {
            if (exact) {
                counts.put(database, counts(connection));
            }
            Definitions.Of look = Definitions.of(connection, false);
            before.put(database, look);
            looks.put(database, looks(connection, look));
        });
        return new Glance(new Definitions(before), looks, counts);
    }

    private static Map<String, String> looks(Connection connection, Definitions.Of before) throws SQLException {
        Map<String, String> looks = new LinkedHashMap<>();
        for (Catalog catalog : Catalog.all(connection, false)) {
            looks.put(
                    catalog.name(),
                    "select '" + catalog.name() + "', pg_catalog.count(*), pg_catalog.count(*) filter (where "
                            + Definitions.newer("t", before) + ") from " + catalog.from());
        }
        return looks;
    }

    private static Map<String, Long> counts(Connection connection) throws SQLException {
        Map<String, Long> counts = new LinkedHashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(COUNTS)) {
            while (rows.next()) {
                counts.put(rows.getString(1), rows.getLong(2));
            }
        }
        return counts;
    }

    /** Whether something was made, changed or dropped since, or may have been; exact while nobody is connected. */
    boolean changed(PostgresServer side) throws SQLException {
        try (Connection connection = side.open("postgres")) {
            // They are small, and keeping everybody out has changed one of them.
            if (!Definitions.differing(before(Definitions.SERVER), Definitions.of(connection, true))
                    .isEmpty()) {
                return true;
            }
        }
        for (String database : looks.keySet()) {
            try (Connection connection = side.open(database)) {
                if (changed(connection, database)) {
                    return true;
                }
            }
        }
        return false;
    }

    private Definitions.Of before(String database) {
        return Objects.requireNonNull(before.databases().get(database), database);
    }

    private boolean changed(Connection connection, String database) throws SQLException {
        Map<String, Long> counted = counts.get(database);
        Map<String, Long> now = counted == null ? Map.of() : counts(connection);
        String query = looks.getOrDefault(database, Map.of()).entrySet().stream()
                .filter(look -> counted == null
                        || !counted.containsKey(look.getKey())
                        || !counted.get(look.getKey()).equals(now.get(look.getKey())))
                .map(Map.Entry::getValue)
                .collect(Collectors.joining(" union all "));
        if (query.isEmpty()) {
            return false;
        }
        Map<String, Definitions.Fingerprint> catalogs = before(database).catalogs();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                Definitions.Fingerprint catalog = catalogs.get(rows.getString(1));
                if (catalog == null || rows.getLong(2) != catalog.rows() || rows.getLong(3) > 0) {
                    return true;
                }
            }
        }
        return false;
    }
}
