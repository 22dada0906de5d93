package dev.mooring.support;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;

/**
 * Holds an operation exactly between two steps: the work of the one is done and the other is about to be written. A trigger
 * in the metadata lets the write wait for a lock that this test has; the product knows nothing of it.
 */
public final class Boundary implements AutoCloseable {

    private static final long LOCK = 815_4711;

    private final Connection connection;
    private long lock = LOCK;

    private Boundary(Connection connection) {
        this.connection = connection;
    }

    /**
     * @param state that is about to be written
     * @param step that is about to be written; null for any
     */
    public static Boundary before(MooringProcess mooring, String kind, String state, String step)
            throws SQLException, IOException {
        Connection connection = mooring.metadata();
        try (Statement statement = connection.createStatement()) {
            statement.execute("""
                    create or replace function test_boundary() returns trigger language plpgsql as $$
                    begin
                        if tg_op = 'INSERT' then
                            -- Begun with the request that asks for it. As if that process had been busy: it is queued, then claimed.
                            if new.state = 'running' and exists (select from test_boundary b where b.kind = new.kind
                                    and b.state = new.state and coalesce(b.step, new.step) = new.step) then
                                new.state := 'queued';
                                new.lease_owner := null;
                                new.lease_until := null;
                                new.fence := 0;
                                new.started_at := null;
                                new.deadline := null;
                                perform pg_notify('mooring_operation_queued', '');
                            end if;
                            return new;
                        end if;
                        perform pg_advisory_xact_lock(b.lock) from test_boundary b
                            where b.kind = new.kind and b.state = new.state and coalesce(b.step, new.step) = new.step;
                        return new;
                    end $$;
                    create table if not exists test_boundary (kind text, state text, step text, lock bigint);
                    delete from test_boundary;
                    create or replace trigger test_boundary before insert or update of state, step on operation
                        for each row execute function test_boundary();""");
        }
        Boundary boundary = new Boundary(connection);
        boundary.hold(kind, state, step);
        return boundary;
    }

    private void hold(String kind, String state, String step) throws SQLException {
        try (PreparedStatement held = connection.prepareStatement("select pg_advisory_lock(?)");
                PreparedStatement insert =
                        connection.prepareStatement("insert into test_boundary values (?, ?, ?, ?)")) {
            held.setLong(1, lock);
            held.execute();
            insert.setString(1, kind);
            insert.setString(2, state);
            insert.setString(3, step);
            insert.setLong(4, lock);
            insert.execute();
        }
    }

    /** Lets the operation go on to the next place, given as to {@link #before}. */
    public void moveTo(String kind, String state, String step) throws SQLException {
        long reached = lock++;
        try (Statement statement = connection.createStatement()) {
            statement.execute("delete from test_boundary");
            hold(kind, state, step);
            statement.execute("select pg_advisory_unlock(" + reached + ")");
        }
    }

    /** Until the operation stands there. */
    public void awaitReached() {
        Awaitility.await("an operation at the boundary")
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(10))
                .until(this::reached);
    }

    private boolean reached() throws SQLException {
        return count("select count(*) from pg_locks where locktype = 'advisory' and not granted") > 0;
    }

    /**
     * Until the operation stands there, or it has turned out that it will not.
     *
     * @param over whether it does not come here any more
     * @return whether it stands there
     */
    public boolean awaitReachedUnless(Callable<Boolean> over) {
        Awaitility.await("an operation at the boundary, or past it")
                .atMost(Duration.ofMinutes(3))
                .pollInterval(Duration.ofMillis(10))
                .until(() -> reached() || over.call());
        try {
            return reached();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Lets the operation go on. */
    public void release() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("delete from test_boundary");
            statement.execute("select pg_advisory_unlock(" + lock + ")");
        }
    }

    /** For a dead worker: what it was about to write is never written. */
    public void abandon() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("delete from test_boundary");
            statement.execute(
                    "select pg_terminate_backend(pid, 5000) from pg_locks where locktype = 'advisory' and not granted");
            statement.execute("select pg_advisory_unlock(" + lock + ")");
        }
    }

    /** The same; whoever takes the operation over stands at the next place, given as to {@link #before}. */
    public void abandonFor(String kind, String state, String step) throws SQLException {
        long reached = lock++;
        try (Statement statement = connection.createStatement()) {
            statement.execute("delete from test_boundary");
            hold(kind, state, step);
            statement.execute(
                    "select pg_terminate_backend(pid, 5000) from pg_locks where locktype = 'advisory' and not granted");
            statement.execute("select pg_advisory_unlock(" + reached + ")");
        }
    }

    private long count(String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getLong(1);
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
