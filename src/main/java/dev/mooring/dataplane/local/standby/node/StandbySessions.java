package dev.mooring.dataplane.local.standby.node;

import dev.mooring.dataplane.local.cluster.AccessRules;
import dev.mooring.dataplane.local.member.ServiceRole;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * Sessions on a server that follows. What ends them on the primary, a user that is deleted or a source that is not trusted any more, does
 * not reach this one by the WAL.
 */
final class StandbySessions {

    /** A role that is gone has no name any more. */
    private static final String END = "select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity"
            + " where backend_type in ('client backend', 'walsender') and client_addr is not null"
            + " and coalesce(usename::pg_catalog.text, '') <> all (?)"
            + " and (not exists (select from pg_catalog.pg_authid r where r.oid = usesysid and r.rolcanlogin)"
            + " or not exists (select from pg_catalog.unnest(?::pg_catalog.text[]) source"
            + " where client_addr operator(pg_catalog.<<=) source::pg_catalog.inet)"
            // Through the connection pools, which have seen to it themselves.
            + " and not exists (select from pg_catalog.pg_stat_ssl through where through.pid = pg_stat_activity.pid"
            + " and through.client_dn is not null))";

    private StandbySessions() {}

    /**
     * Ends those of whom the server would not let in now.
     *
     * @param superuser of the server that follows
     * @param rules its pg_hba.conf
     */
    static void endStrangers(Connection superuser, String rules) throws SQLException {
        try (PreparedStatement statement = superuser.prepareStatement(END)) {
            statement.setArray(
                    1, superuser.createArrayOf("text", ServiceRole.allNames().toArray()));
            statement.setArray(
                    2,
                    superuser.createArrayOf("text", AccessRules.networks(rules).toArray()));
            try (ResultSet ended = statement.executeQuery()) {
                ended.next();
            }
        }
    }
}
