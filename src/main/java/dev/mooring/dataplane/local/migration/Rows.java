package dev.mooring.dataplane.local.migration;

import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.dataplane.local.upgrade.server.SchemaCopy;
import java.io.IOException;
import java.io.OutputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.postgresql.PGConnection;
import org.postgresql.copy.PGCopyOutputStream;

/**
 * The rows of a table on both sides. The cluster's are read and written by the {@link Loader}, because the source may have sent functions
 * that run with them.
 */
final class Rows {

    private static final int BUFFER = 256 << 10;
    /** From here on the shortest text that is read back as the same number; before, more digits than that. */
    private static final int FIRST_WITH_SHORTEST_FLOATS = 12;

    private static final String[] SAME_TEXT = {
        "set datestyle = 'ISO, YMD'",
        "set intervalstyle = 'iso_8601'",
        "set timezone = 'UTC'",
        "set bytea_output = 'hex'",
        "set xmloption = 'content'",
        "set lc_monetary = 'C'",
        "set row_security = off"
    };

    private final Connection from;
    private final Connection to;

    /** Sets both sessions up. */
    Rows(Connection from, Connection to) throws SQLException {
        this.from = from;
        this.to = to;
        boolean shortest = from.getMetaData().getDatabaseMajorVersion() >= FIRST_WITH_SHORTEST_FLOATS;
        for (Connection side : List.of(from, to)) {
            PostgresServer.execute(side, SAME_TEXT);
            PostgresServer.execute(side, "set extra_float_digits = " + (shortest ? 3 : 0));
        }
    }

    /** @param digest of all rows whatever their order: each as the output functions of its types write it, which are none of a user's */
    record Sum(long rows, String digest) {}

    Sum there(SourceTables.Table table) throws SQLException {
        return sum(from, table);
    }

    Sum here(SourceTables.Table table) throws SQLException {
        return sum(to, table);
    }

    private static Sum sum(Connection side, SourceTables.Table table) throws SQLException {
        try (Statement statement = side.createStatement();
                ResultSet row = statement.executeQuery(
                        "select count(*), sum(('x' || substr(md5(convert_to(textin(record_out(mooring_row)), 'UTF8')), 1,"
                                + " 15))::bit(60)::bigint) from only " + table.quoted() + " as mooring_row")) {
            row.next();
            return new Sum(row.getLong(1), row.getString(2));
        }
    }

    /** Replaces what the cluster has of it. No trigger runs: the source's have run there. */
    void copy(SourceTables.Table table) throws SQLException, IOException {
        String columns = columns(table);
        to.setAutoCommit(false);
        try {
            PostgresServer.execute(
                    to, "set local session_replication_role = replica", "delete from only " + table.quoted());
            PGConnection source = from.unwrap(PGConnection.class);
            PGCopyOutputStream into = new PGCopyOutputStream(
                    to.unwrap(PGConnection.class), "copy " + table.quoted() + columns + " from stdin", BUFFER);
            try (OutputStream rows = into) {
                source.getCopyAPI().copyOut("copy " + table.quoted() + columns + " to stdout", rows);
            }
            to.commit();
        } finally {
            to.rollback();
            to.setAutoCommit(true);
        }
    }

    /** Without those that are computed. */
    private String columns(SourceTables.Table table) throws SQLException {
        List<String> columns = new ArrayList<>();
        try (PreparedStatement select = to.prepareStatement("select a.attname from pg_attribute a join pg_class c"
                + " on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace where n.nspname = ? and"
                + " c.relname = ? and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attnum")) {
            select.setString(1, table.schema());
            select.setString(2, table.name());
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    columns.add(SchemaCopy.identifier(row.getString(1)));
                }
            }
        }
        return columns.isEmpty() ? "" : " (" + String.join(", ", columns) + ")";
    }
}
