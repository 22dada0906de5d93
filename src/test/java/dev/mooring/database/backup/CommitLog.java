package dev.mooring.database.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Rows that were committed one by one, by several writers, and when: between the two times the commit took place, by the clock
 * of the server's machine.
 */
record CommitLog(List<Commit> commits, List<Instant> moments) {

    private static final Duration BLUR = Duration.ofMillis(10);
    private static final int WRITERS = 4;
    private static final int COMMITS = 300;

    record Commit(int id, Instant before, Instant after) {}

    static CommitLog write(TestCluster cluster, int moments) throws Exception {
        try (Connection connection = cluster.connect()) {
            Api.execute(connection, "create table commits (id int primary key)");
        }
        List<Commit> commits = new ArrayList<>();
        List<Thread> writers = new ArrayList<>();
        for (int w = 0; w < WRITERS; w++) {
            int first = w * COMMITS;
            writers.add(Thread.ofVirtual().start(() -> {
                List<Commit> own = commit(cluster, first);
                synchronized (commits) {
                    commits.addAll(own);
                }
            }));
        }
        for (Thread writer : writers) {
            writer.join();
        }
        assertThat(commits).hasSize(WRITERS * COMMITS);
        Random random = new Random(commits.size());
        List<Instant> chosen = new ArrayList<>();
        for (int i = 0; i < moments; i++) {
            chosen.add(commits.get(random.nextInt(commits.size())).after());
        }
        return new CommitLog(commits, chosen);
    }

    private static List<Commit> commit(TestCluster cluster, int first) {
        List<Commit> commits = new ArrayList<>();
        try (Connection connection = cluster.connect();
                PreparedStatement insert = connection.prepareStatement("insert into commits values (?)")) {
            for (int id = first; id < first + COMMITS; id++) {
                insert.setInt(1, id);
                Instant before = Instant.now();
                insert.execute();
                commits.add(new Commit(id, before, Instant.now()));
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return commits;
    }

    void check(TestCluster restored, Instant moment) throws SQLException {
        Set<Integer> present = new HashSet<>();
        try (Connection connection = restored.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select id from commits")) {
            while (rows.next()) {
                present.add(rows.getInt(1));
            }
        }
        for (Commit commit : commits) {
            if (!commit.after().isAfter(moment.minus(BLUR))) {
                assertThat(present).as("committed before " + moment).contains(commit.id());
            } else if (!commit.before().isBefore(moment.plus(BLUR))) {
                assertThat(present).as("committed after " + moment).doesNotContain(commit.id());
            }
        }
    }
}
