package dev.mooring.operation;

import io.smallrye.mutiny.Uni;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.stream.StreamSupport;

/** Every statement on the operation table, each with the index that serves it. Times are the database's: one clock for all workers. */
@ApplicationScoped
class OperationStore {

    /**
     * Due and not leased, oldest first; served by operation_due. SKIP LOCKED lets workers claim side by side. A worker that
     * has more to claim goes on behind the place where it stopped, past the rows that it has just taken: they lie at the
     * front of the index until vacuum comes.
     */
    private static final String CLAIM =
            "with claimed as (update operation set state = 'running', lease_owner = $1, lease_until = now() + $2::interval,"
                    + " fence = fence + 1, why = null, started_at = coalesce(started_at, now()),"
                    + " deadline = coalesce(deadline, now() + interval '2 minutes')"
                    + " where id in (select id from operation where finished_at is null and state = 'queued' and run_at <= now()"
                    + " and (run_at, id) > ((select coalesce($4, '-infinity'::timestamptz)), (select coalesce($5, '00000000-0000-0000-0000-000000000000'::uuid)))"
                    + " and (node is null or node = $1)"
                    + " and kind || ' ' || plane || ' ' || engine = any($3) order by run_at, id limit %d for no key update skip locked)"
                    + " returning " + Operation.COLUMNS
                    + ", run_at, started_at = now() as first) select * from claimed order by run_at, id";

    /** Served by operation_due. The fence rises at the next claim, which locks out the worker that is late. */
    private static final String RESCUE =
            "update operation set state = 'queued', lease_owner = null, lease_until = null, run_at = now()"
                    + " where id in (select id from operation where finished_at is null and lease_until < now()"
                    + " and state = 'running' for no key update skip locked)";

    /** For a process that knows itself to be the only one of its node: what its predecessor held is free at once. */
    private static final String RESCUE_NODE =
            "update operation set state = 'queued', lease_owner = null, lease_until = null, run_at = now()"
                    + " where finished_at is null and state = 'running' and lease_owner = $1";

    /**
     * Never waits for a lock, so that it cannot be part of a deadlock with another statement on several rows: a row that is
     * being written at this moment keeps the lease it has until the next heartbeat.
     */
    private static final String RENEW =
            "with held as (select * from unnest($2::uuid[], $3::bigint[]) as held (id, fence)),"
                    + " free as (select o.id from operation o join held on o.id = held.id and o.fence = held.fence"
                    + " where o.state = 'running' for no key update of o skip locked),"
                    + " renewed as (update operation set lease_until = now() + $1::interval where id in (select id from free))"
                    + " select o.id, o.cancel_requested from operation o join held on o.id = held.id and o.fence = held.fence"
                    + " where o.state = 'running'";

    private static final String ADVANCE =
            "update operation set step = $3, facts = coalesce($4::jsonb, facts), attempt = 0, error = $5, progress = null,"
                    + " journal = journal || $6::jsonb, deadline = now() + $7::interval, overdue = false,"
                    + " cancel_requested = cancel_requested and not $8"
                    + " where id = $1 and fence = $2 and state = 'running'";

    private static final String PROGRESS = "update operation set progress = $3::jsonb,"
            + " deadline = case when $4 then now() + $5::interval else deadline end, overdue = overdue and not $4"
            + " where id = $1 and fence = $2 and state = 'running' returning cancel_requested";

    /** Back into the queue: a wait, a back-off or a lease handed back. Nothing is waited for that is to be cancelled. */
    private static final String REQUEUE = "update operation set state = 'queued',"
            + " run_at = now() + case when cancel_requested and $7 then interval '0' else $3::interval end, why = $4,"
            + " attempt = $5, facts = coalesce($6::jsonb, facts), lease_owner = null, lease_until = null"
            + " where id = $1 and fence = $2 and state = 'running' returning cancel_requested and $7";

    /** Back into the queue as the row is, but for the failure that is counted. */
    private static final String PUT_BACK =
            "update operation set state = 'queued', run_at = now() + $3::interval, why = $4,"
                    + " attempt = attempt + 1, lease_owner = null, lease_until = null"
                    + " where id = $1 and fence = $2 and state = 'running'";

