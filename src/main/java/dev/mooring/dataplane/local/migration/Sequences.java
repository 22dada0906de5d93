package dev.mooring.dataplane.local.migration;

import dev.mooring.dataplane.local.upgrade.server.SchemaCopy;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Where the sequences stand, which replication leaves out. Their names and numbers are data, and reach only what was brought. */
final class Sequences {

    private static final String SET = "select count(setval(c.oid::regclass, own.value, own.called))"
            + " from unnest(?::text[], ?::text[], ?::bigint[], ?::bool[]) as own (schema, name, value, called)"
            + " join pg_namespace n on n.nspname = own.schema join pg_class c on c.relnamespace = n.oid"
            + " and c.relname = own.name and c.relkind = 'S' join pg_roles r on r.oid = c.relowner and r.rolname = '"
            + Loader.ROLE + "'";

    private final List<String> schemas = new ArrayList<>();
    private final List<String> names = new ArrayList<>();
    private final List<Long> values = new ArrayList<>();
    private final List<Boolean> called = new ArrayList<>();

    private Sequences() {}

    /** @param superuser in the cluster's database */
    static void follow(Connection from, Connection superuser) throws SQLException {
        Sequences sequences = new Sequences();
        sequences.read(from);
        sequences.write(superuser);
    }

    private void read(Connection from) throws SQLException {
        List<String> untouched = new ArrayList<>();
        try (Statement statement = from.createStatement();
                ResultSet rows = statement.executeQuery("select s.schemaname, s.sequencename, s.last_value"
                        + " from pg_sequences s join pg_namespace n on n.nspname = s.schemaname join pg_class c"
                        + " on c.relnamespace = n.oid and c.relname = s.sequencename"
                        + " where has_schema_privilege(n.oid, 'USAGE') and has_sequence_privilege(c.oid, 'SELECT')")) {
            while (rows.next()) {
                if (rows.getObject(3) != null) {
                    add(rows.getString(1), rows.getString(2), rows.getLong(3), true);
                } else {
                    untouched.add(rows.getString(1));
                    untouched.add(rows.getString(2));
                }
            }
        }
        for (int i = 0; i < untouched.size(); i += 2) {
            // The view is silent about one that has been set but not been used since: only it itself knows where it
            // stands.
            try (Statement statement = from.createStatement();
                    ResultSet row = statement.executeQuery(
                            "select last_value, is_called from " + SchemaCopy.identifier(untouched.get(i)) + "."
                                    + SchemaCopy.identifier(untouched.get(i + 1)))) {
                row.next();
                add(untouched.get(i), untouched.get(i + 1), row.getLong(1), row.getBoolean(2));
            }
        }
    }

    private void add(String schema, String name, long value, boolean isCalled) {
        schemas.add(schema);
        names.add(name);
        values.add(value);
        called.add(isCalled);
    }

    private void write(Connection superuser) throws SQLException {
        try (PreparedStatement set = superuser.prepareStatement(SET)) {
            set.setArray(1, array(superuser, "text", schemas));
            set.setArray(2, array(superuser, "text", names));
            set.setArray(3, array(superuser, "bigint", values));
            set.setArray(4, array(superuser, "bool", called));
            set.execute();
        }
    }

    private static Array array(Connection connection, String type, List<?> values) throws SQLException {
        return connection.createArrayOf(type, values.toArray());
    }
}
