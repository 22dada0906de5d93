package dev.mooring.operation.store;

import dev.mooring.operation.Operation;
import dev.mooring.operation.OperationState;
import dev.mooring.operation.Step;
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
import org.jspecify.annotations.Nullable;

/** What a worker writes to the operation table: claims, and what became of them. Times are the database's: one clock for all workers. */
@ApplicationScoped
public class LeaseStore {

    /**
     * Due and not leased, oldest first; served by operation_due. SKIP LOCKED lets workers claim side by side. A worker that
     * has more to claim goes on behind the place where it stopped, past the rows that it has just taken: they lie at the
     * front of the index until vacuum comes.
     */
    private static final String CLAIM =
            "with claimed as (update operation set state = 'running', lease_owner = $1, lease_until = now() + $2::interval,"
                    + " fence = fence + 1, why = null, waits_for = null, started_at = coalesce(started_at, now()),"
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

    private static final String HOLDS = "select from operation where id = $1 and fence = $2 and state = 'running'";

    private static final String ADVANCE =
            "update operation set step = $3, facts = coalesce($4::jsonb, facts), attempt = 0, error = $5, progress = null, why = null,"
                    + " journal = journal || $6::jsonb, deadline = now() + $7::interval, overdue = false,"
                    + " cancel_requested = cancel_requested and not $8"
                    + " where id = $1 and fence = $2 and state = 'running'";

    private static final String KEEP = "update operation set facts = coalesce($3::jsonb, facts), attempt = 0, why = $4"
            + " where id = $1 and fence = $2 and state = 'running' returning cancel_requested";

    private static final String PROGRESS = "update operation set progress = $3::jsonb,"
            + " deadline = case when $4 then now() + $5::interval else deadline end, overdue = overdue and not $4"
            + " where id = $1 and fence = $2 and state = 'running' returning cancel_requested";

    /** Back into the queue: a wait, a back-off or a lease handed back. Nothing is waited for that is to be cancelled. */
    private static final String REQUEUE = "update operation set state = 'queued',"
            + " run_at = now() + case when cancel_requested and $7 then interval '0' else $3::interval end, why = $4,"
            + " attempt = $5, facts = coalesce($6::jsonb, facts), lease_owner = null, lease_until = null"
            + " where id = $1 and fence = $2 and state = 'running' returning cancel_requested and $7";

    /** Back into the queue until another operation has ended, or for long at most: the net under the wake-up when that one ends. */
    private static final String PARK = "update operation set state = 'queued',"
            + " run_at = now() + case when cancel_requested and $6 then interval '0' else interval '1 minute' end,"
            + " waits_for = $3, why = $4, attempt = 0, facts = coalesce($5::jsonb, facts), lease_owner = null, lease_until = null"
            + " where id = $1 and fence = $2 and state = 'running'";

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

    private final Pool pool;

    LeaseStore(Pool pool) {
        this.pool = pool;
    }

    public Pool pool() {
        return pool;
    }

