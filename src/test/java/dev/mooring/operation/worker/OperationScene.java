package dev.mooring.operation.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.operation.EngineSettings;
import dev.mooring.operation.NewOperation;
import dev.mooring.operation.Operation;
import dev.mooring.operation.OperationState;
import dev.mooring.operation.queue.Operations;
import dev.mooring.operation.store.OperationStore;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.vertx.core.runtime.context.VertxContextSafetyToggle;
import io.smallrye.common.vertx.VertxContext;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** Queues operations of test programs and looks at what becomes of them. */
abstract class OperationScene {

    static final Duration SOON = Duration.ofSeconds(20);
    static final UUID TEAM = UUID.randomUUID();

    @Inject
    Operations operations;

    @Inject
    OperationStore store;

    @Inject
    TestPrograms program;

    @Inject
    TestAftermath.Teller teller;

    @Inject
    Worker worker;

    @Inject
    HeldLeases heldLeases;

    @Inject
    Pool pool;

    @Inject
    Vertx vertx;

    @Inject
    EngineSettings settings;

    UUID queue(UUID subject, String story) {
        return queue(subject, story, true);
    }

    UUID queue(UUID subject, String story, boolean mutating) {
        TestPrograms.Wish wish = new TestPrograms.Wish(story);
        NewOperation operation = mutating
                ? NewOperation.change(TEAM, program, subject, null, wish)
                : NewOperation.shared(TEAM, program, subject, null, wish);
        return onContext(() -> Panache.withTransaction(() -> operations.queue(operation)));
    }

    Operation told(UUID subject, String story) {
        return ended(onContext(() -> Panache.withTransaction(() -> operations.queue(
                NewOperation.change(TEAM, teller, subject, null, new TestAftermath.Teller.Tale(story))))));
    }

    /** Reactive sessions live on a Vert.x context, as in a request. */
    <T> T onContext(java.util.function.Supplier<Uni<T>> work) {
        CompletableFuture<T> result = new CompletableFuture<>();
        var context = VertxContext.getOrCreateDuplicatedContext(vertx);
        VertxContextSafetyToggle.setContextSafe(context, true);
        context.runOnContext(nothing -> work.get().subscribe().with(result::complete, result::completeExceptionally));
        try {
            return result.get(30, TimeUnit.SECONDS);
        } catch (java.util.concurrent.ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(e);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    Operation ended(UUID id) {
        Operation operation = operations.await(id, SOON).await().atMost(SOON.plusSeconds(5));
        assertThat(operation.state().ended()).as(operation.toString()).isTrue();
        return operation;
    }

    static List<String> steps(Operation operation) {
        JsonArray journal = operation.journal();
        return journal.stream()
                .map(entry -> ((JsonObject) entry).getString("step"))
                .toList();
    }

    UUID queueWaiting(UUID subject, UUID other) {
        NewOperation operation =
                NewOperation.change(TEAM, program, subject, null, new TestPrograms.Wish("await", other));
        return onContext(() -> Panache.withTransaction(() -> operations.queue(operation)));
    }

    void awaitParked(UUID id) {
        Awaitility.await().atMost(SOON).until(() -> {
            Operation now = store.find(id).await().indefinitely();
            return now.state() == OperationState.QUEUED && "for the other one".equals(now.why());
        });
    }

    Operation find(UUID id) {
        return store.find(id).await().atMost(SOON);
    }
}
