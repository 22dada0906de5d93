package dev.mooring.dataplane.local.archive.backup;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;

/** The time in which a running server's files may be copied. Its functions have other names before PostgreSQL 15. */
public final class BackupMode {

    private static final int FIRST_WITH_NEW_NAMES = 15;

    private BackupMode() {}

    /**
     * @param label what to write into the copy's {@code backup_label}
     * @param tablespaces empty when there are none but PostgreSQL's own
     */
    public record Stopped(String lsn, String label, String tablespaces, int timeline, Instant at) {}

    /**
     * @param superuser stays open and unused by others until {@link #stop}
     * @return the position where replay begins
     */
    public static String start(Connection superuser, String name) throws SQLException {
        String call = major(superuser) >= FIRST_WITH_NEW_NAMES
                ? "select pg_backup_start(?, true)::text"
                : "select pg_start_backup(?, true, false)::text";
        try (PreparedStatement statement = superuser.prepareStatement(call)) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getString(1);
            }
        }
    }

    /** Does not wait for PostgreSQL's own archiver: WAL is stored another way. */
    public static Stopped stop(Connection superuser) throws SQLException {
        String call =
                major(superuser) >= FIRST_WITH_NEW_NAMES ? "pg_backup_stop(false)" : "pg_stop_backup(false, false)";
        try (Statement statement = superuser.createStatement();
                ResultSet row = statement.executeQuery("select lsn::text, labelfile, coalesce(spcmapfile, ''),"
                        + " ('x' || substr(pg_walfile_name(lsn), 1, 8))::bit(32)::int, clock_timestamp() from "
                        + call)) {
            row.next();
            return new Stopped(
                    row.getString(1),
                    row.getString(2),
                    row.getString(3),
                    row.getInt(4),
                    row.getObject(5, OffsetDateTime.class).toInstant());
        }
    }

    private static int major(Connection superuser) throws SQLException {
        return superuser.getMetaData().getDatabaseMajorVersion();
    }
}