    public Uni<Claim> claim(UUID owner, Duration lease, int limit, String[] runnable, @Nullable Place after) {
        // The limit is part of the text: as a parameter it would make PostgreSQL plan the statement anew each time.
        return pool.preparedQuery(CLAIM.formatted(limit))
                .execute(Tuple.of(
                        owner,
                        Sql.seconds(lease),
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

    public Uni<Integer> rescueExpired() {
        return pool.preparedQuery(RESCUE).execute().map(RowSet::rowCount);
    }

    public Uni<Integer> rescueNode(UUID owner) {
        return pool.preparedQuery(RESCUE_NODE).execute(Tuple.of(owner)).map(RowSet::rowCount);
    }

    /** The leases that still hold, with whether a cancellation has been asked for. */
    public Uni<List<Renewed>> renew(Duration lease, Collection<Held> held) {
        UUID[] ids = held.stream().map(Held::id).toArray(UUID[]::new);
        Long[] fences = held.stream().map(Held::fence).toArray(Long[]::new);
        return pool.preparedQuery(RENEW)
                .execute(Tuple.of(Sql.seconds(lease), ids, fences))
                .map(rows -> StreamSupport.stream(rows.spliterator(), false)
                        .map(row -> new Renewed(row.getUUID(0), row.getBoolean(1)))
                        .toList());
    }

    /** Whether nobody else has claimed the operation since. */
    public Uni<Boolean> holds(Held held) {
        return pool.preparedQuery(HOLDS)
                .execute(Tuple.of(held.id(), held.fence()))
                .map(rows -> rows.rowCount() > 0);
    }

    /**
     * Moves to another step; {@code dropCancel} forgets a cancel wish that a failure has overtaken.
     *
     * @param heedsCancel whether a cancel wish has any effect during the step
     * @param facts null leaves those of the row
     */
    public Uni<Void> advance(
            SqlClient client,
            Held held,
            Step step,
            boolean heedsCancel,
            @Nullable String facts,
            @Nullable String error,
            boolean dropCancel) {
        JsonArray entry = new JsonArray().add(journalEntry(step, heedsCancel));
        return written(held, client.preparedQuery(ADVANCE).execute(Tuple.from(new Object[] {
            held.id(),
            held.fence(),
            step.name(),
            Sql.json(facts),
            error,
            entry,
            Sql.seconds(step.deadline()),
            dropCancel
        })));
    }

    /** Stores what a step knows; whether a cancellation has been asked for. */
    public Uni<Boolean> keep(Held held, @Nullable String facts, String why) {
        return cancelRequested(
                held, pool.preparedQuery(KEEP).execute(Tuple.of(held.id(), held.fence(), Sql.json(facts), why)));
    }

    /** Whether a cancellation has been asked for. */
    public Uni<Boolean> progress(Held held, JsonObject progress, boolean moved, Duration deadline) {
        return cancelRequested(
                held,
                pool.preparedQuery(PROGRESS)
                        .execute(Tuple.of(held.id(), held.fence(), progress, moved, Sql.seconds(deadline))));
    }

    /**
     * @param cancellable whether a wish to cancel makes it due at once
     * @return whether it does
     */
    public Uni<Boolean> requeue(
            Held held, Duration delay, @Nullable String why, int attempt, @Nullable String facts, boolean cancellable) {
        return cancelRequested(held, pool.preparedQuery(REQUEUE).execute(Tuple.from(new Object[] {
            held.id(), held.fence(), Sql.seconds(delay), why, attempt, Sql.json(facts), cancellable
        })));
    }

    /** @param cancellable whether a wish to cancel makes it due at once */
    public Uni<Void> park(Held held, UUID other, String why, @Nullable String facts, boolean cancellable) {
        return written(
                held,
                pool.preparedQuery(PARK)
                        .execute(Tuple.of(held.id(), held.fence(), other, why, Sql.json(facts), cancellable)));
    }

    public Uni<Void> putBack(Held held, Duration delay, String why) {
        return written(
                held, pool.preparedQuery(PUT_BACK).execute(Tuple.of(held.id(), held.fence(), Sql.seconds(delay), why)));
    }

    public Uni<Void> handBack(List<Claimed> claims) {
        return pool.preparedQuery(HAND_BACK)
                .execute(Tuple.of(
                        claims.stream().map(claim -> claim.operation().id()).toArray(UUID[]::new),
                        claims.stream().map(claim -> claim.operation().fence()).toArray(Long[]::new),
                        claims.stream().map(Claimed::first).toArray(Boolean[]::new)))
                .replaceWithVoid();
    }

    /** The ids that were ended; one that is missing had lost its lease. */
    public Uni<List<UUID>> end(SqlClient client, List<Ending> endings) {
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

    /** @param heedsCancel whether a cancel wish has any effect during the step */
    public static JsonObject journalEntry(Step step, boolean heedsCancel) {
        return new JsonObject()
                .put("step", step.name())
                .put("words", step.words())
                .put("heeds_cancel", heedsCancel)
                .put("started_at", OffsetDateTime.now(java.time.ZoneOffset.UTC).toString());
    }

    private static Uni<Boolean> cancelRequested(Held held, Uni<RowSet<io.vertx.mutiny.sqlclient.Row>> update) {
        return update.map(rows -> {
            if (rows.rowCount() == 0) {
                throw new LeaseLost(held.id());
            }
            return rows.iterator().next().getBoolean(0);
        });
    }

    private static Uni<Void> written(Held held, Uni<RowSet<io.vertx.mutiny.sqlclient.Row>> update) {
        return update.map(rows -> {
            if (rows.rowCount() == 0) {
                throw new LeaseLost(held.id());
            }
            return null;
        });
    }

    /** Where a claim ended in the order of due operations. */
    public record Place(OffsetDateTime runAt, UUID id) {}

    public record Claim(List<Claimed> operations, @Nullable Place last) {}

    /** @param first whether nothing has run of it before */
    public record Claimed(Operation operation, boolean first) {}

    /** A claim: the fence makes every write of its holder conditional. */
    public record Held(UUID id, long fence) {}

    public record Renewed(UUID id, boolean cancelRequested) {}

    public record Ending(
            Held held,
            OperationState state,
            @Nullable String result,
            @Nullable String facts,
            @Nullable String error) {}
}
