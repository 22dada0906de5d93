package dev.mooring.operation.worker;

import dev.mooring.home.MooringHome;
import dev.mooring.operation.queue.Operations;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.vertx.core.Vertx;
import jakarta.inject.Inject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;

/** Our engine beside db-scheduler and graphile-worker, in turns on one PostgreSQL. Started by bench/engine/run. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
@TestProfile(EngineBench.Slots.class)
class EngineBench {

    private static final int SLOTS = 8;
    private static final int JOBS = Integer.getInteger("bench.jobs", 20_000);
    private static final int ROUNDS = Integer.getInteger("bench.rounds", 5);
    private static final int RATE = 200;
    private static final int SECONDS = Integer.getInteger("bench.seconds", 10);

    /** Enough for filling a table: it must be full before its first job is due. */
    private static final Duration FILLING = Duration.ofSeconds(5);

    public static class Slots implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("mooring.operations.slots", Integer.toString(SLOTS));
        }
    }

    @Inject
    Operations operations;

    @Inject
    Worker worker;

    @Inject
    NoOp program;

    @Inject
    Vertx vertx;

    @ConfigProperty(name = "quarkus.datasource.jdbc.url")
    String url;

    @ConfigProperty(name = "quarkus.datasource.username")
    String user;

    @ConfigProperty(name = "quarkus.datasource.password")
    String password;

    private record Result(double perSecond, double half, double worst) {}

    @Test
    void race() throws Exception {
        awaitTemplates();
        List<Contestant> contestants = new ArrayList<>();
        contestants.add(new Mooring(operations, worker, program, vertx));
        contestants.add(new DbScheduler(url, user, password, SLOTS));
        Path graphile = Path.of("bench", "engine", "graphile-worker");
        if (Files.isDirectory(graphile.resolve("node_modules"))) {
            contestants.add(new GraphileWorker(
                    graphile, url.replace("jdbc:postgresql://", "postgresql://" + user + ":" + password + "@"), SLOTS));
        } else {
            System.out.println("graphile-worker is left out: its packages are not installed");
        }
        List<List<Result>> results =
                contestants.stream().map(one -> (List<Result>) new ArrayList<Result>()).toList();
        try (Connection connection = DriverManager.getConnection(url, user, password)) {
            for (int round = 0; round <= ROUNDS; round++) {
                System.out.printf(round == 0 ? "%nwarm-up%n" : "%nround %d%n", round);
                for (int i = 0; i < contestants.size(); i++) {
                    // Another one begins in each round, so that none always follows the same neighbour's dirt.
                    int turn = (i + round) % contestants.size();
                    Result result = round(connection, contestants.get(turn), round == 0 ? 2 : SECONDS);
                    print(contestants.get(turn).name(), result);
                    if (round > 0) {
                        results.get(turn).add(result);
                    }
                }
            }
        } finally {
            for (Contestant contestant : contestants) {
                contestant.close();
            }
        }
        summary(contestants, results);
    }

    private static Result round(Connection connection, Contestant contestant, int seconds) throws Exception {
        Instant due = Instant.now().plus(FILLING);
        contestant.fill(connection, JOBS, due);
        settle(connection);
        if (Instant.now().isAfter(due)) {
            throw new IllegalStateException("filling the table took longer than " + FILLING);
        }
        Duration drained = contestant.drain(connection, JOBS, due);
        contestant.fill(connection, 0, due);
        settle(connection);
        long[] latencies = contestant.trickle(connection, RATE, RATE * seconds);
        Arrays.sort(latencies);
        return new Result(
                JOBS / (drained.toNanos() / 1e9),
                latencies[latencies.length / 2] / 1e6,
                latencies[latencies.length * 99 / 100] / 1e6);
    }

    /** The same start for everybody: fresh statistics, and no checkpoint of the filling in the middle of the work. */
    private static void settle(Connection connection) throws Exception {
        try (Statement statement = connection.createStatement()) {
            statement.execute("analyze");
            statement.execute("checkpoint");
        }
        System.gc();
    }

    /** Mooring makes templates of data directories when it starts, which takes the machine for some seconds. */
    private static void awaitTemplates() throws Exception {
        Path engines = MooringHome.configured().engines();
        Path bundles = Path.of(System.getProperty("mooring.engines"));
        while (count(engines, "-template") < count(bundles, ".jar")) {
            Thread.sleep(200);
        }
    }

    private static long count(Path folder, String ending) throws Exception {
        try (var files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().endsWith(ending)).count();
        }
    }

    private static void print(String name, Result result) {
        System.out.printf(
                Locale.ROOT,
                "  %-16s %8.0f ops/s   queued -> started: p50 %6.2f ms, p99 %6.2f ms%n",
                name,
                result.perSecond(),
                result.half(),
                result.worst());
    }

    private static void summary(List<Contestant> contestants, List<List<Result>> results) {
        System.out.printf(
                Locale.ROOT,
                "%nmedians of %d rounds: %,d no-ops by %d slots, then %d/s for %d s%n",
                ROUNDS,
                JOBS,
                SLOTS,
                RATE,
                SECONDS);
        List<Result> medians = results.stream()
                .map(all -> new Result(
                        median(all, Result::perSecond), median(all, Result::half), median(all, Result::worst)))
                .toList();
        for (int i = 0; i < contestants.size(); i++) {
            print(contestants.get(i).name(), medians.get(i));
        }
        Result ours = medians.getFirst();
        for (int i = 1; i < contestants.size(); i++) {
            Result other = medians.get(i);
            System.out.printf(
                    Locale.ROOT,
                    "ratio mooring / %s: ops/s %.2f, p50 %.2f, p99 %.2f%n",
                    contestants.get(i).name(),
                    ours.perSecond() / other.perSecond(),
                    ours.half() / other.half(),
                    ours.worst() / other.worst());
        }
        System.out.println("aim: ops/s above both, p50 below 5 ms, p99 below 15 ms");
    }

    private static double median(List<Result> results, ToDoubleFunction<Result> value) {
        double[] sorted = results.stream().mapToDouble(value).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
