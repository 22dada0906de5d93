package dev.mooring.app.release.rehearsal;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The tables of a database, as far as code can notice them.
 *
 * @param tables by their oid, which a new name does not change
 */
@RegisterForReflection
public record SchemaShape(Map<Long, Table> tables) {

    private static final String QUERY =
            "select c.oid::int8, n.nspname || '.' || c.relname, pg_relation_filenode(c.oid)::int8,"
                    + " a.attnum, a.attname, format_type(a.atttypid, a.atttypmod)"
                    + " from pg_class c join pg_namespace n on n.oid = c.relnamespace"
                    + " left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
                    + " where c.relkind in ('r', 'p', 'v', 'm') and n.nspname not in ('pg_catalog', 'information_schema')"
                    + " and n.nspname not like 'pg\\_%' order by c.oid, a.attnum";

    /**
     * @param file number of the file that it is written to
     * @param columns by their number
     */
    @RegisterForReflection
    public record Table(String name, long file, Map<Integer, Column> columns) {}

    @RegisterForReflection
    public record Column(String name, String type) {}

    public static SchemaShape read(Connection connection) throws SQLException {
        Map<Long, Table> tables = new LinkedHashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(QUERY)) {
            while (rows.next()) {
                Table table = tables.get(rows.getLong(1));
                if (table == null) {
                    table = new Table(rows.getString(2), rows.getLong(3), new LinkedHashMap<>());
                    tables.put(rows.getLong(1), table);
                }
                if (rows.getString(5) != null) {
                    table.columns().put(rows.getInt(4), new Column(rows.getString(5), rows.getString(6)));
                }
            }
        }
        return new SchemaShape(tables);
    }

    /** What of this is not there any more in the other, in words. */
    public List<String> lostIn(SchemaShape after) {
        List<String> lost = new ArrayList<>();
        tables.forEach((oid, table) -> {
            Table now = after.tables.get(oid);
            if (now == null) {
                boolean again = after.tables.values().stream()
                        .anyMatch(other -> other.name().equals(table.name()));
                lost.add("table " + table.name() + (again ? " is replaced by another one" : " is dropped"));
            } else {
                if (!now.name().equals(table.name())) {
                    lost.add("table " + table.name() + " is renamed to " + now.name());
                }
                table.columns()
                        .forEach((number, column) ->
                                lost(lost, table, column, now.columns().get(number)));
            }
        });
        return lost;
    }

    private static void lost(List<String> lost, Table table, Column before, @Nullable Column now) {
        String name = "column " + table.name() + "." + before.name();
        if (now == null) {
            lost.add(name + " is dropped");
        } else if (!now.name().equals(before.name())) {
            lost.add(name + " is renamed to " + now.name());
        } else if (!now.type().equals(before.type())) {
            lost.add(name + " changes its type from " + before.type() + " to " + now.type());
        }
    }

    /** The names of the tables that are there in both and were written anew. */
    public List<String> rewrittenIn(SchemaShape after) {
        return tables.entrySet().stream()
                .flatMap(entry -> Stream.ofNullable(after.tables.get(entry.getKey()))
                        .filter(now -> now.file() != entry.getValue().file()))
                .map(Table::name)
                .toList();
    }
}
