package dev.mooring.dataplane.local.upgrade.server;

import dev.mooring.dataplane.local.member.ServiceRole;
import java.sql.Connection;
import java.sql.SQLException;

/** Whom somebody waits for, in words. Queries are not told: they may hold what is nobody else's business. */
public final class OpenTransactions {

    private static final String NAMED =
            "format('process %s of %s in %s, in a transaction since %s, its last query since %s', pid,"
                    + " usename, datname, to_char(xact_start at time zone 'UTC', 'HH24:MI:SS'), to_char(query_start at time zone 'UTC',"
                    + " 'HH24:MI:SS'))";

    private static final String LONG =
            " from pg_stat_activity where backend_type = 'client backend' and xact_start < now() - interval"
                    + " '1 second' and pid <> pg_backend_pid()";

    /** Held against others of the same kind; whoever only reads or writes rows holds less. */
    private static final String DEFINING = "locktype = 'relation' and mode in ('ShareUpdateExclusiveLock', 'ShareLock',"
            + " 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')";

    private static final String FIRST = " order by xact_start limit 3";

    private OpenTransactions() {}

    /** The oldest of users' that have been open for more than a second; empty for none. */
    static String any(Connection connection) throws SQLException {
        return named(
                connection,
                LONG + " and usename not in ('" + String.join("', '", ServiceRole.allNames()) + "')" + FIRST);
    }

    /** The same, of those that have written. */
    public static String writing(Connection connection) throws SQLException {
        return named(connection, LONG + " and backend_xid is not null" + FIRST);
    }

    /** The same, of those that keep others from changing what is defined. */
    public static String defining(Connection connection) throws SQLException {
        return named(
                connection, LONG + " and pid in (select pid from pg_locks where granted and " + DEFINING + ")" + FIRST);
    }

    private static String named(Connection connection, String which) throws SQLException {
        return String.join("; ", PostgresServer.strings(connection, "select " + NAMED + which));
    }

    /** SQL, for a row of {@code pg_stat_activity}. */
    static String named() {
        return NAMED;
    }
}
