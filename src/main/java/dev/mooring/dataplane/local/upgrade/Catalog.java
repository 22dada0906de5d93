package dev.mooring.dataplane.local.upgrade;

import dev.mooring.dataplane.local.postgres.OwnNames;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One of PostgreSQL's system catalogs, as far as it holds what somebody has defined: without statistics, without temporary objects,
 * without what Mooring itself makes and takes away, and without columns that the server changes by itself. Which catalogs there are, and
 * their columns, the server is asked, so a new version's are there too.
 *
 * @param columns as a select list has them, of {@code from}
 * @param from with its conditions
 */
record Catalog(String name, String columns, String from) {

    /**
     * Not of what is defined: the files that tables are in. TRUNCATE gives a table another one, and so does whatever rewrites it; neither is
     * among the server's counts of rows.
     */
    static final Catalog FILES = new Catalog(
            "truncated or rewritten",
            "t.oid, t.relfilenode",
            "pg_catalog.pg_class t where t.relkind = 'r' and t.relpersistence <> 't' and t.oid >= 16384");

    /** Of values, of subscriptions (an upgrade refuses those of users), or said by another catalog as well. */
    private static final Set<String> LEFT_OUT = Set.of(
            "pg_statistic",
            "pg_statistic_ext_data",
            "pg_largeobject",
            "pg_subscription",
            "pg_subscription_rel",
            "pg_replication_origin",
            "pg_shdepend");

    private static final Map<String, Set<String>> OF_THE_SERVER = Map.of(
            "pg_class",
            Set.of(
                    "relfilenode",
                    "relpages",
                    "reltuples",
                    "relallvisible",
                    "relallfrozen",
                    "relfrozenxid",
                    "relminmxid",
                    "relhasindex",
                    "relhasrules",
                    "relhastriggers",
                    "relhassubclass"),
            "pg_database",
            Set.of("datconnlimit", "datfrozenxid", "datminmxid", "dathasloginevt"));

    /** What is not in a column that says what is defined, or only sometimes. */
    private static final Map<String, List<String>> MORE = Map.of(
            "pg_class",
            // Refreshed, a materialized view has other files, and logical decoding says nothing of it.
            List.of("case when t.relkind = 'm' then t.relfilenode end"),
            "pg_attribute",
            // ALTER COLUMN ... TYPE ... USING makes other values of the same type, which logical decoding does not
            // carry.
            List.of("t.xmin"),
            "pg_database",
            // Those that can be connected to have one of Mooring's own while nobody may.
            List.of("case when not t.datallowconn then t.datconnlimit end"));

    /** These hold the number of a relation that may be temporary. */
    private static final Set<String> OF_RELATIONS = Set.of(
            "attrelid",
            "adrelid",
            "conrelid",
            "indrelid",
            "inhrelid",
            "tgrelid",
            "ev_class",
            "seqrelid",
            "partrelid",
            "polrelid",
            "stxrelid",
            "typrelid");

    private static final Set<String> OF_SCHEMAS = Set.of("typnamespace", "connamespace", "stxnamespace");

    private static final String TEMPORARY = "(select r.oid from pg_catalog.pg_class r where r.relpersistence = 't')";
    private static final String TEMPORARY_SCHEMAS =
            "(select s.oid from pg_catalog.pg_namespace s where s.nspname ~ '^pg_(toast_)?temp_')";
    private static final String OWN_ROLES =
            "(select a.oid from pg_catalog.pg_authid a where a.rolname ~ '" + OwnNames.ROLES + "')";
    private static final String OWN_PUBLICATIONS =
            "(select p.oid from pg_catalog.pg_publication p where " + OwnNames.publication("p") + ")";

    /** Conditions of single catalogs. */
    private static final Map<String, String> CONDITIONS = Map.of(
            "pg_class",
            "t.relpersistence <> 't'",
            "pg_namespace",
            "t.nspname !~ '^pg_(toast_)?temp_'",
            "pg_authid",
            "t.rolname !~ '" + OwnNames.ROLES + "'",
            "pg_auth_members",
            "t.roleid not in " + OWN_ROLES + " and t.member not in " + OWN_ROLES,
            "pg_db_role_setting",
            // That of the superuser says what is closed for a moment.
            "t.setrole <> 10 and t.setrole not in " + OWN_ROLES,
            "pg_publication",
            "not " + OwnNames.publication("t"),
            "pg_publication_rel",
            "t.prpubid not in " + OWN_PUBLICATIONS,
            // What belongs to an extension, and which column a sequence belongs to.
            "pg_depend",
            "(t.deptype = 'e' or t.deptype = 'a' and t.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and t.objid in"
                    + " (select r.oid from pg_catalog.pg_class r where r.relkind = 'S' and r.relpersistence <> 't'))");

    private static final String ALL =
            "select c.relname, a.attname from pg_catalog.pg_class c join pg_catalog.pg_attribute a"
                    + " on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped where c.relnamespace ="
                    + " 'pg_catalog'::pg_catalog.regnamespace and c.relkind = 'r' and c.relisshared = ? order by 1, a.attnum";

    /**
     * @param shared those of the whole server, else those of the session's database
     */
    static List<Catalog> all(Connection connection, boolean shared) throws SQLException {
        List<Catalog> catalogs = new ArrayList<>();
        List<String> columns = new ArrayList<>();
        String name = null;
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(ALL.replace("?", Boolean.toString(shared)))) {
            while (rows.next()) {
                if (!rows.getString(1).equals(name)) {
                    add(catalogs, name, columns);
                    name = rows.getString(1);
                    columns = new ArrayList<>();
                }
                columns.add(rows.getString(2));
            }
        }
        add(catalogs, name, columns);
        return catalogs;
    }

    private static void add(List<Catalog> catalogs, @Nullable String name, List<String> columns) {
        if (name == null || LEFT_OUT.contains(name)) {
            return;
        }
        Set<String> unsaid = OF_THE_SERVER.getOrDefault(name, Set.of());
        List<String> said = new ArrayList<>();
        List<String> conditions = new ArrayList<>();
        if (CONDITIONS.containsKey(name)) {
            conditions.add(CONDITIONS.get(name));
        }
        for (String column : columns) {
            if (!unsaid.contains(column)) {
                said.add("t." + column);
            }
            if (OF_RELATIONS.contains(column)) {
                conditions.add("t." + column + " not in " + TEMPORARY);
            } else if (OF_SCHEMAS.contains(column)) {
                conditions.add("t." + column + " not in " + TEMPORARY_SCHEMAS);
            }
        }
        said.addAll(MORE.getOrDefault(name, List.of()));
        catalogs.add(new Catalog(
                name,
                String.join(", ", said),
                "pg_catalog." + name + " t"
                        + (conditions.isEmpty() ? "" : " where " + String.join(" and ", conditions))));
    }
}
