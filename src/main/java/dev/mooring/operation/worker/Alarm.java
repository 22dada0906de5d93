package dev.mooring.operation.worker;

import dev.mooring.operation.EngineSettings;
import dev.mooring.operation.MetadataReady;
import dev.mooring.operation.store.OperationStore;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import org.jboss.logging.Logger;

/** Watches deadlines: a step that is late is marked, logged and counted where operators look. Also sweeps old rows. */
@ApplicationScoped
class Alarm {

    private static final Logger LOG = Logger.getLogger(Alarm.class);

    private final OperationStore store;
    private final EngineSettings settings;
    private volatile OperationStore.QueueState state = new OperationStore.QueueState(0, 0, 0);
    private volatile boolean ready;

    Alarm(OperationStore store, EngineSettings settings, MeterRegistry registry) {
        this.store = store;
        this.settings = settings;
        Gauge.builder("mooring.operations.due", () -> state.due())
                .description("Operations that are due and not started")
                .register(registry);
        Gauge.builder("mooring.operations.running", () -> state.running())
                .description("Operations under way on any worker")
                .register(registry);
        Gauge.builder("mooring.operations.overdue", () -> state.overdue())
                .description("Unfinished operations past the deadline of their step")
                .register(registry);
    }

    void start(@Observes MetadataReady event) {
        ready = true;
    }

    OperationStore.QueueState state() {
        return state;
    }

    @Scheduled(every = "5s", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    Uni<Void> look() {
        if (!ready) {
            return Uni.createFrom().voidItem();
        }
        return store.markOverdue()
                .invoke(late -> late.forEach(operation -> LOG.warnf(
                        "%s %s of %s is overdue in step %s (%s); it goes on, look at /mooring/v1/operations/%s",
                        operation.kind(),
                        operation.id(),
                        operation.subject(),
                        operation.step(),
                        operation.why() == null ? "no wait reported" : operation.why(),
                        operation.id())))
                .chain(store::queueState)
                .invoke(seen -> state = seen)
                .onFailure()
                .invoke(failure -> LOG.warnf("cannot look at deadlines: %s", failure.getMessage()))
                .onFailure()
                .recoverWithItem(state)
                .replaceWithVoid();
    }

    @Scheduled(every = "1h", delayed = "10m")
    Uni<Void> sweep() {
        return store.sweep(settings.retention()).replaceWithVoid();
    }
}