    /** What was claimed and never begun goes back as it was. */
    private static final String HAND_BACK =
            "update operation o set state = 'queued', lease_owner = null, lease_until = null,"
                    + " started_at = case when back.first then null else o.started_at end,"
                    + " deadline = case when back.first then null else o.deadline end"
                    + " from unnest($1::uuid[], $2::bigint[], $3::boolean[]) as back (id, fence, first)"
                    + " where o.id = back.id and o.fence = back.fence and o.state = 'running'";

    private static final String END = "update operation o set state = ended.state, result = ended.result::jsonb,"
            + " facts = coalesce(ended.facts::jsonb, o.facts), error = ended.error, why = null, deadline = null, overdue = false, lease_owner = null, lease_until = null,"
            + " finished_at = now()"
            + " from unnest((select $1::uuid[]), (select $2::bigint[]), (select $3::text[]), (select $4::text[]), (select $5::text[]), (select $6::text[]))"
            + " as ended (id, fence, state, result, facts, error)"
            + " where o.id = ended.id and o.fence = ended.fence and o.state = 'running' returning o.id";

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
            + " and ($3::text is null or state = $3) and kind = any($4)";

    private static final String SWEEP = "delete from operation where finished_at < now() - $1::interval";

    private final Pool pool;

    OperationStore(Pool pool) {
        this.pool = pool;
    }

    Pool pool() {
        return pool;
    }

    Uni<Claim> claim(UUID owner, Duration lease, int limit, String[] runnable, Place after) {
        // The limit is part of the text: as a parameter it would make PostgreSQL plan the statement anew each time.
        return pool.preparedQuery(CLAIM.formatted(limit))
                .execute(Tuple.of(
                        owner,
                        seconds(lease),
                        runnable,
                        after == null ? null : after.runAt(),
                        after == null ? null : after.id()))
                .map(rows -> {
                    List<Claimed> operations = new ArrayList<>(rows.rowCount());
                    Place last = after;
                    for (var row : rows) {
                        operations.add(new Claimed(Operation.of(row), row.getBoolean("first")));
                        last = new Place(row.getOffsetDateTime("run_at"), row.getUUID("id"));
                    }
                    return new Claim(operations, last);
                });
    }

    Uni<Integer> rescueExpired() {
        return pool.preparedQuery(RESCUE).execute().map(RowSet::rowCount);
    }

    Uni<Integer> rescueNode(UUID owner) {
        return pool.preparedQuery(RESCUE_NODE).execute(Tuple.of(owner)).map(RowSet::rowCount);
    }

    /** The leases that still hold, with whether a cancellation has been asked for. */
    Uni<List<Renewed>> renew(Duration lease, Collection<Held> held) {
        UUID[] ids = held.stream().map(Held::id).toArray(UUID[]::new);
        Long[] fences = held.stream().map(Held::fence).toArray(Long[]::new);
        return pool.preparedQuery(RENEW)
                .execute(Tuple.of(seconds(lease), ids, fences))
                .map(rows -> StreamSupport.stream(rows.spliterator(), false)
                        .map(row -> new Renewed(row.getUUID(0), row.getBoolean(1)))
                        .toList());
    }

    /**
     * Moves to another step; {@code dropCancel} forgets a cancel wish that a failure has overtaken.
     *
     * @param facts null leaves those of the row
     */
    Uni<Void> advance(SqlClient client, Held held, Step step, String facts, String error, boolean dropCancel) {
        JsonArray entry = new JsonArray().add(journalEntry(step));
        return written(held, client.preparedQuery(ADVANCE).execute(Tuple.from(new Object[] {
            held.id(), held.fence(), step.name(), json(facts), error, entry, seconds(step.deadline()), dropCancel
        })));
    }

    /** Whether a cancellation has been asked for. */
    Uni<Boolean> progress(Held held, JsonObject progress, boolean moved, Duration deadline) {
        return pool.preparedQuery(PROGRESS)
                .execute(Tuple.of(held.id(), held.fence(), progress, moved, seconds(deadline)))
                .map(rows -> {
                    if (rows.rowCount() == 0) {
                        throw new LeaseLost(held.id());
                    }
                    return rows.iterator().next().getBoolean(0);
                });
    }

