package dev.mooring.dataplane.local.upgrade.server;

/**
 * Whether changes of a table's rows can be published. While they are and cannot be, the server refuses to make them, so every publication
 * of updates and deletions asks here; and again later, because a key can be taken away or get another column.
 */
public final class ReplicaIdentity {

    /** From here on there are columns that are computed. */
    private static final int FIRST_WITH_GENERATED = 12;

    private static final String GENERATED = "a.attgenerated <> ''";

    /**
     * As PostgreSQL itself decides it: from {@code RelationGetIndexList} a key that is unique at once, valid and not partial. What is computed
     * is not published: a key of that is refused from 18 on, and found by no subscriber of any version.
     */
    private static final String KEY =
            "exists (select from pg_index i where i.indrelid = c.oid and i.%1$s and i.indisunique"
                    + " and i.indimmediate and i.indisvalid and i.indpred is null and not exists (select from pg_attribute a"
                    + " where a.attrelid = i.indrelid and a.attnum = any(i.indkey::int2[]) and %2$s))";

    /**
     * What the whole row identifies is looked for by the subscriber with the default equality of each column's type. It passes over what
     * is computed, but from 18 on the publisher refuses that.
     */
    private static final String ROW = "not exists (select from pg_attribute a join pg_type t on t.oid = a.atttypid"
            + " join pg_type b on b.oid = case t.typtype when 'd' then t.typbasetype else t.oid end"
            + " join pg_type e on e.oid = case when b.typcategory = 'A' and b.typelem <> 0 then b.typelem else b.oid end"
            + " where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
            + " and (%1$s and current_setting('server_version_num')::int >= 180000"
            + " or e.typtype not in ('e', 'r', 'm') and not exists (select from pg_opclass o"
            + " join pg_am m on m.oid = o.opcmethod left join pg_cast k on k.castsource = e.oid"
            + " and k.casttarget = o.opcintype and k.castmethod = 'b' and k.castcontext = 'i'"
            + " where m.amname in ('btree', 'hash') and o.opcdefault and (o.opcintype = e.oid or k.oid is not null))))";

    /** A condition on the row {@code c} of {@code pg_class}, for servers that Mooring runs. */
    public static final String USABLE = usable(GENERATED);

    private ReplicaIdentity() {}

    /** The same for any server. */
    public static String usable(int major) {
        return major < FIRST_WITH_GENERATED ? usable("false") : USABLE;
    }

    private static String usable(String generated) {
        return "(c.relreplident = 'd' and " + KEY.formatted("indisprimary", generated) + " or c.relreplident = 'i' and "
                + KEY.formatted("indisreplident", generated) + " or c.relreplident = 'f' and "
                + ROW.formatted(generated) + ")";
    }
}
