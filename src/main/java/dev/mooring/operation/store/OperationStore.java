package dev.mooring.operation.store;

import dev.mooring.operation.Operation;
import dev.mooring.operation.OperationFilter;
import dev.mooring.operation.OperationState;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** What is read of the operation table, and what is wished of its rows, each statement with the index that serves it. */
@ApplicationScoped
public class OperationStore {

    /**
     * Makes due what waits for operations that have ended. Asked for after the end of those, and after each that begins to wait:
     * whichever comes last sees the other. Served by operation_waits_for.
     */
    private static final String WAKE_WAITING =
            "with woken as (update operation set run_at = now(), waits_for = null, why = null where id in (select id from operation w"
                    + " where w.waits_for is not null and ($1::uuid[] is null or w.waits_for = any($1)) and w.state = 'queued'"
                    + " and not exists (select from operation o where o.id = w.waits_for and o.finished_at is null)"
                    + " for no key update skip locked) returning id)"
                    + " select pg_notify('mooring_operation_queued', '')::text from woken limit 1";

    /** One that nobody has begun, and whose end nothing follows from, is over; all others roll back. */
    private static final String CANCEL = "update operation o set cancel_requested = true,"
            + " run_at = case when o.state = 'queued' then now() else o.run_at end,"
            + " state = case when never.begun then 'cancelled' else o.state end,"
            + " finished_at = case when never.begun then now() end,"
            + " error = case when never.begun then $3 else o.error end, why = case when never.begun then null else o.why end"
            + " from (select id, state = 'queued' and started_at is null and kind = any ($2) as begun from operation"
            + " where id = $1 for no key update) as never"
            + " where o.id = never.id and o.state in ('queued', 'running') returning o."
            + Operation.COLUMNS.replace(", ", ", o.");

    private static final String LOOK_AGAIN = "update operation set run_at = now(), why = null, attempt = 0"
            + " where id = $1 and state = 'queued' returning " + Operation.COLUMNS;

    private static final String MARK_OVERDUE = "update operation set overdue = true"
            + " where id in (select id from operation where finished_at is null and deadline < now() and not overdue"
            + " for no key update skip locked) returning "
            + Operation.COLUMNS;

    private static final String FILTER = "team = $1 and ($2::uuid is null or subject = $2)"
            + " and (cardinality($3::text[]) = 0 or state = any($3)) and kind = any($4)"
            + " and ($5::timestamptz is null or finished_at >= $5)";

    private static final String SWEEP = "delete from operation where finished_at < now() - $1::interval";

    private final Pool pool;

    OperationStore(Pool pool) {
        this.pool = pool;
    }

    /** @param ended the operations that may be waited for; null for all that has ended */
    public Uni<Void> wakeWaiting(@Nullable Collection<UUID> ended) {
        return pool.preparedQuery(WAKE_WAITING)
                .execute(Tuple.of(ended == null ? null : ended.toArray(UUID[]::new)))
                .replaceWithVoid();
    }

    /**
     * @param free kinds whose end nothing follows from
     * @param error of one that ends by this
     */
    public Uni<Operation> cancel(UUID id, String[] free, String error) {
        return Sql.first(pool.preparedQuery(CANCEL).execute(Tuple.of(id, free, error)));
    }

    public Uni<Void> cancelOthers(UUID subject, UUID except) {
        return pool.preparedQuery(
                        "update operation set cancel_requested = true,"
                                + " run_at = case when state = 'queued' then now() else run_at end"
                                + " where subject = $1 and id <> $2 and state in ('queued', 'running') and not cancel_requested")
                .execute(Tuple.of(subject, except))
                .replaceWithVoid();
    }

    /** Unfinished operations of the subject that were queued before this one, newest first; served by operation_subject. */
    public Uni<List<UUID>> unfinishedBefore(UUID subject, UUID id) {
        return pool.preparedQuery("select id from operation where subject = $1 and state in ('queued', 'running')"
                        + " and (created_at, id) < (select created_at, id from operation where id = $2)"
                        + " order by created_at desc, id desc")
                .execute(Tuple.of(subject, id))
                .map(rows -> StreamSupport.stream(rows.spliterator(), false)
                        .map(row -> row.getUUID(0))
                        .toList());
    }

    /** Whether an operation of the kind is unfinished; served by operation_subject. */
    public Uni<Boolean> awaited(UUID subject, String kind) {
        return pool.preparedQuery("select exists (select from operation where subject = $1 and kind = $2"
                        + " and state in ('queued', 'running'))")
                .execute(Tuple.of(subject, kind))
                .map(rows -> rows.iterator().next().getBoolean(0));
    }

    public Uni<Operation> lookAgain(UUID id) {
        return Sql.first(pool.preparedQuery(LOOK_AGAIN).execute(Tuple.of(id)));
    }

    public Uni<List<Operation>> markOverdue() {
        return Sql.rows(pool.preparedQuery(MARK_OVERDUE).execute());
    }

    public Uni<Integer> sweep(Duration retention) {
        return pool.preparedQuery(SWEEP)
                .execute(Tuple.of(Sql.seconds(retention)))
                .map(RowSet::rowCount);
    }

    public Uni<Operation> find(UUID id) {
        return Sql.first(pool.preparedQuery("select " + Operation.COLUMNS + " from operation where id = $1")
                .execute(Tuple.of(id)));
    }

    /** Served by operation_one_change. */
    public Uni<Operation> unfinishedChange(UUID subject) {
        return Sql.first(pool.preparedQuery("select " + Operation.COLUMNS
                        + " from operation where subject = $1 and mutating and finished_at is null")
                .execute(Tuple.of(subject)));
    }

    /** Served by operation_due. */
    public Uni<List<Operation>> unfinished(String kind) {
        return Sql.rows(pool.preparedQuery(
                        "select " + Operation.COLUMNS + " from operation where kind = $1 and finished_at is null")
                .execute(Tuple.of(kind)));
    }

    /** Newest first; served by operation_team, or operation_subject. */
    public Uni<List<Operation>> list(OperationFilter filter, int limit, int offset) {
        return Sql.rows(pool.preparedQuery("select " + Operation.COLUMNS + " from operation where " + FILTER
                        + " order by created_at desc, id limit $6 offset $7")
                .execute(Tuple.from(new Object[] {
                    filter.team(),
                    filter.subject(),
                    wire(filter.states()),
                    filter.kinds(),
                    filter.finishedSince(),
                    limit,
                    offset
                })));
    }

    public Uni<Integer> count(OperationFilter filter) {
        return pool.preparedQuery("select count(*)::int from operation where " + FILTER)
                .execute(Tuple.of(
                        filter.team(), filter.subject(), wire(filter.states()), filter.kinds(), filter.finishedSince()))
                .map(rows -> rows.iterator().next().getInteger(0));
    }

    private static String[] wire(Collection<OperationState> states) {
        return states.stream().map(OperationState::wire).toArray(String[]::new);
    }

    /** What operators look at: how many are due but not started, how many run, how many are overdue. */
    public Uni<QueueState> queueState() {
        return pool.preparedQuery("select count(*) filter (where state = 'queued' and run_at <= now())::int,"
                        + " count(*) filter (where state = 'running')::int, count(*) filter (where overdue)::int"
                        + " from operation where finished_at is null")
                .execute()
                .map(rows -> {
                    var row = rows.iterator().next();
                    return new QueueState(row.getInteger(0), row.getInteger(1), row.getInteger(2));
                });
    }

    public record QueueState(int due, int running, int overdue) {}
}
