package dev.mooring.dataplane.local.cluster;

import dev.mooring.dataplane.local.member.RolesAndDatabases;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A cluster's measurements in the Prometheus text format, under the names that postgres_exporter's dashboards know. */
public final class ClusterMetrics {

    public static final String DOWN = "# HELP pg_up Whether the server answers\n# TYPE pg_up gauge\npg_up 0\n";

    private ClusterMetrics() {}

    /**
     * Every column of text is a label, every other one a metric.
     *
     * @param counter whether the metrics only grow
     */
    private record Family(String prefix, boolean counter, String query) {}

    private static final Family[] FAMILIES = {
        new Family(
                "pg_stat_database",
                true,
                "select datname, xact_commit, xact_rollback, blks_read, blks_hit, tup_returned, tup_fetched, tup_inserted,"
                        + " tup_updated, tup_deleted, conflicts, temp_files, temp_bytes, deadlocks from pg_stat_database"
                        + " where datname is not null"),
        new Family(
                "pg_database",
                false,
                "select datname, pg_database_size(oid) as size_bytes, numbackends from pg_stat_database"
                        + " join pg_database using (datname)"),
        new Family(
                "pg_stat_activity",
                false,
                "select datname, state, count(*) as count, coalesce(max(extract(epoch from now() - xact_start)), 0)"
                        + " as max_tx_duration from pg_stat_activity where datname is not null and state is not null"
                        + " group by datname, state"),
        new Family(
                "pg_settings",
                false,
                "select current_setting('max_connections')::int as max_connections,"
                        + " extract(epoch from pg_postmaster_start_time())::bigint as postmaster_start_time_seconds"),
        new Family(
                "pg_wal",
                false,
                "select pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_replay_lsn()"
                        + " else pg_current_wal_lsn() end, '0/0')::bigint as position_bytes,"
                        + " (select coalesce(sum(size), 0)::bigint from pg_ls_waldir()) as size_bytes"),
        new Family(
                "mooring_replication",
                false,
                "select replace(substr(application_name, length('mooring_') + 1), '_', '-') as node,"
                        + " greatest(0, pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn))::bigint as lag_bytes,"
                        + " coalesce(extract(epoch from replay_lag), 0)::float8 as lag_seconds"
                        + " from pg_stat_replication where usename = 'postgres' and state = 'streaming'"
                        + " and replay_lsn is not null and application_name like 'mooring\\_%'"),
        new Family("pg_locks", false, "select mode, count(*) as count from pg_locks group by mode"),
    };

    public static String collect(RolesAndDatabases.Opener opener) {
        StringBuilder text = new StringBuilder();
        try (Connection connection = opener.open("postgres");
                Statement statement = connection.createStatement()) {
            text.append(DOWN.replace("pg_up 0", "pg_up 1"));
            for (Family family : FAMILIES) {
                try (ResultSet rows = statement.executeQuery(family.query())) {
                    write(text, family, rows);
                }
            }
            return text.toString();
        } catch (SQLException e) {
            return DOWN;
        }
    }

    /** How often its nodes have changed places. */
    public static String ofPlaces(ClusterFolder.Manifest manifest) {
        return manifest.follows() != null
                ? ""
                : "# HELP mooring_primary_changes_total How often another node became the primary, planned or not\n"
                        + "# TYPE mooring_primary_changes_total counter\nmooring_primary_changes_total "
                        + manifest.term()
                        + "\n# HELP mooring_failovers_total How often of these because the one before was lost\n"
                        + "# TYPE mooring_failovers_total counter\nmooring_failovers_total " + manifest.failovers()
                        + "\n";
    }

    private static void write(StringBuilder text, Family family, ResultSet rows) throws SQLException {
        ResultSetMetaData columns = rows.getMetaData();
        StringBuilder[] metrics = new StringBuilder[columns.getColumnCount() + 1];
        while (rows.next()) {
            StringBuilder labels = new StringBuilder();
            for (int i = 1; i <= columns.getColumnCount(); i++) {
                if (isLabel(columns, i)) {
                    labels.append(labels.isEmpty() ? "{" : ",")
                            .append(columns.getColumnLabel(i))
                            .append("=\"")
                            .append(escape(rows.getString(i)))
                            .append('"');
                }
            }
            labels.append(labels.isEmpty() ? "" : "}");
            for (int i = 1; i <= columns.getColumnCount(); i++) {
                if (!isLabel(columns, i)) {
                    String name = family.prefix() + "_" + columns.getColumnLabel(i);
                    if (metrics[i] == null) {
                        metrics[i] =
                                new StringBuilder("# TYPE " + name + (family.counter() ? " counter" : " gauge") + "\n");
                    }
                    metrics[i]
                            .append(name)
                            .append(labels)
                            .append(' ')
                            .append(rows.getString(i))
                            .append('\n');
                }
            }
        }
        for (StringBuilder metric : metrics) {
            if (metric != null) {
                text.append(metric);
            }
        }
    }

    private static boolean isLabel(ResultSetMetaData columns, int i) throws SQLException {
        return switch (columns.getColumnTypeName(i).toLowerCase(Locale.ROOT)) {
            case "name", "text" -> true;
            default -> false;
        };
    }

    private static String escape(@Nullable String label) {
        return label == null
                ? ""
                : label.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }
}
