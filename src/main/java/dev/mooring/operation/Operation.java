package dev.mooring.operation;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.Row;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One row of the operation table.
 *
 * @param plane with the engine and the kind it says which program runs it; empty for a kind with one program
 * @param subject what the operation works on (a cluster, an app)
 * @param node the only worker node that may run it; any without
 * @param journal the steps so far: {@code [{"step", "words", "started_at", "heeds_cancel"}]}
 * @param progress the last reported position within the step: {@code {"position", "total", "note"}}
 * @param why what a queued operation waits for
 * @param attempt failures of the current step in a row
 * @param fence raised at each claim; a write with an older one changes nothing
 */
public record Operation(
        UUID id,
        UUID team,
        String kind,
        String plane,
        String engine,
        UUID subject,
        boolean mutating,
        @Nullable UUID node,
        OperationState state,
        String step,
        JsonObject wish,
        @Nullable JsonObject facts,
        JsonArray journal,
        @Nullable JsonObject progress,
        @Nullable JsonObject result,
        @Nullable String error,
        @Nullable String why,
        int attempt,
        boolean overdue,
        boolean cancelRequested,
        long fence,
        OffsetDateTime createdAt,
        @Nullable OffsetDateTime startedAt,
        @Nullable OffsetDateTime finishedAt) {

    public static final String COLUMNS =
            "id, team, kind, plane, engine, subject, mutating, node, state, step, wish, facts, journal, progress, result,"
                    + " error, why, attempt, overdue, cancel_requested, fence, created_at, started_at, finished_at";

    public static Operation of(Row row) {
        return new Operation(
                row.getUUID("id"),
                row.getUUID("team"),
                row.getString("kind"),
                row.getString("plane"),
                row.getString("engine"),
                row.getUUID("subject"),
                row.getBoolean("mutating"),
                row.getUUID("node"),
                OperationState.of(row.getString("state")),
                row.getString("step"),
                row.getJsonObject("wish"),
                row.getJsonObject("facts"),
                row.getJsonArray("journal"),
                row.getJsonObject("progress"),
                row.getJsonObject("result"),
                row.getString("error"),
                row.getString("why"),
                row.getInteger("attempt"),
                row.getBoolean("overdue"),
                row.getBoolean("cancel_requested"),
                row.getLong("fence"),
                row.getOffsetDateTime("created_at"),
                row.getOffsetDateTime("started_at"),
                row.getOffsetDateTime("finished_at"));
    }
}
