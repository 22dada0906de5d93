package dev.mooring.dataplane.local.migration;

import dev.mooring.dataplane.local.upgrade.server.SchemaCopy;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** The tables of one of the source's databases, by what replication can do with them. */
final class SourceTables {

    /** From here on there are columns that are computed. */
    private static final int FIRST_WITH_GENERATED = 12;

    /** The user's own: not the system's, not an extension's. */
    static final String OWN = "n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')"
            + " and n.nspname !~ '^pg_(temp|toast_temp)_' and not exists (select from pg_depend e"
            + " where e.objid = c.oid and e.classid = 'pg_class'::regclass and e.deptype = 'e')";

    /**
     * As PostgreSQL itself decides whether it can publish updates: from {@code RelationGetIndexList} a key that is unique at once, valid and
     * not partial. What the whole row identifies is looked for by the subscriber with the default equality of each column's type.
     */
    private static final String KEYED = "case c.relreplident when 'n' then false"
            + " when 'f' then not exists (select from pg_attribute a where a.attrelid = c.oid and a.attnum > 0"
            + " and not a.attisdropped and (%1$s or not exists (select from pg_type t"
            + " join pg_type b on b.oid = case t.typtype when 'd' then t.typbasetype else t.oid end"
            + " join pg_type e on e.oid = case when b.typcategory = 'A' and b.typelem <> 0 then b.typelem else b.oid end"
            + " where t.oid = a.atttypid and (e.typtype in ('e', 'r', 'm') or exists (select from pg_opclass o"
            + " join pg_am m on m.oid = o.opcmethod where m.amname in ('btree', 'hash') and o.opcdefault"
            + " and (o.opcintype = e.oid or exists (select from pg_cast k where k.castsource = e.oid"
            + " and k.casttarget = o.opcintype and k.castmethod = 'b' and k.castcontext = 'i')))))))"
            + " else exists (select from pg_index i where i.indrelid = c.oid and i.indisunique and i.indimmediate"
            + " and i.indisvalid and i.indpred is null and case c.relreplident when 'i' then i.indisreplident"
            + " else i.indisprimary end and not exists (select from pg_attribute a where a.attrelid = c.oid"
            + " and a.attnum = any(i.indkey::int2[]) and %1$s)) end";

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
        String generated =
                from.getMetaData().getDatabaseMajorVersion() < FIRST_WITH_GENERATED ? "false" : "a.attgenerated <> ''";
        return read(
                from,
                "select n.nspname, c.relname, " + KEYED.formatted(generated)
                        + ", c.relpersistence = 'p' from pg_class c"
                        + " join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r'"
                        + " and c.relpersistence in ('p', 'u') and " + OWN + " order by 1, 2");
    }

    /** The same of what is published already. */
    static List<Table> published(Connection from, String publication) throws SQLException {
        String generated =
                from.getMetaData().getDatabaseMajorVersion() < FIRST_WITH_GENERATED ? "false" : "a.attgenerated <> ''";
        return read(
                from,
                "select n.nspname, c.relname, " + KEYED.formatted(generated) + ", true from pg_publication_rel r"
                        + " join pg_publication p on p.oid = r.prpubid join pg_class c on c.oid = r.prrelid"
                        + " join pg_namespace n on n.oid = c.relnamespace where p.pubname = '" + publication
                        + "' order by 1, 2");
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
