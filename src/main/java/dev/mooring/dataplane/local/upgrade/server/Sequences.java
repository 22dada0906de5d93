package dev.mooring.dataplane.local.upgrade.server;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where sequences stand, which logical decoding does not carry. Most are brought while the server still serves, so that when nobody can
 * write any more only those are left that have moved since.
 */
public final class Sequences {

    private static final int AT_ONCE = 200;

    /** The second is null for one that has given no number yet, wherever it stands. */
    private static final String GIVEN =
            "select format('%I.%I', n.nspname, c.relname), pg_sequence_last_value(c.oid) from pg_class c join pg_namespace n"
                    + " on n.oid = c.relnamespace where c.relkind = 'S' and c.relpersistence <> 't' order by c.oid";

    private static final String SET = "select count(setval(c.oid::regclass, value, called))"
            + " from unnest(?::text[], ?::bigint[], ?::boolean[]) as s (name, value, called)"
            + " join pg_class c on c.oid = to_regclass(s.name) and c.relkind = 'S'";

    /**
     * @param value the last number
     * @param called whether it has been given
     */
    private record Position(long value, boolean called) {}

    private final List<String> databases;
    private final Map<String, Map<String, Position>> brought = new HashMap<>();

    public Sequences(List<String> databases) {
        this.databases = databases;
    }

    /** Those that both servers have, and that have moved since they were brought by this. */
    public void bring(PostgresServer from, PostgresServer to) throws SQLException, InterruptedException {
        from.inEach(databases, (source, database) -> {
            Map<String, Position> before = brought.getOrDefault(database, Map.of());
            Map<String, Position> now = positions(source);
            List<Map.Entry<String, Position>> moved = now.entrySet().stream()
                    .filter(sequence -> !sequence.getValue().equals(before.get(sequence.getKey())))
                    .toList();
            if (!moved.isEmpty()) {
                try (Connection target = to.open(database)) {
                    setAll(target, moved);
                }
            }
            brought.put(database, now);
        });
    }

    /** Where they stand, for a server that comes up once this one is down. */
    public void lookAt(PostgresServer from) throws SQLException, InterruptedException {
        from.inEach(databases, (source, database) -> brought.put(database, positions(source)));
    }

    /** What was looked at, in a server that has the same databases. */
    public void giveTo(PostgresServer to) throws SQLException, InterruptedException {
        to.inEach(databases, (target, database) -> {
            Map<String, Position> there = positions(target);
            setAll(
                    target,
                    brought.getOrDefault(database, Map.of()).entrySet().stream()
                            .filter(sequence -> !sequence.getValue().equals(there.get(sequence.getKey())))
                            .toList());
        });
    }

    private static void setAll(Connection target, List<Map.Entry<String, Position>> sequences) throws SQLException {
        for (int i = 0; i < sequences.size(); i += AT_ONCE) {
            set(target, sequences.subList(i, Math.min(sequences.size(), i + AT_ONCE)));
        }
    }

    private static Map<String, Position> positions(Connection source) throws SQLException {
        Map<String, Position> positions = new LinkedHashMap<>();
        List<String> uncalled = new ArrayList<>();
        try (Statement statement = source.createStatement();
                ResultSet rows = statement.executeQuery(GIVEN)) {
            while (rows.next()) {
                long value = rows.getLong(2);
                if (rows.wasNull()) {
                    uncalled.add(rows.getString(1));
                } else {
                    positions.put(rows.getString(1), new Position(value, true));
                }
            }
        }
        for (int i = 0; i < uncalled.size(); i += AT_ONCE) {
            read(source, uncalled.subList(i, Math.min(uncalled.size(), i + AT_ONCE)), positions);
        }
        return positions;
    }

    private static void read(Connection source, List<String> names, Map<String, Position> into) throws SQLException {
        StringBuilder query = new StringBuilder();
        for (int i = 0; i < names.size(); i++) {
            query.append(i == 0 ? "" : " union all ")
                    .append("select " + i + ", last_value, is_called from ")
                    .append(names.get(i));
        }
        try (Statement statement = source.createStatement();
                ResultSet rows = statement.executeQuery(query.toString())) {
            while (rows.next()) {
                into.put(names.get(rows.getInt(1)), new Position(rows.getLong(2), rows.getBoolean(3)));
            }
        }
    }

    private static void set(Connection target, List<Map.Entry<String, Position>> sequences) throws SQLException {
        try (PreparedStatement set = target.prepareStatement(SET)) {
            set.setArray(
                    1,
                    target.createArrayOf(
                            "text", sequences.stream().map(Map.Entry::getKey).toArray()));
            set.setArray(
                    2,
                    target.createArrayOf(
                            "bigint",
                            sequences.stream()
                                    .map(sequence -> sequence.getValue().value())
                                    .toArray()));
            set.setArray(
                    3,
                    target.createArrayOf(
                            "boolean",
                            sequences.stream()
                                    .map(sequence -> sequence.getValue().called())
                                    .toArray()));
            set.execute();
        }
    }
}
