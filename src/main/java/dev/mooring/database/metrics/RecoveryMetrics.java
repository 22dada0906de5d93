package dev.mooring.database.metrics;

import io.smallrye.mutiny.Uni;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** How well a cluster could be brought back, in the Prometheus text format. */
@ApplicationScoped
class RecoveryMetrics {

    private final Pool pool;

    RecoveryMetrics(Pool pool) {
        this.pool = pool;
    }

    Uni<String> of(UUID cluster) {
        return pool.preparedQuery(
                        "select c.recoverable_from, c.archive_failing_since, c.backup_failure, c.drill_failure,"
                                + " c.drilled_at, c.drill_proof, b.created_at, b.size_bytes, b.stored_bytes from cluster c"
                                + " left join lateral (select * from cluster_backup where cluster = c.id order by created_at desc"
                                + " limit 1) b on true where c.id = $1")
                .execute(Tuple.of(cluster))
                .map(rows -> rows.rowCount() == 0 ? "" : text(rows.iterator().next()));
    }

    private static String text(Row row) {
        StringBuilder text = new StringBuilder();
        gauge(text, "mooring_archive_up", row.getOffsetDateTime("archive_failing_since") == null ? 1 : 0);
        gauge(text, "mooring_backup_up", row.getString("backup_failure") == null ? 1 : 0);
        time(text, "mooring_recoverable_from_timestamp_seconds", row.getOffsetDateTime("recoverable_from"));
        time(text, "mooring_backup_last_timestamp_seconds", row.getOffsetDateTime("created_at"));
        if (row.getLong("size_bytes") != null) {
            gauge(text, "mooring_backup_size_bytes", row.getLong("size_bytes"));
            gauge(text, "mooring_backup_stored_bytes", row.getLong("stored_bytes"));
        }
        if (row.getOffsetDateTime("drilled_at") != null) {
            gauge(text, "mooring_recovery_drill_up", row.getString("drill_failure") == null ? 1 : 0);
            time(text, "mooring_recovery_drill_last_timestamp_seconds", row.getOffsetDateTime("drilled_at"));
        }
        JsonObject proof = row.getJsonObject("drill_proof");
        if (proof != null) {
            gauge(text, "mooring_recovery_drill_duration_seconds", proof.getDouble("seconds"));
        }
        return text.toString();
    }

    private static void time(StringBuilder text, String name, @Nullable OffsetDateTime time) {
        if (time != null) {
            gauge(text, name, time.toInstant().toEpochMilli() / 1000.0);
        }
    }

    private static void gauge(StringBuilder text, String name, Number value) {
        text.append("# TYPE ")
                .append(name)
                .append(" gauge\n")
                .append(name)
                .append(' ')
                .append(value)
                .append('\n');
    }
}
