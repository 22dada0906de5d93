package dev.mooring.dataplane.local.migration;

import dev.mooring.dataplane.local.upgrade.server.ReplicaIdentity;
import dev.mooring.dataplane.local.upgrade.server.SchemaCopy;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** The tables of one of the source's databases, by what replication can do with them. */
final class SourceTables {

    /** The user's own: not the system's, not an extension's. */
    static final String OWN = "n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')"
            + " and n.nspname !~ '^pg_(temp|toast_temp)_' and not exists (select from pg_depend e"
            + " where e.objid = c.oid and e.classid = 'pg_class'::regclass and e.deptype = 'e')";

    private SourceTables() {}

    /**
     * @param keyed whether updates and deletions can be published; if they were of another one, the source would refuse to do them
     * @param logged whether anything of it can be replicated
     */
    record Table(String schema, String name, boolean keyed, boolean logged) {

        /** In SQL. */
        String quoted() {
            return SchemaCopy.identifier(schema) + "." + SchemaCopy.identifier(name);
        }

        String shown() {
            return MigrationCheck.shown(schema + "." + name);
        }
    }

    /** Those that hold rows, partitions each for itself. */
    static List<Table> of(Connection from) throws SQLException {
        return read(
                from,
                "select n.nspname, c.relname, " + keyed(from)
                        + ", c.relpersistence = 'p' from pg_class c"
                        + " join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r'"
                        + " and c.relpersistence in ('p', 'u') and " + OWN + " order by 1, 2");
    }

    /** The same of what is published already. */
    static List<Table> published(Connection from, String publication) throws SQLException {
        return read(
                from,
                "select n.nspname, c.relname, " + keyed(from) + ", true from pg_publication_rel r"
                        + " join pg_publication p on p.oid = r.prpubid join pg_class c on c.oid = r.prrelid"
                        + " join pg_namespace n on n.oid = c.relnamespace where p.pubname = '" + publication
                        + "' order by 1, 2");
    }

    private static String keyed(Connection from) throws SQLException {
        return ReplicaIdentity.usable(from.getMetaData().getDatabaseMajorVersion());
    }

    private static List<Table> read(Connection from, String query) throws SQLException {
        List<Table> tables = new ArrayList<>();
        try (Statement statement = from.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                tables.add(new Table(rows.getString(1), rows.getString(2), rows.getBoolean(3), rows.getBoolean(4)));
            }
        }
        return tables;
    }
}
