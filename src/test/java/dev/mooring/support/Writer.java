package dev.mooring.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;

/** Inserts until told to end, and connects again after errors, as applications do. */
public final class Writer implements AutoCloseable {

    private static final int MANY = 100;

    private final Opener opener;
    private final ExecutorService thread = Executors.newVirtualThreadPerTaskExecutor();
    private final Future<List<Integer>> answered;
    private volatile boolean running = true;
    private volatile int written;

    @FunctionalInterface
    public interface Opener {
        Connection open() throws SQLException;
    }

    public Writer(Opener opener) throws SQLException {
        this.opener = opener;
        try (Connection connection = opener.open()) {
            Api.execute(connection, "create table if not exists written (id int primary key)");
        }
        this.answered = thread.submit(this::write);
    }

    private List<Integer> write() throws InterruptedException {
        List<Integer> ids = new ArrayList<>();
        int id = 0;
        while (running) {
            try (Connection connection = opener.open();
                    PreparedStatement insert = connection.prepareStatement("insert into written values (?)")) {
                while (running) {
                    insert.setInt(1, ++id);
                    insert.execute();
                    ids.add(id);
                    written = ids.size();
                    Thread.sleep(1);
                }
            } catch (SQLException e) {
                Thread.sleep(10);
            }
        }
        return ids;
    }

    /** Writes more before the next line of the test. */
    public Writer warm() {
        int before = written;
        Awaitility.await("writes").until(() -> written > before + MANY);
        return this;
    }

    /** Everything that was answered is in the table. */
    public void check() throws Exception {
        running = false;
        List<Integer> ids = answered.get();
        assertThat(ids).hasSizeGreaterThan(MANY);
        try (Connection connection = opener.open()) {
            String missing = Api.query(
                    connection,
                    "select count(*) from unnest('"
                            + ids.toString().replace('[', '{').replace(']', '}')
                            + "'::int[]) as answered (id) where not exists (select from written w where w.id = answered.id)");
            assertThat(missing).isEqualTo("0");
        }
    }

    @Override
    public void close() {
        running = false;
        thread.close();
    }
}
