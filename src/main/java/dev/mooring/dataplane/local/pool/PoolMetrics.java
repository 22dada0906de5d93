package dev.mooring.dataplane.local.pool;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.process.pgbouncer.PgBouncerConsole;
import dev.mooring.process.pgbouncer.PgBouncerProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** What PgBouncer counts of a cluster's pools, in the Prometheus text format and under the names that pgbouncer_exporter's dashboards know. */
final class PoolMetrics {

    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(2);
    private static final String UP =
            "# HELP pgbouncer_up Whether the connection pools answer\n# TYPE pgbouncer_up gauge\npgbouncer_up ";
    private static final double ONE = 1;
    /** PgBouncer tells times in microseconds. */
    private static final double MICRO = 1e-6;

    private static final String GAUGE = "gauge";
    private static final String COUNTER = "counter";

    /**
     * @param show what the console is asked
     * @param column of its answer
     * @param unit what the answer's number is multiplied with
     */
    private record Metric(String show, String column, String name, String type, double unit) {}

    private static final List<Metric> METRICS = List.of(
            new Metric("POOLS", "cl_active", "pgbouncer_pools_client_active_connections", GAUGE, ONE),
            new Metric("POOLS", "cl_waiting", "pgbouncer_pools_client_waiting_connections", GAUGE, ONE),
            new Metric("POOLS", "maxwait", "pgbouncer_pools_client_maxwait_seconds", GAUGE, ONE),
            new Metric("POOLS", "sv_active", "pgbouncer_pools_server_active_connections", GAUGE, ONE),
            new Metric("POOLS", "sv_idle", "pgbouncer_pools_server_idle_connections", GAUGE, ONE),
            new Metric("DATABASES", "pool_size", "pgbouncer_databases_pool_size", GAUGE, ONE),
            new Metric("DATABASES", "current_connections", "pgbouncer_databases_current_connections", GAUGE, ONE),
            new Metric("STATS", "total_xact_count", "pgbouncer_stats_sql_transactions_pooled_total", COUNTER, ONE),
            new Metric("STATS", "total_query_count", "pgbouncer_stats_queries_pooled_total", COUNTER, ONE),
            new Metric("STATS", "total_wait_time", "pgbouncer_stats_client_wait_seconds_total", COUNTER, MICRO),
            new Metric("STATS", "total_query_time", "pgbouncer_stats_queries_duration_seconds_total", COUNTER, MICRO),
            new Metric("STATS", "total_received", "pgbouncer_stats_received_bytes_total", COUNTER, ONE),
            new Metric("STATS", "total_sent", "pgbouncer_stats_sent_bytes_total", COUNTER, ONE));

    private PoolMetrics() {}

    static String of(PgBouncerProcess process, List<ClusterSpec.Pool> pools) {
        Set<String> names = pools.stream().map(ClusterSpec.Pool::name).collect(Collectors.toSet());
        StringBuilder text = new StringBuilder(UP).append("1\n");
        try (PgBouncerConsole console = process.console(ANSWER_LIMIT)) {
            String asked = null;
            List<Map<String, String>> rows = List.of();
            for (Metric metric : METRICS) {
                if (!metric.show().equals(asked)) {
                    asked = metric.show();
                    rows = console.ask("SHOW " + asked);
                }
                write(text, metric, rows, names);
            }
            return text.toString();
        } catch (IOException away) {
            return UP + "0\n";
        }
    }

    private static void write(StringBuilder text, Metric metric, List<Map<String, String>> rows, Set<String> pools) {
        text.append("# TYPE ")
                .append(metric.name())
                .append(' ')
                .append(metric.type())
                .append('\n');
        for (Map<String, String> row : rows) {
            // Its databases have one more column of that name, which is the server's.
            String pool = row.getOrDefault(metric.show().equals("DATABASES") ? "name" : "database", "");
            if (pools.contains(pool)) {
                text.append(metric.name()).append("{database=\"").append(pool).append('"');
                if (metric.show().equals("POOLS")) {
                    text.append(",user=\"")
                            .append(escape(row.getOrDefault("user", "")))
                            .append('"');
                }
                double value = Double.parseDouble(row.getOrDefault(metric.column(), "0")) * metric.unit();
                text.append("} ")
                        .append(String.format(Locale.ROOT, "%.6f", value).replaceFirst("\\.?0+$", ""))
                        .append('\n');
            }
        }
    }

    private static String escape(String label) {
        return label.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }
}
