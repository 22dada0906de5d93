package dev.mooring.database.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.MooringProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A cluster whose commits wait for its archive. */
@Tag("once")
class SynchronousArchiveIT {

    private static final int KILLS = Integer.getInteger("mooring.test.kills", 2);
    private static final int WRITERS = 4;
    private static final int COMMITS = 200;

    /** Whatever the kill happens to catch: not one answered commit is missing in what the archive alone brings back. */
    @Test
    void nothingIsAtRisk() throws Exception {
        try (MooringProcess mooring = new MooringProcess("28550-28699").start();
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            String source = archivedSynchronously(mooring, "round-0", null);
            try (Connection connection = mooring.connect(source)) {
                Api.execute(connection, "create table t (id int primary key)");
            }
            AtomicInteger next = new AtomicInteger();
            int answered = 0;
            for (int kill = 1; kill <= KILLS; kill++) {
                List<Future<List<Integer>>> writers = new ArrayList<>();
                for (int w = 0; w < WRITERS; w++) {
                    writers.add(threads.submit(writer(mooring.connect(source), next)));
                }
                int enough = next.get() + RandomGenerator.getDefault().nextInt(COMMITS, 3 * COMMITS);
                await(mooring, "commits").until(() -> next.get() > enough);
                if (kill % 2 == 0) {
                    // The hardest case: who sends the WAL dies before those who commit.
                    ProcessHandle.of(archiveSender(mooring, source))
                            .orElseThrow()
                            .destroyForcibly();
                }
                mooring.killServer(source);
                lose(mooring, source);
                String restored = archivedSynchronously(mooring, "round-" + kill, "round-" + (kill - 1));
                try (Connection connection = mooring.connect(restored)) {
                    for (int id : committed(writers)) {
                        answered++;
                        assertThat(Api.query(connection, "select count(*) from t where id = " + id))
                                .as("row %d after kill %d", id, kill)
                                .isEqualTo("1");
                    }
                }
                assertThat(mooring.api().delete("/v2/databases/" + source).statusCode())
                        .isEqualTo(204);
                source = restored;
            }
            assertThat(answered).isGreaterThan(KILLS * COMMITS / 2);
            System.out.printf("0 of %d answered commits lost in %d kills%n", answered, KILLS);
        }
    }

    /** An archive that cannot be written stops nobody, and is waited for again when it can. */
    @Test
    void commitsDoNotWaitForAnArchiveThatCannotBeWritten() throws Exception {
        try (MooringProcess mooring = new MooringProcess("28700-28749").start()) {
            String id = archivedSynchronously(mooring, "source", null);
            Path archive = mooring.home().archive();
            Path aside = archive.resolveSibling("archive.aside");
            Files.move(archive, aside);
            Files.writeString(archive, "in the way");
            try (Connection connection = mooring.connect(id)) {
                Api.execute(connection, "create table t (id int)");
                assertThat(Api.query(connection, "show synchronous_standby_names"))
                        .isEmpty();
            }
            Files.delete(archive);
            Files.move(aside, archive);
            await(mooring, "synchronous again").until(() -> archiveSender(mooring, id) > 0);
            mooring.kill();
            mooring.start();
            await(mooring, "synchronous after a kill").until(() -> archiveSender(mooring, id) > 0);
            try (Connection connection = mooring.connect(id)) {
                Api.execute(connection, "insert into t values (1)");
            }
            mooring.interrupt();
            try (Connection connection = mooring.connect(id)) {
                Api.execute(connection, "insert into t values (2)");
            }
        }
    }

    private static List<Integer> committed(List<Future<List<Integer>>> writers)
            throws InterruptedException, ExecutionException {
        List<Integer> all = new ArrayList<>();
        for (Future<List<Integer>> writer : writers) {
            all.addAll(writer.get());
        }
        return all;
    }

    private static void lose(MooringProcess mooring, String cluster) throws IOException {
        Path data = mooring.home().cluster(UUID.fromString(cluster)).resolve("data");
        Files.move(data, data.resolveSibling("lost"));
    }

    private static String archivedSynchronously(MooringProcess mooring, String name, String origin) {
        String body = Api.clusterBody(name, "16");
        String id = mooring.api()
                .body(
                        origin == null
                                ? body
                                : body.replace("}", ", \"backup_restore\": {\"database_name\": \"" + origin + "\"}}"))
                .post("/v2/databases")
                .jsonPath()
                .getString("database.id");
        mooring.awaitOnline(id);
        await(mooring, "first backup")
                .until(() -> mooring.api()
                                .get("/mooring/v1/databases/" + id + "/recovery-window")
                                .statusCode()
                        == 200);
        var answer = mooring.api()
                .body("{\"retention_hours\": 24, \"synchronous\": true}")
                .put("/mooring/v1/databases/" + id + "/backup-policy");
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        assertThat(answer.jsonPath().getBoolean("backup_policy.synchronous")).isTrue();
        await(mooring, "synchronous archive").until(() -> archiveSender(mooring, id) > 0);
        return id;
    }

    private static org.awaitility.core.ConditionFactory await(MooringProcess mooring, String what) {
        return Awaitility.await(what + "; log: " + mooring.log())
                .ignoreExceptionsInstanceOf(SQLException.class)
                .atMost(60, TimeUnit.SECONDS)
                .pollInterval(20, TimeUnit.MILLISECONDS);
    }

    /** The process that sends WAL to the archive, while commits wait for it; 0 while they do not. */
    private static long archiveSender(MooringProcess mooring, String id) throws Exception {
        try (Connection connection = mooring.connect(id)) {
            String waitedFor = Api.query(connection, "show synchronous_standby_names");
            return waitedFor.isEmpty()
                    ? 0
                    : Long.parseLong(
                            Api.query(connection, "select coalesce(max(pid), 0) from pg_stat_get_wal_senders()"));
        }
    }

    /** Commits until the server dies. What was answered is what counts. */
    private static Callable<List<Integer>> writer(Connection connection, AtomicInteger next) {
        return () -> {
            List<Integer> answered = new ArrayList<>();
            try (connection;
                    PreparedStatement insert = connection.prepareStatement("insert into t values (?)")) {
                while (true) {
                    int id = next.incrementAndGet();
                    insert.setInt(1, id);
                    insert.execute();
                    answered.add(id);
                }
            } catch (SQLException e) {
                return answered;
            }
        };
    }
}
