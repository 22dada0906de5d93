package dev.mooring.app.deployment;

import dev.mooring.app.record.DeploymentRow;
import dev.mooring.app.record.Phase;
import dev.mooring.app.release.DeployApp.Steps;
import dev.mooring.app.release.DeployFacts;
import dev.mooring.web.Formats;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * How far a deployment has come. Clients take it for finished when all steps have succeeded and for failed when one has an
 * error, so the counters and the steps always agree, and there is always at least one step.
 */
@Schema(name = "DeploymentProgress")
public record DeploymentProgress(
        int pendingSteps,
        int runningSteps,
        int successSteps,
        int errorSteps,
        int totalSteps,
        List<StepView> steps,
        List<StepView> summarySteps) {

    /** A step, and in it what concerns single components. */
    @Schema(name = "DeploymentProgressStep")
    public record StepView(
            String name,

            @Schema(enumeration = {"UNKNOWN", "PENDING", "RUNNING", "ERROR", "SUCCESS"})
            String status,

            @Nullable String startedAt,
            @Nullable String endedAt,
            @Nullable List<StepView> steps,
            @Nullable Reason reason,
            @Nullable String componentName,
            String messageBase) {}

    @Schema(name = "DeploymentProgressReason")
    public record Reason(String code, String message) {}

    private static final String PENDING = "PENDING";

    static DeploymentProgress of(DeploymentRow row) {
        Map<Steps, OffsetDateTime> started = started(row.journal());
        Steps current = row.step();
        Steps failed = null;
        if (row.error() != null || current == Steps.ROLL_BACK) {
            failed = lastBeforeFailure(row.journal());
        }
        List<StepView> steps = new ArrayList<>();
        List<StepView> summary = new ArrayList<>();
        List<Steps> all = Steps.of(row.runs(), row.binds());
        Steps reached = failed != null ? failed : current;
        boolean done = row.state() == dev.mooring.operation.OperationState.DONE;
        for (int i = 0; i < all.size(); i++) {
            Steps step = all.get(i);
            String status = done || all.indexOf(reached) > i
                    ? DeployFacts.SUCCESS
                    : step == reached ? (failed != null ? DeployFacts.ERROR : DeployFacts.RUNNING) : PENDING;
            OffsetDateTime end = i + 1 < all.size() ? started.get(all.get(i + 1)) : row.phaseUpdatedAt();
            boolean ended = !status.equals(PENDING) && !status.equals(DeployFacts.RUNNING);
            Reason reason = step == failed ? new Reason(code(row), row.error()) : null;
            String from = Formats.timeOrNull(started.get(step));
            String to = ended ? Formats.time(end == null ? row.updatedAt() : end) : null;
            String name = step.name().toLowerCase(Locale.ROOT);
            steps.add(new StepView(name, status, from, to, parts(row.facts(), step), reason, null, step.words()));
            summary.add(new StepView(name, status, from, to, null, reason, null, step.words()));
        }
        return new DeploymentProgress(
                count(steps, PENDING),
                count(steps, DeployFacts.RUNNING),
                count(steps, DeployFacts.SUCCESS),
                count(steps, DeployFacts.ERROR),
                steps.size(),
                steps,
                summary);
    }

    private static String code(DeploymentRow row) {
        return row.phase() == Phase.CANCELED ? "DeploymentCanceled" : "DeploymentFailed";
    }

    private static String code(DeployFacts.Part part) {
        return part.status().equals(DeployFacts.ERROR)
                ? "Failed"
                : part.step().equals(Steps.VARIABLES.name()) ? "Note" : "Warning";
    }

    private static Map<Steps, OffsetDateTime> started(JsonArray journal) {
        Map<Steps, OffsetDateTime> started = new EnumMap<>(Steps.class);
        for (Object entry : journal) {
            JsonObject step = (JsonObject) entry;
            started.putIfAbsent(
                    Steps.valueOf(step.getString("step")), OffsetDateTime.parse(step.getString("started_at")));
        }
        return started;
    }

    private static Steps lastBeforeFailure(JsonArray journal) {
        Steps last = Steps.QUEUE;
        for (Object entry : journal) {
            Steps step = Steps.valueOf(((JsonObject) entry).getString("step"));
            if (step != Steps.ROLL_BACK) {
                last = step;
            }
        }
        return last;
    }

    private static List<StepView> parts(DeployFacts facts, Steps step) {
        return facts.tasks().stream()
                .filter(part -> part.step().equals(step.name()))
                .map(part -> new StepView(
                        part.component(),
                        part.status(),
                        Formats.time(part.startedAt()),
                        part.endedAt() == null ? null : Formats.time(part.endedAt()),
                        null,
                        part.reason() == null ? null : new Reason(code(part), part.reason()),
                        part.component(),
                        part.component()))
                .toList();
    }

    private static int count(List<StepView> steps, String status) {
        return (int) steps.stream().filter(step -> step.status().equals(status)).count();
    }
}
