package dev.mooring.operation.worker;

import dev.mooring.operation.NewOperation;
import dev.mooring.operation.queue.Operations;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.vertx.core.runtime.context.VertxContextSafetyToggle;
import io.smallrye.common.vertx.VertxContext;
import io.vertx.core.Vertx;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.UUID;

/** Our own engine, as it runs in the application. Rows of ended operations stay, unlike those of the others. */
final class Mooring implements Contestant {

    private static final UUID TEAM = UUID.randomUUID();

    private final Operations operations;
    private final Worker worker;
    private final NoOp program;
    private final Vertx vertx;

    Mooring(Operations operations, Worker worker, NoOp program, Vertx vertx) {
        this.operations = operations;
        this.worker = worker;
        this.program = program;
        this.vertx = vertx;
    }

    @Override
    public String name() {
        return "mooring";
    }

    @Override
    public void fill(Connection connection, int jobs, Instant due) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("truncate operation");
        }
        try (PreparedStatement insert = connection.prepareStatement(
                "insert into operation (id, team, kind, subject, mutating, step, wish, run_at, journal)"
                        + " select gen_random_uuid(), ?, 'no-op', gen_random_uuid(), true, 'ONLY', '{}', ?,"
                        + " '[{\"step\": \"ONLY\", \"words\": \"Doing nothing\", \"started_at\": \"2026-01-01T00:00:00Z\"}]'"
                        + " from generate_series(1, ?)")) {
            insert.setObject(1, TEAM);
            insert.setObject(2, due.atOffset(ZoneOffset.UTC));
            insert.setInt(3, jobs);
            insert.executeUpdate();
        }
    }

    @Override
    public Duration drain(Connection connection, int jobs, Instant due) throws InterruptedException, SQLException {
        Stopwatch stopwatch = new Stopwatch(jobs);
        program.stopwatch = stopwatch;
        Stopwatch.sleepUntil(due);
        worker.wake();
        stopwatch.awaitStarts();
        awaitEnd(connection);
        return stopwatch.sinceFirst();
    }

    @Override
    public long[] trickle(Connection connection, int perSecond, int jobs) throws InterruptedException, SQLException {
        Stopwatch stopwatch = new Stopwatch(jobs);
        program.stopwatch = stopwatch;
        Stopwatch.evenly(perSecond, jobs, () -> queue(stopwatch));
        stopwatch.awaitStarts();
        awaitEnd(connection);
        return stopwatch.latencies();
    }

    /** On a Vert.x context of its own, as a request would. */
    private void queue(Stopwatch stopwatch) {
        NewOperation operation =
                NewOperation.change(TEAM, program, UUID.randomUUID(), null, new NoOp.Nothing());
        var context = VertxContext.getOrCreateDuplicatedContext(vertx);
        VertxContextSafetyToggle.setContextSafe(context, true);
        stopwatch.queueing(operation.id().toString());
        context.runOnContext(nothing -> Panache.withTransaction(() -> operations.queue(operation))
                .subscribe()
                .with(id -> {}, Throwable::printStackTrace));
    }

    @Override
    public String unfinished() {
        // In the words of an index.
        return "select from operation where mutating and finished_at is null limit 1";
    }

    @Override
    public void close() {
        program.stopwatch = null;
    }
}
