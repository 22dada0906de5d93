package dev.mooring.dataplane.local.upgrade;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Where sequences stand, which logical decoding does not carry. */
public final class Sequences {

    private static final int AT_ONCE = 200;

    private static final String NAMES =
            "select c.oid, format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n"
                    + " on n.oid = c.relnamespace where c.relkind = 'S' and c.relpersistence <> 't' order by c.oid";

    private static final String SET = "select count(setval(c.oid::regclass, value, called))"
            + " from unnest(?::text[], ?::bigint[], ?::boolean[]) as s (name, value, called)"
            + " join pg_class c on c.oid = to_regclass(s.name) and c.relkind = 'S'";

    private Sequences() {}

    /** Those that both servers have. */
    public static void bring(Side from, Side to, List<String> databases) throws SQLException, InterruptedException {
        from.inEach(databases, (source, database) -> {
            try (Connection target = to.open(database)) {
                bring(source, target);
            }
        });
    }

    private static void bring(Connection source, Connection target) throws SQLException {
        List<String> names = new ArrayList<>();
        try (Statement statement = source.createStatement();
                ResultSet rows = statement.executeQuery(NAMES)) {
            while (rows.next()) {
                names.add(rows.getString(2));
            }
        }
        for (int i = 0; i < names.size(); i += AT_ONCE) {
            bring(source, target, names.subList(i, Math.min(names.size(), i + AT_ONCE)));
        }
    }

    private static void bring(Connection source, Connection target, List<String> names) throws SQLException {
        StringBuilder query = new StringBuilder();
        for (int i = 0; i < names.size(); i++) {
            query.append(i == 0 ? "" : " union all ")
                    .append("select " + i + ", last_value, is_called from ")
                    .append(names.get(i));
        }
        Long[] values = new Long[names.size()];
        Boolean[] called = new Boolean[names.size()];
        try (Statement statement = source.createStatement();
                ResultSet rows = statement.executeQuery(query.toString())) {
            while (rows.next()) {
                values[rows.getInt(1)] = rows.getLong(2);
                called[rows.getInt(1)] = rows.getBoolean(3);
            }
        }
        try (PreparedStatement set = target.prepareStatement(SET)) {
            set.setArray(1, target.createArrayOf("text", names.toArray()));
            set.setArray(2, target.createArrayOf("bigint", values));
            set.setArray(3, target.createArrayOf("boolean", called));
            set.execute();
        }
    }
}
