package dev.mooring.support.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.Writer;
import dev.mooring.support.history.Appends.Done;
import dev.mooring.support.history.Appends.End;
import dev.mooring.support.history.Appends.Seen;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** Clients that append to two lists in each transaction, and read one after it; they connect again after errors. {@link Appends} judges. */
public final class AppendHistory implements AutoCloseable {

    private static final int MANY = 25;
    /** At the same time. After so many values there are others, so that none grows long. */
    private static final int LISTS = 4;

    private static final int VALUES = 1000;

    private static final String STARTED =
            "(extract(epoch from pg_postmaster_start_time()) * 1000000)::bigint as started";
    private static final String APPEND = "insert into appended as now values (?, array[?])"
            + " on conflict (key) do update set items = now.items || excluded.items returning items, " + STARTED;
    private static final String READ = "select items, " + STARTED + " from appended where key = ?";

    private final Writer.Opener first;
    private final Queue<Done> done = new ConcurrentLinkedQueue<>();
    private final List<AtomicInteger> answered = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicInteger next = new AtomicInteger();
    private volatile boolean running = true;

    /** @param openers two clients for each; the first one is asked in the end */
    public AppendHistory(Writer.Opener... openers) throws SQLException {
        first = openers[0];
        try (Connection connection = first.open()) {
            Api.execute(connection, "create table appended (key int primary key, items int[] not null)");
        }
        for (Writer.Opener opener : openers) {
            AtomicInteger count = new AtomicInteger();
            answered.add(count);
            for (int client = 0; client < 2; client++) {
                threads.add(Thread.ofVirtual().start(() -> work(opener, count)));
            }
        }
    }

    private void work(Writer.Opener opener, AtomicInteger count) {
        while (running) {
            try (Connection connection = opener.open();
                    PreparedStatement append = connection.prepareStatement(APPEND);
                    PreparedStatement read = connection.prepareStatement(READ)) {
                connection.setAutoCommit(false);
                while (running) {
                    int value = next.incrementAndGet();
                    int lists = value / VALUES * LISTS;
                    int one = lists + value % LISTS;
                    int other = lists + (value + 1 + value / LISTS % (LISTS - 1)) % LISTS;
                    append(
                            connection,
                            append,
                            value,
                            Stream.of(one, other).sorted().toList());
                    read(connection, read, one);
                    count.incrementAndGet();
                    Thread.sleep(1);
                }
            } catch (SQLException away) {
                pause();
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(10);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void append(Connection connection, PreparedStatement append, int value, List<Integer> keys)
            throws SQLException {
        List<Seen> seen = new ArrayList<>();
        long[] server = new long[1];
        End end = End.REFUSED;
        long begun = System.nanoTime();
        try {
            for (int key : keys) {
                append.setInt(1, key);
                append.setInt(2, value);
                seen.add(ask(append, key, server));
            }
            end = End.UNKNOWN;
            connection.commit();
            end = End.ANSWERED;
        } finally {
            done.add(new Done(value, keys, seen, server[0], begun, System.nanoTime(), end));
        }
    }

    private void read(Connection connection, PreparedStatement read, int key) throws SQLException {
        long[] server = new long[1];
        long begun = System.nanoTime();
        read.setInt(1, key);
        Seen seen = ask(read, key, server);
        done.add(new Done(null, List.of(key), List.of(seen), server[0], begun, System.nanoTime(), End.ANSWERED));
        connection.commit();
    }

    private static Seen ask(PreparedStatement statement, int key, long[] server) throws SQLException {
        try (ResultSet rows = statement.executeQuery()) {
            rows.next();
            server[0] = rows.getLong("started");
            return Seen.of(key, items(rows));
        }
    }

    private static List<Integer> items(ResultSet rows) throws SQLException {
        return List.of((Integer[]) rows.getArray("items").getArray());
    }

    /** Everybody is answered more before the next line of the test. */
    public AppendHistory warm() {
        List<Integer> before = answered.stream().map(AtomicInteger::get).toList();
        for (int i = 0; i < before.size(); i++) {
            int enough = before.get(i) + MANY;
            AtomicInteger count = answered.get(i);
            Awaitility.await("appends of the clients of address " + i)
                    .atMost(java.time.Duration.ofMinutes(2))
                    .until(() -> count.get() > enough);
        }
        return this;
    }

    /** Ends, and finds nothing wrong. */
    public void check() throws SQLException, InterruptedException {
        close();
        Map<Integer, List<Integer>> last = new HashMap<>();
        try (Connection connection = first.open();
                ResultSet rows = connection.createStatement().executeQuery("select key, items from appended")) {
            while (rows.next()) {
                last.put(rows.getInt("key"), items(rows));
            }
        }
        assertThat(new Appends(List.copyOf(done), last).violations()).isEmpty();
        assertThat(done.stream().filter(Done::answered).count()).isGreaterThan(2L * MANY);
    }

    @Override
    public void close() throws InterruptedException {
        running = false;
        for (Thread thread : threads) {
            thread.join();
        }
    }
}
