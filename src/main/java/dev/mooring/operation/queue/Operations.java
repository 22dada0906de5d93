package dev.mooring.operation.queue;

import dev.mooring.operation.Conflict;
import dev.mooring.operation.EngineSettings;
import dev.mooring.operation.NewOperation;
import dev.mooring.operation.Operation;
import dev.mooring.operation.OperationFilter;
import dev.mooring.operation.Program;
import dev.mooring.operation.Programs;
import dev.mooring.operation.store.LeaseStore;
import dev.mooring.operation.store.OperationStore;
import dev.mooring.operation.store.Signals;
import dev.mooring.operation.worker.StepWriter;
import dev.mooring.operation.worker.Worker;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.json.JsonArray;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.hibernate.exception.ConstraintViolationException;
import org.hibernate.reactive.engine.ReactiveAfterTransactionCompletionProcess;
import org.hibernate.reactive.mutiny.Mutiny;
import org.hibernate.reactive.mutiny.impl.MutinySessionImpl;
import org.hibernate.reactive.session.ReactiveSession;
import org.jspecify.annotations.Nullable;

/** The engine as services see it: queue, look, wish. */
@ApplicationScoped
public class Operations {

    /** The one place where operations come from: queued, or leased to the worker of this process that begins it after the commit. */
    private static final String INSERT =
            "insert into operation (id, team, kind, plane, engine, subject, mutating, node, step, wish, journal, state, lease_owner,"
                    + " lease_until, fence, started_at, deadline) select :id, :team, :kind, :plane, :engine, :subject, :mutating, cast(:node as uuid), :step,"
                    + " cast(cast(:wish as text) as jsonb), cast(cast(:journal as text) as jsonb),"
                    + " case when owner is null then 'queued' else 'running' end, owner,"
                    + " case when owner is not null then clock_timestamp() + lease * interval '1 millisecond' end,"
                    + " case when owner is null then 0 else 1 end, case when owner is not null then now() end,"
                    + " case when owner is not null then now() + interval '2 minutes' end"
                    + " from (select cast(:owner as uuid) as owner, cast(:lease as bigint) as lease) as begun";

    private static final String ABANDON =
            "update operation set state = 'failed', finished_at = now(), error = :error, why = null, waits_for = null,"
                    + " lease_owner = null, lease_until = null, fence = fence + 1 where finished_at is null";

    private static final Duration GLANCE = Duration.ofMillis(200);

    private final OperationStore store;
    private final Programs programs;
    private final Signals signals;
    private final Worker worker;
    private final Event<Queued> queued;
    private final EngineSettings settings;

    Operations(
            OperationStore store,
            Programs programs,
            Signals signals,
            Worker worker,
            Event<Queued> queued,
            EngineSettings settings) {
        this.store = store;
        this.programs = programs;
        this.signals = signals;
        this.worker = worker;
        this.queued = queued;
        this.settings = settings;
    }

    /**
     * Queues in the caller's reactive transaction: with what it is about or not at all.
     *
     * @return the operation's id; fails with {@link Conflict} when another change of the subject is not finished
     */
    public Uni<UUID> queue(NewOperation operation) {
        Program<?, ?, ?> program = operation.program();
        UUID owner = worker.promise(operation);
        return Panache.getSession()
                .invoke(session -> {
                    if (owner != null) {
                        afterCommit(session, () -> worker.begin(operation.id()));
                    }
                })
                .chain(session -> session.createNativeQuery(INSERT)
                        .setParameter("owner", owner == null ? null : owner.toString())
                        .setParameter("lease", settings.lease().toMillis())
                        .setParameter("id", operation.id())
                        .setParameter("team", operation.team())
                        .setParameter("kind", program.kind())
                        .setParameter("plane", program.plane())
                        .setParameter("engine", program.engine())
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
                                        .add(LeaseStore.journalEntry(
                                                program.firstStep(), program.heedsCancel(program.firstStep())))
                                        .encode())
                        .executeUpdate())
                .onFailure(Operations::oneChange)
                .transform(Conflict::new)
                .invoke(() -> queued.fire(new Queued(operation.id(), operation.subject())))
                .replaceWith(operation.id());
    }

    /**
     * Ends everything that is unfinished, in the caller's reactive transaction: what it worked on is not there any more. Nothing
     * follows from that but what the caller writes.
     */
    public Uni<Integer> abandon(String error) {
        return Panache.getSession()
                .chain(session -> session.createNativeQuery(ABANDON)
                        .setParameter("error", error)
                        .executeUpdate());
    }

    /** What is rolled back never comes here: the row is not there then. */
    private static void afterCommit(Mutiny.Session session, Runnable then) {
        ReactiveAfterTransactionCompletionProcess process = (committed, ended) -> {
            if (committed) {
                then.run();
            }
            return CompletableFuture.completedFuture(null);
        };
        ((MutinySessionImpl) session)
                .unwrap(ReactiveSession.class)
                .getReactiveActionQueue()
                .registerProcess(process);
    }

    public Uni<Operation> find(UUID id) {
        return store.find(id);
    }

    /** What an operation was asked to do. */
    public <W> W wish(Operation operation, Class<W> type) {
        return programs.read(operation.wish(), type);
    }

    /** The one change of the subject that is not finished; null when there is none. */
    public Uni<Operation> unfinishedChange(UUID subject) {
        return store.unfinishedChange(subject);
    }

    /** All of the kind that have not ended, whoever's they are. */
    public Uni<List<Operation>> unfinished(String kind) {
        return store.unfinished(kind);
    }

    public Uni<List<Operation>> list(OperationFilter filter, int limit, int offset) {
        return store.list(filter, limit, offset);
    }

    public Uni<Integer> count(OperationFilter filter) {
        return store.count(filter);
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
        return store.cancel(id, programs.withoutAftermath(), StepWriter.CANCELLED)
                .invoke(this::nudge)
                .call(operation -> operation != null && operation.state().ended()
                        ? store.wakeWaiting(List.of(id))
                        : Uni.createFrom().voidItem());
    }

    /** Lets one that waits look again at once. Null when it does not wait. */
    public Uni<Operation> lookAgain(UUID id) {
        return store.lookAgain(id).invoke(this::nudge);
    }

    /** Runs what is due here and now, for at most about that long; see {@link Worker#tick}. */
    public Uni<Integer> tick(Duration atMost) {
        return worker.tick(atMost);
    }

    private void nudge(@Nullable Operation operation) {
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
