package dev.mooring.operation.worker;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import io.agroal.api.security.NamePrincipal;
import io.agroal.api.security.SimplePassword;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.UUID;

/**
 * db-scheduler with what its author uses for high throughput: lock-and-fetch with the batch limits of his own benchmark,
 * and immediate execution of what is queued in the same process.
 */
final class DbScheduler implements Contestant {

    private static final double FETCH_BELOW = 4.0;
    private static final double FETCH_UP_TO = 20.0;

    private final AgroalDataSource source;
    private final int slots;

    DbScheduler(String url, String user, String password, int slots) throws SQLException {
        this.slots = slots;
        this.source = AgroalDataSource.from(new AgroalDataSourceConfigurationSupplier()
                .connectionPoolConfiguration(pool -> pool.maxSize(20)
                        .initialSize(20)
                        .connectionFactoryConfiguration(factory -> factory.jdbcUrl(url)
                                .principal(new NamePrincipal(user))
                                .credential(new SimplePassword(password)))));
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            // Table and indexes as its manual has them for PostgreSQL.
            statement.execute("create table scheduled_tasks (task_name text not null, task_instance text not null,"
                    + " task_data bytea, execution_time timestamptz not null, picked boolean not null, picked_by text,"
                    + " last_success timestamptz, last_failure timestamptz, consecutive_failures int,"
                    + " last_heartbeat timestamptz, version bigint not null, priority smallint,"
                    + " primary key (task_name, task_instance))");
            statement.execute("create index execution_time_idx on scheduled_tasks (execution_time)");
            statement.execute("create index last_heartbeat_idx on scheduled_tasks (last_heartbeat)");
        }
    }

    @Override
    public String name() {
        return "db-scheduler";
    }

    @Override
    public void fill(Connection connection, int jobs, Instant due) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("truncate scheduled_tasks");
        }
        try (PreparedStatement insert = connection.prepareStatement(
                "insert into scheduled_tasks (task_name, task_instance, execution_time, picked, version)"
                        + " select 'no-op', gen_random_uuid()::text, ?, false, 1 from generate_series(1, ?)")) {
            insert.setObject(1, due.atOffset(ZoneOffset.UTC));
            insert.setInt(2, jobs);
            insert.executeUpdate();
        }
    }

    @Override
    public Duration drain(Connection connection, int jobs, Instant due) throws InterruptedException, SQLException {
        Stopwatch stopwatch = new Stopwatch(jobs);
        Scheduler scheduler = scheduler(task(stopwatch));
        try {
            Stopwatch.sleepUntil(due);
            scheduler.start();
            stopwatch.awaitStarts();
            awaitEnd(connection);
            return stopwatch.sinceFirst();
        } finally {
            scheduler.stop();
        }
    }

    @Override
    public long[] trickle(Connection connection, int perSecond, int jobs) throws InterruptedException, SQLException {
        Stopwatch stopwatch = new Stopwatch(jobs);
        OneTimeTask<Void> task = task(stopwatch);
        Scheduler scheduler = scheduler(task);
        scheduler.start();
        try {
            Stopwatch.evenly(perSecond, jobs, () -> {
                String id = UUID.randomUUID().toString();
                stopwatch.queueing(id);
                scheduler.schedule(task.instance(id), Instant.now());
            });
            stopwatch.awaitStarts();
            awaitEnd(connection);
            return stopwatch.latencies();
        } finally {
            scheduler.stop();
        }
    }

    private static OneTimeTask<Void> task(Stopwatch stopwatch) {
        return Tasks.oneTime("no-op").execute((instance, context) -> stopwatch.start(instance.getId()));
    }

    private Scheduler scheduler(OneTimeTask<Void> task) {
        return Scheduler.create(source, task)
                .threads(slots)
                .pollUsingLockAndFetch(FETCH_BELOW, FETCH_UP_TO)
                .enableImmediateExecution()
                .build();
    }

    @Override
    public String unfinished() {
        return "select from scheduled_tasks limit 1";
    }

    @Override
    public void close() {
        source.close();
    }
}
