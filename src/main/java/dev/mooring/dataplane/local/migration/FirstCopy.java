package dev.mooring.dataplane.local.migration;

import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.dataplane.local.upgrade.server.SchemaCopy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whether the server's workers can copy a source's tables before they follow it. They try for ever, their sessions at the source have
 * the settings that the source gives them, and a table's constraints are there before its rows; in a dump both are otherwise.
 */
final class FirstCopy {

    /** Less than a slow disk and a slow line give. */
    private static final long SLOWEST_BYTES_PER_SECOND = 4 << 20;

    private static final Duration BEGINNING = Duration.ofSeconds(2);

    private static final String OF_TABLES = " from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            + " where c.relkind = 'r' and c.relpersistence = 'p' and " + SourceTables.OWN;

    private static final String LARGEST = "select coalesce(max(pg_table_size(c.oid)), 0)" + OF_TABLES;

    /** What a session begins with, not what this one has been told. */
    private static final String LIMITS = "select name, reset_val from (select name, case when name in"
            + " ('statement_timeout', 'transaction_timeout') then reset_val::int8 end as reset_val from pg_settings) s"
            + " where reset_val between 1 and ? order by reset_val limit 1";

    private static final String NOT_VALID = "select format('%I of %s', k.conname,"
            + " coalesce(nullif(k.conrelid, 0)::regclass::text, nullif(k.contypid, 0)::regtype::text))"
            + " from pg_constraint k join pg_namespace n on n.oid = k.connamespace"
            + " where not k.convalidated and k.contype in ('c', 'n')"
            + " and n.nspname not in ('pg_catalog', 'information_schema') limit 1";

    private FirstCopy() {}

    /** Why it cannot be done, and what lifts that. */
    static @Nullable String refusal(Connection from, String database, String user) throws SQLException {
        List<String> notValid = PostgresServer.strings(from, NOT_VALID);
        if (!notValid.isEmpty()) {
            return "the constraint " + MigrationCheck.shown(notValid.getFirst()) + " in "
                    + MigrationCheck.shown(database)
                    + " is NOT VALID, and rows that break it can come in a dump only";
        }
        long largest = PostgresServer.number(from, LARGEST);
        Duration needed = BEGINNING.plusSeconds(largest / SLOWEST_BYTES_PER_SECOND);
        try (PreparedStatement select = from.prepareStatement(LIMITS)) {
            select.setLong(1, needed.toMillis());
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? tooShort(row.getString(1), row.getLong(2), database, user, needed) : null;
            }
        }
    }

    private static String tooShort(String setting, long millis, String database, String user, Duration needed) {
        return "the source gives " + user + " a " + setting + " of " + millis + " ms in "
                + MigrationCheck.shown(database) + ", and its largest table may take " + needed.toSeconds()
                + " s to copy; at the source, ALTER ROLE " + SchemaCopy.identifier(user) + " IN DATABASE "
                + MigrationCheck.shown(SchemaCopy.identifier(database)) + " SET " + setting + " = 0 lifts that";
    }
}
