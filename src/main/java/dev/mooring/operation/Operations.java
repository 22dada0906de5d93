package dev.mooring.operation;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.json.JsonArray;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.hibernate.exception.ConstraintViolationException;

/** The engine as services see it: queue, look, wish. */
@ApplicationScoped
public class Operations {

    private static final Duration GLANCE = Duration.ofMillis(200);

    private final OperationStore store;
    private final Programs programs;
    private final Signals signals;
    private final Worker worker;
    private final Event<Queued> queued;

    Operations(OperationStore store, Programs programs, Signals signals, Worker worker, Event<Queued> queued) {
        this.store = store;
        this.programs = programs;
        this.signals = signals;
        this.worker = worker;
        this.queued = queued;
    }

    /**
     * Queues in the caller's reactive transaction: with what it is about or not at all.
     *
     * @return the operation's id; fails with {@link Conflict} when another change of the subject is not finished
     */
    public Uni<UUID> queue(NewOperation operation) {
        Program<?, ?, ?> program = operation.program();
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(
                                "insert into operation (id, team, kind, subject, mutating, node, step, wish, journal)"
                                        + " values (:id, :team, :kind, :subject, :mutating, cast(:node as uuid), :step,"
                                        + " cast(cast(:wish as text) as jsonb), cast(cast(:journal as text) as jsonb))")
                        .setParameter("id", operation.id())
                        .setParameter("team", operation.team())
                        .setParameter("kind", program.kind())
                        .setParameter("subject", operation.subject())
                        .setParameter("mutating", operation.mutating())
                        .setParameter(
                                "node",
                                operation.node() == null
                                        ? null
                                        : operation.node().toString())
                        .setParameter("step", program.firstStep().name())
                        .setParameter("wish", programs.write(operation.wish()))
                        .setParameter(
                                "journal",
                                new JsonArray()
                                        .add(OperationStore.journalEntry(program.firstStep()))
                                        .encode())
                        .executeUpdate())
                .onFailure(Operations::oneChange)
                .transform(Conflict::new)
                .invoke(() -> queued.fire(new Queued(operation.id(), operation.subject())))
                .replaceWith(operation.id());
    }

    public Uni<Operation> find(UUID id) {
        return store.find(id);
    }

    /** The one change of the subject that is not finished; null when there is none. */
    public Uni<Operation> unfinishedChange(UUID subject) {
        return store.unfinishedChange(subject);
    }

    public Uni<List<Operation>> list(UUID team, UUID subject, OperationState state, int limit, int offset) {
        return store.list(team, subject, state, limit, offset);
    }

    public Uni<Integer> count(UUID team, UUID subject, OperationState state) {
        return store.count(team, subject, state);
    }

    /** The operation as it is now and after each move, until it has ended. */
    public Multi<Operation> watch(UUID id) {
        Multi<UUID> hints = Multi.createBy()
                .merging()
                .streams(
                        Multi.createFrom().item(id),
                        signals.of(id),
                        Multi.createFrom().ticks().every(GLANCE).map(tick -> id));
        return hints.onOverflow()
                .dropPreviousItems()
                .onItem()
                .transformToUniAndConcatenate(store::find)
                .skip()
                .repetitions()
                .select()
                .first(operation -> !operation.state().ended())
                .onCompletion()
                .switchTo(() -> store.find(id).toMulti());
    }

    /**
     * The operation once it has ended, or as it is when the time is over: it goes on by itself then. Comes on any thread.
     */
    public Uni<Operation> await(UUID id, Duration atMost) {
        return watch(id).select().last().toUni().ifNoItem().after(atMost).recoverWithUni(() -> store.find(id));
    }

    /** Null when it has ended already or is not there. */
    public Uni<Operation> cancel(UUID id) {
        return store.cancel(id).invoke(this::nudge);
    }

    /**
     * Starts a failed or cancelled operation over, or lets a waiting one look again at once.
     *
     * @return null when it is running, done or not there; fails with {@link Conflict}
     */
    public Uni<Operation> retry(UUID id) {
        return store.find(id)
                .chain(operation -> operation == null || programs.find(operation.kind()) == null
                        ? Uni.createFrom().<Operation>nullItem()
                        : store.retry(id, programs.find(operation.kind()).firstStep()))
                .onFailure(Operations::oneChange)
                .transform(Conflict::new)
                .invoke(this::nudge);
    }

    /** Runs what is due here and now, for at most about that long; see {@link Worker#tick}. */
    public Uni<Integer> tick(Duration atMost) {
        return worker.tick(atMost);
    }

    private void nudge(Operation operation) {
        if (operation != null) {
            signals.moved(operation.id());
            worker.wake();
        }
    }

    private static boolean oneChange(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ConstraintViolationException violation
                    && "operation_one_change".equals(violation.getConstraintName())) {
                return true;
            }
            if (cause instanceof io.vertx.pgclient.PgException pg
                    && "operation_one_change".equals(pg.getConstraint())) {
                return true;
            }
        }
        return false;
    }
}