    /**
     * @param cancellable whether a wish to cancel makes it due at once
     * @return whether it does
     */
    Uni<Boolean> requeue(Held held, Duration delay, String why, int attempt, String facts, boolean cancellable) {
        return pool.preparedQuery(REQUEUE)
                .execute(Tuple.from(
                        new Object[] {held.id(), held.fence(), seconds(delay), why, attempt, json(facts), cancellable}))
                .map(rows -> {
                    if (rows.rowCount() == 0) {
                        throw new LeaseLost(held.id());
                    }
                    return rows.iterator().next().getBoolean(0);
                });
    }

    Uni<Void> putBack(Held held, Duration delay, String why) {
        return written(
                held, pool.preparedQuery(PUT_BACK).execute(Tuple.of(held.id(), held.fence(), seconds(delay), why)));
    }

    Uni<Void> handBack(List<Lease> leases) {
        return pool.preparedQuery(HAND_BACK)
                .execute(Tuple.of(
                        leases.stream().map(lease -> lease.held().id()).toArray(UUID[]::new),
                        leases.stream().map(lease -> lease.held().fence()).toArray(Long[]::new),
                        leases.stream().map(Lease::firstClaim).toArray(Boolean[]::new)))
                .replaceWithVoid();
    }

    /** The ids that were ended; one that is missing had lost its lease. */
    Uni<List<UUID>> end(SqlClient client, List<Ending> endings) {
        int n = endings.size();
        UUID[] ids = new UUID[n];
        Long[] fences = new Long[n];
        String[] states = new String[n];
        String[] results = new String[n];
        String[] facts = new String[n];
        String[] errors = new String[n];
        for (int i = 0; i < n; i++) {
            Ending ending = endings.get(i);
            ids[i] = ending.held().id();
            fences[i] = ending.held().fence();
            states[i] = ending.state().wire();
            results[i] = ending.result();
            facts[i] = ending.facts();
            errors[i] = ending.error();
        }
        return client.preparedQuery(END)
                .execute(Tuple.of(ids, fences, states, results, facts, errors))
                .map(rows -> StreamSupport.stream(rows.spliterator(), false)
                        .map(row -> row.getUUID(0))
                        .toList());
    }

    /**
     * @param free kinds whose end nothing follows from
     * @param error of one that ends by this
     */
    Uni<Operation> cancel(UUID id, String[] free, String error) {
        return first(pool.preparedQuery(CANCEL).execute(Tuple.of(id, free, error)));
    }

    Uni<Void> cancelOthers(UUID subject, UUID except) {
        return pool.preparedQuery(
                        "update operation set cancel_requested = true,"
                                + " run_at = case when state = 'queued' then now() else run_at end"
                                + " where subject = $1 and id <> $2 and state in ('queued', 'running') and not cancel_requested")
                .execute(Tuple.of(subject, except))
                .replaceWithVoid();
    }

    /** Unfinished operations of the subject that were queued before this one; served by operation_subject. */
    Uni<Integer> unfinishedBefore(UUID subject, UUID id) {
        return pool.preparedQuery("select count(*)::int from operation where subject = $1 and id <> $2"
                        + " and state in ('queued', 'running')"
                        + " and created_at <= (select created_at from operation where id = $2)")
                .execute(Tuple.of(subject, id))
                .map(rows -> rows.iterator().next().getInteger(0));
    }

    /** Whether an operation of the kind is unfinished; served by operation_subject. */
    Uni<Boolean> awaited(UUID subject, String kind) {
        return pool.preparedQuery("select exists (select from operation where subject = $1 and kind = $2"
                        + " and state in ('queued', 'running'))")
                .execute(Tuple.of(subject, kind))
                .map(rows -> rows.iterator().next().getBoolean(0));
    }

    Uni<Operation> lookAgain(UUID id) {
        return first(pool.preparedQuery(LOOK_AGAIN).execute(Tuple.of(id)));
    }

    Uni<List<Operation>> markOverdue() {
        return rows(pool.preparedQuery(MARK_OVERDUE).execute());
    }

    Uni<Integer> sweep(Duration retention) {
        return pool.preparedQuery(SWEEP).execute(Tuple.of(seconds(retention))).map(RowSet::rowCount);
    }

