package dev.mooring.operation.worker;

import dev.mooring.operation.Operation;
import dev.mooring.operation.Step;
import dev.mooring.operation.StorableText;
import dev.mooring.operation.Task;
import dev.mooring.operation.store.LeaseLost;
import dev.mooring.operation.store.LeaseStore;
import dev.mooring.operation.store.OperationStore;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A claimed operation as its steps see it, and what the engine knows of it meanwhile. */
final class RunningTask<W, F> implements Task<W, F> {

    private final Operation operation;
    private final LeaseStore.Held held;
    private final W wish;
    private final OperationStore store;
    private final LeaseStore leases;
    private F facts;

    @SuppressWarnings("NullAway.Init") // a step is entered before anything asks for it
    private Step step;

    private @Nullable String failure;
    private long position = Long.MIN_VALUE;
    private volatile boolean cancelRequested;

    RunningTask(Operation operation, OperationStore store, LeaseStore leases, W wish, F facts) {
        this.operation = operation;
        this.held = new LeaseStore.Held(operation.id(), operation.fence());
        this.store = store;
        this.leases = leases;
        this.wish = wish;
        this.facts = facts;
        this.failure = operation.error();
        this.cancelRequested = operation.cancelRequested();
    }

    @Override
    public UUID id() {
        return operation.id();
    }

    @Override
    public UUID subject() {
        return operation.subject();
    }

    @Override
    public W wish() {
        return wish;
    }

    @Override
    public F facts() {
        return facts;
    }

    @Override
    public void keep(F newFacts) {
        this.facts = newFacts;
    }

    @Override
    public @Nullable String failure() {
        return failure;
    }

    @Override
    public boolean cancelRequested() {
        return cancelRequested;
    }

    @Override
    public boolean overdue() {
        return operation.overdue();
    }

    @Override
    public void requireHeld() {
        if (!leases.holds(held).await().indefinitely()) {
            throw new LeaseLost(operation.id());
        }
    }

    @Override
    public void progress(long position, long total, String note) {
        boolean moved = position > this.position;
        this.position = Math.max(position, this.position);
        JsonObject progress = new JsonObject().put("position", position).put("note", StorableText.of(note));
        if (total >= 0) {
            progress.put("total", total);
        }
        if (leases.progress(held, progress, moved, step.deadline()).await().indefinitely()) {
            cancelRequested = true;
        }
    }

    @Override
    public void cancelOthers() {
        store.cancelOthers(operation.subject(), operation.id()).await().indefinitely();
    }

    @Override
    public List<UUID> unfinishedBefore() {
        return store.unfinishedBefore(operation.subject(), operation.id())
                .await()
                .indefinitely();
    }

    @Override
    public Operation find(UUID other) {
        return store.find(other).await().indefinitely();
    }

    @Override
    public boolean awaited(String kind) {
        return store.awaited(operation.subject(), kind).await().indefinitely();
    }

    Operation operation() {
        return operation;
    }

    LeaseStore.Held held() {
        return held;
    }

    void enter(Step newStep, @Nullable String newFailure) {
        this.step = newStep;
        this.failure = newFailure;
        this.position = Long.MIN_VALUE;
    }

    void cancelWished() {
        cancelRequested = true;
    }
}
