package dev.mooring.dataplane.local.migration;

import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What a database has, line by line, as both versions say it: read from the catalogs alone, so no function of a user runs, whoever reads.
 * Whatever the source has and the cluster has not or has otherwise was made after the schema was brought, or did not come.
 */
final class Catalogs {

    private static final String OWN = SourceTables.OWN;
    private static final String SCHEMA = "n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')"
            + " and n.nspname !~ '^pg_(temp|toast_temp)_'";

    private static final String LINES = "select format('%s %I.%I', case c.relkind when 'v' then 'view' when 'm' then"
            + " 'materialized view' when 'S' then 'sequence' when 'c' then 'type' when 'i' then 'index' when 'I' then"
            + " 'index' else 'table' end, n.nspname, c.relname) || case when c.relkind in ('r', 'p') then"
            + " case c.relpersistence when 'u' then ', unlogged' else '' end || case when c.relrowsecurity then"
            + " ', with policies' else '' end || case c.relreplident when 'd' then '' else ', replica identity '"
            + " || c.relreplident::text end else '' end"
            + " from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p', 'v', 'm', 'S',"
            + " 'i', 'I', 'c') and " + OWN + " and not exists (select from pg_depend d join pg_class t on t.oid ="
            + " d.refobjid where d.classid = 'pg_class'::regclass and d.objid = c.oid and t.relkind = 'f')"
            + " union all select format('column %I.%I.%I, %s', n.nspname, c.relname, a.attname,"
            + " format_type(a.atttypid, a.atttypmod)) || case when a.attnotnull then ', not null' else '' end"
            + " || case when coalesce(a.attstattarget, -1) >= 0 then ', statistics ' || a.attstattarget::text else '' end"
            + " from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace"
            + " where c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped and " + OWN
            + " union all select format('constraint %I of %I.%I', o.conname, n.nspname, c.relname) || case when"
            + " o.condeferrable then ', deferrable' else '' end || case when o.convalidated then '' else ', not valid' end"
            + " from pg_constraint o join pg_class c on c.oid = o.conrelid join pg_namespace n on n.oid = c.relnamespace"
            // Those of partitions that follow from their table's have names that the server makes up.
            + " where o.contype in ('c', 'f', 'p', 'u', 'x') and c.relkind in ('r', 'p')"
            + " and coalesce(to_jsonb(o) ->> 'conparentid', '0') = '0' and " + OWN
            + " union all select format('trigger %I of %I.%I', t.tgname, n.nspname, c.relname) || case t.tgenabled"
            + " when 'O' then '' else ', enabled ' || t.tgenabled::text end from pg_trigger t join pg_class c on c.oid ="
            + " t.tgrelid join pg_namespace n on n.oid = c.relnamespace where not t.tgisinternal and c.relkind in"
            + " ('r', 'p', 'v') and " + OWN
            + " union all select format('policy %I of %I.%I', p.polname, n.nspname, c.relname) from pg_policy p"
            + " join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace where " + OWN
            + " union all select format('function %I.%I(%s)', n.nspname, c.proname,"
            + " pg_get_function_identity_arguments(c.oid)) from pg_proc c join pg_namespace n on n.oid = c.pronamespace"
            + " where " + SCHEMA + " and not exists (select from pg_depend e where e.objid = c.oid"
            + " and e.classid = 'pg_proc'::regclass and e.deptype in ('e', 'i'))"
            + " union all select format('type %I.%I', n.nspname, c.typname) from pg_type c join pg_namespace n"
            + " on n.oid = c.typnamespace where c.typtype in ('e', 'd', 'r') and " + SCHEMA + " and not exists (select"
            + " from pg_depend e where e.objid = c.oid and e.classid = 'pg_type'::regclass and e.deptype = 'e')"
            + " union all select format('schema %I', n.nspname) from pg_namespace n where " + SCHEMA
            + " and not exists (select from pg_depend e where e.objid = n.oid and e.classid = 'pg_namespace'::regclass"
            + " and e.deptype = 'e')";

    private Catalogs() {}

    /** @return what the source has and the cluster has not, or has otherwise */
    static List<String> missing(Connection from, Connection to) throws SQLException {
        List<String> missing = new ArrayList<>();
        Set<String> here = new LinkedHashSet<>(PostgresServer.strings(to, LINES));
        for (String line : new LinkedHashSet<>(PostgresServer.strings(from, LINES))) {
            if (!here.contains(line)) {
                missing.add(line);
            }
        }
        return missing;
    }
}