    Uni<Operation> find(UUID id) {
        return first(pool.preparedQuery("select " + Operation.COLUMNS + " from operation where id = $1")
                .execute(Tuple.of(id)));
    }

    /** Served by operation_one_change. */
    Uni<Operation> unfinishedChange(UUID subject) {
        return first(pool.preparedQuery("select " + Operation.COLUMNS
                        + " from operation where subject = $1 and mutating and finished_at is null")
                .execute(Tuple.of(subject)));
    }

    /** Served by operation_due. */
    Uni<List<Operation>> unfinished(String kind) {
        return rows(pool.preparedQuery(
                        "select " + Operation.COLUMNS + " from operation where kind = $1 and finished_at is null")
                .execute(Tuple.of(kind)));
    }

    /** Newest first; served by operation_team, or operation_subject. */
    Uni<List<Operation>> list(Operations.Filter filter, int limit, int offset) {
        return rows(pool.preparedQuery("select " + Operation.COLUMNS + " from operation where " + FILTER
                        + " order by created_at desc, id limit $5 offset $6")
                .execute(Tuple.from(new Object[] {
                    filter.team(), filter.subject(), wire(filter.state()), filter.kinds(), limit, offset
                })));
    }

    Uni<Integer> count(Operations.Filter filter) {
        return pool.preparedQuery("select count(*)::int from operation where " + FILTER)
                .execute(Tuple.of(filter.team(), filter.subject(), wire(filter.state()), filter.kinds()))
                .map(rows -> rows.iterator().next().getInteger(0));
    }

    private static String wire(OperationState state) {
        return state == null ? null : state.wire();
    }

    /** What operators look at: how many are due but not started, how many run, how many are overdue. */
    Uni<QueueState> queueState() {
        return pool.preparedQuery("select count(*) filter (where state = 'queued' and run_at <= now())::int,"
                        + " count(*) filter (where state = 'running')::int, count(*) filter (where overdue)::int"
                        + " from operation where finished_at is null")
                .execute()
                .map(rows -> {
                    var row = rows.iterator().next();
                    return new QueueState(row.getInteger(0), row.getInteger(1), row.getInteger(2));
                });
    }

    static JsonObject journalEntry(Step step) {
        return new JsonObject()
                .put("step", step.name())
                .put("words", step.words())
                .put("started_at", OffsetDateTime.now(java.time.ZoneOffset.UTC).toString());
    }

    private static Uni<Void> written(Held held, Uni<RowSet<io.vertx.mutiny.sqlclient.Row>> update) {
        return update.map(rows -> {
            if (rows.rowCount() == 0) {
                throw new LeaseLost(held.id());
            }
            return null;
        });
    }

    private static Object json(String text) {
        return text == null ? null : new JsonObject(text);
    }

    private static Uni<List<Operation>> rows(Uni<RowSet<io.vertx.mutiny.sqlclient.Row>> query) {
        return query.map(rows -> {
            List<Operation> operations = new ArrayList<>(rows.rowCount());
            rows.forEach(row -> operations.add(Operation.of(row)));
            return operations;
        });
    }

    private static Uni<Operation> first(Uni<RowSet<io.vertx.mutiny.sqlclient.Row>> query) {
        return rows(query).map(list -> list.isEmpty() ? null : list.getFirst());
    }

    /** As PostgreSQL's interval: the driver's own type wants fields that a Duration does not have. */
    private static io.vertx.pgclient.data.Interval seconds(Duration duration) {
        return io.vertx.pgclient.data.Interval.of(duration);
    }

    /** Where a claim ended in the order of due operations. */
    record Place(OffsetDateTime runAt, UUID id) {}

    record Claim(List<Claimed> operations, Place last) {}

    /** @param first whether nothing has run of it before */
    record Claimed(Operation operation, boolean first) {}

    /** A claim: the fence makes every write of its holder conditional. */
    record Held(UUID id, long fence) {}

    record Renewed(UUID id, boolean cancelRequested) {}

    record Ending(Held held, OperationState state, String result, String facts, String error) {}

    record QueueState(int due, int running, int overdue) {}
}
