package dev.mooring.mcp.tool;

import dev.mooring.access.Scopes;
import dev.mooring.operation.api.OperationResource;
import dev.mooring.operation.api.OperationResource.OperationEnvelope;
import dev.mooring.operation.queue.Operations;
import dev.mooring.web.Page;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/** What is and was under way. */
@ApplicationScoped
class OperationTools implements ToolSet {

    private static final int LONGEST_WAIT_SECONDS = 50;
    private static final int PER_PAGE = 20;
    private static final int MOST_PER_PAGE = 100;
    private static final int LAST_PAGE = 10_000;

    private static final List<String> READ = List.of(Scopes.DATABASE_READ, Scopes.APP_READ);
    /** Which of them it takes, the operation's own kind decides. */
    private static final List<String> CHANGE = List.of(
            Scopes.DATABASE_CREATE,
            Scopes.DATABASE_UPDATE,
            Scopes.DATABASE_DELETE,
            Scopes.APP_UPDATE,
            Scopes.APP_DELETE);

    private static final Parameter OPERATION =
            Parameter.text("operation", "The operation's id").needed();

    private final OperationResource api;
    private final Operations operations;

    OperationTools(OperationResource api, Operations operations) {
        this.api = api;
        this.operations = operations;
    }

    @Override
    public List<Tool> tools() {
        return List.of(
                new Tool(
                        "list_operations",
                        "List operations",
                        "Long work of the team, newest first: creations, upgrades, restores, drills, deployments and the like, with"
                                + " state, steps, what a queued one waits for, why a failed one failed, and its receipt.",
                        Tool.Effect.READS,
                        READ,
                        Tool.OPERATION,
                        List.of(
                                Parameter.text(Arguments.CLUSTER, "Only those of this cluster, by its id or name"),
                                Parameter.text("app", "Only those of this app, by its id"),
                                Parameter.oneOf(
                                        "state",
                                        "Only those in this state",
                                        "queued",
                                        "running",
                                        "done",
                                        "failed",
                                        "cancelled"),
                                Parameter.number("page", "Which part of the list; 1 without it", 1, LAST_PAGE),
                                Parameter.number(
                                        "per_page",
                                        "How many in one part; " + PER_PAGE + " without it",
                                        1,
                                        MOST_PER_PAGE)),
                        given -> api.find(
                                given.text(Arguments.CLUSTER),
                                given.text("app"),
                                given.text("state"),
                                new Page.Request(given.number("page", 1), given.number("per_page", PER_PAGE)))),
                new Tool(
                        "get_operation",
                        "Look at an operation",
                        "One operation: its steps so far with their times, progress, what it waits for, why it failed, and the receipt"
                                + " of what was done and measured. With wait_seconds the answer comes when it has ended, or as it"
                                + " is then.",
                        Tool.Effect.READS,
                        READ,
                        Tool.OPERATION,
                        List.of(
                                OPERATION,
                                Parameter.number(
                                        "wait_seconds", "How long to wait for its end", 0, LONGEST_WAIT_SECONDS)),
                        given -> get(given.needed("operation"), given.number("wait_seconds", 0))),
                changes(
                        "cancel_operation",
                        "Cancel an operation",
                        "Asks an operation to end. It rolls back at its next step, unless it is past the point of no return.",
                        api::cancel),
                changes(
                        "retry_operation",
                        "Retry an operation",
                        "Asks again for what an operation that failed or was cancelled did not do, with the settings of now; the answer"
                                + " is the new operation. One that waits looks again at once.",
                        api::retry));
    }

    private static Tool changes(
            String name, String title, String meaning, Function<String, Uni<OperationEnvelope>> change) {
        return new Tool(
                name,
                title,
                meaning,
                Tool.Effect.CHANGES,
                CHANGE,
                Tool.OPERATION,
                List.of(OPERATION),
                given -> change.apply(given.text("operation")));
    }

    private Uni<OperationEnvelope> get(String id, int seconds) {
        Context request = Vertx.currentContext();
        return api.get(id)
                .chain(now -> seconds == 0 || now.operation().finishedAt() != null
                        ? Uni.createFrom().item(now)
                        : operations
                                .await(now.operation().id(), Duration.ofSeconds(seconds))
                                .emitOn(command -> request.runOnContext(nothing -> command.run()))
                                .chain(() -> api.get(id)));
    }
}
