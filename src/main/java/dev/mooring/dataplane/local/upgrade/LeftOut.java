package dev.mooring.dataplane.local.upgrade;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.postgresql.copy.CopyManager;
import org.postgresql.copy.CopyOut;

/** What logical replication leaves out: sequences, large objects, and the rows of unlogged tables. While nobody can write. */
public final class LeftOut {

    private static final int PIECE = 1 << 20;

    private final Side from;
    private final Side to;

    public LeftOut(Side from, Side to) {
        this.from = from;
        this.to = to;
    }

    public void bring(List<String> databases) throws SQLException, InterruptedException {
        for (String database : databases) {
            try (Connection source = from.open(database);
                    Connection target = to.open(database)) {
                sequences(source, target);
                unloggedTables(source, target);
                largeObjects(source, target);
            }
        }
    }

    private static void sequences(Connection source, Connection target) throws SQLException {
        List<String> names = new ArrayList<>();
        List<Long> values = new ArrayList<>();
        try (Statement statement = source.createStatement();
                ResultSet rows = statement.executeQuery("select format('%I.%I', schemaname, sequencename), last_value"
                        + " from pg_sequences where last_value is not null and schemaname <> 'mooring_upgrade'")) {
            while (rows.next()) {
                names.add(rows.getString(1));
                values.add(rows.getLong(2));
            }
        }
        try (PreparedStatement set = target.prepareStatement(
                "select count(setval(name::regclass, value, true)) from unnest(?::text[], ?::bigint[]) as s (name, value)")) {
            set.setArray(1, target.createArrayOf("text", names.toArray()));
            set.setArray(2, target.createArrayOf("bigint", values.toArray()));
            set.execute();
        }
    }

    private static void unloggedTables(Connection source, Connection target) throws SQLException {
        for (String table : Side.strings(
                source,
                "select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
                        + " where c.relkind = 'r' and c.relpersistence = 'u' and " + UpgradeCheck.OWNED)) {
            Side.execute(target, "set session_replication_role = replica", "truncate " + table);
            CopyManager sourceCopies = source.unwrap(PGConnection.class).getCopyAPI();
            CopyManager targetCopies = target.unwrap(PGConnection.class).getCopyAPI();
            CopyOut out = sourceCopies.copyOut("copy " + table + " to stdout");
            CopyIn in = targetCopies.copyIn("copy " + table + " from stdin");
            for (byte[] row = out.readFromCopy(); row != null; row = out.readFromCopy()) {
                in.writeToCopy(row, 0, row.length);
            }
            in.endCopy();
            Side.execute(target, "reset session_replication_role");
        }
    }

    private static void largeObjects(Connection source, Connection target) throws SQLException {
        Map<Long, String> wanted = digests(source);
        Map<Long, String> present = digests(target);
        for (Map.Entry<Long, String> object : wanted.entrySet()) {
            if (!object.getValue().equals(present.get(object.getKey()))) {
                largeObject(source, target, object.getKey(), present.containsKey(object.getKey()));
            }
        }
        for (Long object : present.keySet()) {
            if (!wanted.containsKey(object)) {
                Side.execute(target, "select lo_unlink(" + object + ")");
            }
        }
    }

    /** Owner, rights and content of each large object, as one text. */
    private static Map<Long, String> digests(Connection connection) throws SQLException {
        Map<Long, String> digests = new HashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "select m.oid::bigint, pg_get_userbyid(m.lomowner) || ' ' || coalesce("
                                + "m.lomacl::text, '') || ' ' || coalesce((select md5(string_agg(md5(l.data) || l.pageno, '' order by"
                                + " l.pageno)) from pg_largeobject l where l.loid = m.oid), '') from pg_largeobject_metadata m")) {
            while (rows.next()) {
                digests.put(rows.getLong(1), rows.getString(2));
            }
        }
        return digests;
    }

    private static void largeObject(Connection source, Connection target, long id, boolean exists) throws SQLException {
        if (exists) {
            Side.execute(target, "select lo_unlink(" + id + ")");
        }
        Side.execute(
                target,
                "select lo_create(" + id + ")",
                "alter large object " + id + " owner to "
                        + Side.strings(
                                        source,
                                        "select quote_ident(pg_get_userbyid(lomowner)) from pg_largeobject_metadata where oid = "
                                                + id)
                                .getFirst());
        for (String grant : Side.strings(
                source,
                "select format('grant %s on large object %s to %s', privilege_type, m.oid,"
                        + " case when grantee = 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end)"
                        + " from pg_largeobject_metadata m, aclexplode(m.lomacl) where m.oid = " + id)) {
            Side.execute(target, grant);
        }
        try (PreparedStatement read = source.prepareStatement("select lo_get(" + id + ", ?, " + PIECE + ")");
                PreparedStatement write = target.prepareStatement("select lo_put(" + id + ", ?, ?)")) {
            for (long offset = 0; ; offset += PIECE) {
                read.setLong(1, offset);
                byte[] piece;
                try (ResultSet row = read.executeQuery()) {
                    row.next();
                    piece = row.getBytes(1);
                }
                if (piece.length == 0) {
                    return;
                }
                write.setLong(1, offset);
                write.setBytes(2, piece);
                write.execute();
            }
        }
    }

    /** Contents of materialised views are not replicated: they are made again from what was. */
    public void materializedViews(List<String> databases) throws SQLException, InterruptedException {
        for (String database : databases) {
            try (Connection source = from.open(database);
                    Connection target = to.open(database)) {
                List<String> filled = Side.strings(
                        source,
                        "select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid ="
                                + " c.relnamespace where c.relkind = 'm' and c.relispopulated and "
                                + UpgradeCheck.OWNED);
                // The dump has made them in an order in which each finds what it needs.
                for (String view : Side.strings(
                        target,
                        "select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid ="
                                + " c.relnamespace where c.relkind = 'm' and " + UpgradeCheck.OWNED
                                + " order by c.oid")) {
                    if (filled.contains(view)) {
                        Side.execute(target, "refresh materialized view " + view);
                    }
                }
            }
        }
    }
}
