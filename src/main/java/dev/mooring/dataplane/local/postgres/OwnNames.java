package dev.mooring.dataplane.local.postgres;

/**
 * What in a server is Mooring's own, as regular expressions of PostgreSQL. The prefix alone does not say so: by SQL an owner may give it
 * to what is theirs.
 */
public final class OwnNames {

    public static final String ROLES =
            "^mooring_((archive|replication|reader|loader|subscriber|pooler|owner)$|(former|displaced)_)";

    /** A read-only node's has its id. */
    public static final String SLOTS = "^mooring_(archive|standby_[0-9]|[0-9a-f]{8}(_[0-9a-f]{4}){3}_[0-9a-f]{12}"
            + "|copy(_[0-9a-f]{8})?|(upgrade|undo)_[0-9]+)$";

    /** The bootstrap superuser's, whose number is fixed. */
    private static final String SUPERUSERS = " = 10";

    private OwnNames() {}

    /** @param alias of a row of {@code pg_publication} */
    public static String publication(String alias) {
        return "(" + alias + ".pubowner" + SUPERUSERS + " and " + alias + ".pubname ~ '^mooring_(upgrade|undo)_')";
    }

    /** @param alias of a row of {@code pg_subscription} */
    public static String subscription(String alias) {
        return "(" + alias + ".subowner" + SUPERUSERS + " and " + alias
                + ".subname in ('mooring_upgrade', 'mooring_undo'))";
    }
}
