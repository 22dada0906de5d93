package dev.mooring.operation;

import io.vertx.core.json.JsonObject;
import java.util.UUID;

/**
 * A step's view of its operation. Used by one virtual thread at a time.
 *
 * @param <W> the wish
 * @param <F> the facts
 */
public final class Task<W, F> {

    private final Operation operation;
    private final OperationStore.Held held;
    private final W wish;
    private final OperationStore store;
    private F facts;
    private Step step;
    private String failure;
    private long position = Long.MIN_VALUE;
    private volatile boolean cancelRequested;

    Task(Operation operation, OperationStore store, W wish, F facts) {
        this.operation = operation;
        this.held = new OperationStore.Held(operation.id(), operation.fence());
        this.store = store;
        this.wish = wish;
        this.facts = facts;
        this.failure = operation.error();
        this.cancelRequested = operation.cancelRequested();
    }

    /** The operation's id: names of outside work are derived from it. */
    public UUID id() {
        return operation.id();
    }

    public UUID subject() {
        return operation.subject();
    }

    public W wish() {
        return wish;
    }

    public F facts() {
        return facts;
    }

    /** Replaces the facts; stored with the next way out of the step. */
    public void keep(F newFacts) {
        this.facts = newFacts;
    }

    /** Why the program is rolling back; null while it is not. */
    public String failure() {
        return failure;
    }

    /** Whether someone has asked for an end. Steps that take long look at it; between steps the engine does. */
    public boolean cancelRequested() {
        return cancelRequested;
    }

    /** Whether the current step has taken longer than its deadline without moving. */
    public boolean overdue() {
        return operation.overdue();
    }

    /**
     * Reports how far the step has come. The deadline is counted anew when the position is higher than ever before.
     *
     * @param position bytes, log positions or whatever moves, in any unit
     * @param total of the same unit; negative when unknown
     */
    public void progress(long position, long total, String note) {
        boolean moved = position > this.position;
        this.position = Math.max(position, this.position);
        JsonObject progress = new JsonObject().put("position", position).put("note", StorableText.of(note));
        if (total >= 0) {
            progress.put("total", total);
        }
        if (store.progress(held, progress, moved, step.deadline()).await().indefinitely()) {
            cancelRequested = true;
        }
    }

    /** Asks every other unfinished operation of the same subject to end. */
    public void cancelOthers() {
        store.cancelOthers(operation.subject(), operation.id()).await().indefinitely();
    }

    /** How many unfinished operations of the same subject were queued before this one. */
    public int unfinishedBefore() {
        return store.unfinishedBefore(operation.subject(), operation.id())
                .await()
                .indefinitely();
    }

    /** Whether an operation of the kind waits for the same subject, or works on it. */
    public boolean awaited(String kind) {
        return store.awaited(operation.subject(), kind).await().indefinitely();
    }

    Operation operation() {
        return operation;
    }

    OperationStore.Held held() {
        return held;
    }

    void enter(Step newStep, String newFailure) {
        this.step = newStep;
        this.failure = newFailure;
        this.position = Long.MIN_VALUE;
    }

    void cancelWished() {
        cancelRequested = true;
    }
}
