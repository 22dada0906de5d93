package dev.mooring.operation.api;

import dev.mooring.operation.Operation;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** An operation on the wire. What was asked is left out: it holds secrets, sealed as they are. */
@Schema(name = "Operation")
public record OperationView(
        UUID id,
        @Schema(examples = "provision-cluster") String kind,

        @Schema(description = "The cluster or app it works on")
        UUID subjectId,

        @Schema(enumeration = {"queued", "running", "done", "failed", "cancelled"})
        String state,

        @Schema(examples = "START") String step,

        @Schema(description = "The steps so far, the current one last")
        List<StepView> steps,

        @Schema(description = "How far the current step has come") @Nullable
        Map<String, Object> progress,

        @Schema(description = "What a queued operation waits for") @Nullable
        String waitingFor,

        @Schema(description = "Why it failed") @Nullable String error,

        @Schema(description = "Past the deadline of its step")
        boolean overdue,

        boolean cancelRequested,

        @Schema(
                description =
                        "Whether a wish to cancel still has an effect: not past the point of no return, not while it rolls back, and"
                                + " not once it has ended")
        boolean cancellable,

        @Schema(description = "What was done and measured", implementation = Object.class) @Nullable
        Map<String, Object> receipt,

        String createdAt,
        @Nullable String startedAt,
        @Nullable String finishedAt) {

    @Schema(name = "OperationStep")
    public record StepView(
            String name,
            String description,
            String startedAt,

            @Schema(description = "Absent for the one that is under way") @Nullable
            String finishedAt) {}

    public static OperationView of(Operation operation) {
        return new OperationView(
                operation.id(),
                operation.kind(),
                operation.subject(),
                operation.state().wire(),
                operation.step(),
                steps(operation),
                operation.progress() == null ? null : operation.progress().getMap(),
                operation.why(),
                operation.error(),
                operation.overdue(),
                operation.cancelRequested(),
                cancellable(operation),
                operation.result() == null ? null : operation.result().getMap(),
                operation.createdAt().toInstant().toString(),
                time(operation.startedAt()),
                time(operation.finishedAt()));
    }

    /** A step ends when the next one begins, the last one with the operation. */
    private static List<StepView> steps(Operation operation) {
        List<JsonObject> journal =
                operation.journal().stream().map(JsonObject.class::cast).toList();
        String end = time(operation.finishedAt());
        return IntStream.range(0, journal.size())
                .mapToObj(i -> new StepView(
                        journal.get(i).getString("step"),
                        journal.get(i).getString("words"),
                        journal.get(i).getString("started_at"),
                        i + 1 < journal.size() ? journal.get(i + 1).getString("started_at") : end))
                .toList();
    }

    /** As the newest step says; those that an earlier version began say nothing. */
    private static boolean cancellable(Operation operation) {
        JsonArray journal = operation.journal();
        return !operation.state().ended()
                && (journal.isEmpty()
                        || journal.getJsonObject(journal.size() - 1).getBoolean("heeds_cancel", true));
    }

    /** With fractions of a second: steps are short. */
    private static @Nullable String time(@Nullable OffsetDateTime time) {
        return time == null ? null : time.toInstant().toString();
    }
}
