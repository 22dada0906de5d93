package dev.mooring.dataplane.local.migration;

import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Large objects, which no replication brings: those that differ are copied, as often as this is asked for. */
final class LargeObjects {

    private static final int PIECE = 1 << 20;
    private static final int AT_A_TIME = 500;

    private static final String READABLE =
            "(pg_has_role(m.lomowner, 'USAGE') or exists (select from aclexplode(m.lomacl) a"
                    + " where a.privilege_type = 'SELECT' and (a.grantee = 0 or pg_has_role(a.grantee, 'USAGE'))))";

    /** What they hold, piece by piece: one may be larger than memory. */
    private static final String DIGESTS = "select m.oid, (select md5(coalesce(string_agg(md5(lo_get(m.oid, o, " + PIECE
            + ")), '' order by o), '')) from generate_series(0::bigint, s.size, " + PIECE + "::bigint) as o)"
            + " from (select m.oid from pg_largeobject_metadata m where m.oid::bigint > ? and " + READABLE
            + " order by m.oid::bigint limit " + AT_A_TIME + ") m,"
            + " lateral (select lo_lseek64(lo_open(m.oid, 262144), 0, 2) as size) s order by m.oid::bigint";

    private LargeObjects() {}

    /** @return the numbers of those that the source's user may not read */
    static List<String> unreadable(Connection from) throws SQLException {
        return PostgresServer.strings(
                from,
                "select m.oid from pg_largeobject_metadata m where not " + READABLE
                        + " and not (select rolsuper from pg_roles where rolname = current_user) order by m.oid::bigint"
                        + " limit 20");
    }

    /**
     * @param to as the loader, who owns all that are there
     * @return how many there are
     */
    static int follow(Connection from, Connection to) throws SQLException {
        Map<Long, String> there = digests(from);
        Map<Long, String> here = digests(to);
        for (Map.Entry<Long, String> object : there.entrySet()) {
            if (!object.getValue().equals(here.get(object.getKey()))) {
                copy(from, to, object.getKey(), here.containsKey(object.getKey()));
            }
        }
        for (long gone : here.keySet()) {
            if (!there.containsKey(gone)) {
                ask(to, "select lo_unlink(?::bigint::oid)", gone);
            }
        }
        return there.size();
    }

    private static Map<Long, String> digests(Connection connection) throws SQLException {
        Map<Long, String> digests = new LinkedHashMap<>();
        long last = -1;
        try (PreparedStatement select = connection.prepareStatement(DIGESTS)) {
            for (int found = AT_A_TIME; found == AT_A_TIME; ) {
                found = 0;
                select.setLong(1, last);
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        last = Math.max(last, rows.getLong(1));
                        digests.put(rows.getLong(1), rows.getString(2));
                        found++;
                    }
                }
            }
        }
        return digests;
    }

    private static void copy(Connection from, Connection to, long object, boolean present) throws SQLException {
        to.setAutoCommit(false);
        try (PreparedStatement get = from.prepareStatement("select lo_get(?::bigint::oid, ?, " + PIECE + ")");
                PreparedStatement put = to.prepareStatement("select lo_put(?::bigint::oid, ?, ?)")) {
            if (present) {
                ask(to, "select lo_unlink(?::bigint::oid)", object);
            }
            ask(to, "select lo_create(?::bigint::oid)", object);
            byte[] piece;
            long at = 0;
            do {
                get.setLong(1, object);
                get.setLong(2, at);
                try (ResultSet row = get.executeQuery()) {
                    row.next();
                    piece = row.getBytes(1);
                }
                if (piece.length > 0) {
                    put.setLong(1, object);
                    put.setLong(2, at);
                    put.setBytes(3, piece);
                    put.execute();
                }
                at += piece.length;
            } while (piece.length == PIECE);
            to.commit();
        } finally {
            to.rollback();
            to.setAutoCommit(true);
        }
    }

    private static void ask(Connection connection, String query, long object) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(query)) {
            select.setLong(1, object);
            select.execute();
        }
    }
}
