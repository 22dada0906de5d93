package dev.mooring.start.walk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** pgbench against an address, started again whenever its clients have lost their connections; it counts what it was answered. */
final class PgBench implements AutoCloseable {

    private static final Pattern PROCESSED = Pattern.compile("actually processed: (\\d+)");

    private final Path program;
    private final List<Process> running = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong answered = new AtomicLong();
    private volatile boolean ended;

    PgBench(Path program) {
        this.program = program;
    }

    /** Debian has it in a folder of its version; the bundles do not have it. */
    static Optional<Path> program() throws IOException {
        Path debian = Path.of("/usr/lib/postgresql");
        if (!Files.isDirectory(debian)) {
            return Optional.empty();
        }
        try (Stream<Path> versions = Files.list(debian)) {
            return versions.map(version -> version.resolve("bin/pgbench"))
                    .filter(Files::isExecutable)
                    .findFirst();
        }
    }

    private ProcessBuilder command(Map<String, String> environment, String... words) {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(words));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        return builder;
    }

    void initialise(Map<String, String> address) throws IOException, InterruptedException {
        Shell made = Shell.run(command(address, "-i", "-q", "-s", "2"), "");
        assertThat(made.exit()).as(made.toString()).isZero();
    }

    /** @param address as libpq's variables */
    PgBench run(Map<String, String> address) {
        threads.add(Thread.ofVirtual().start(() -> {
            while (!ended) {
                try {
                    once(address);
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                } catch (InterruptedException e) {
                    return;
                }
            }
        }));
        return this;
    }

    private void once(Map<String, String> address) throws IOException, InterruptedException {
        Process process =
                command(address, "-n", "-c", "2", "-T", "600", "-R", "100").start();
        synchronized (running) {
            running.add(process);
            if (ended) {
                process.destroy();
            }
        }
        Matcher told = PROCESSED.matcher(new String(process.getInputStream().readAllBytes()));
        if (told.find()) {
            answered.addAndGet(Long.parseLong(told.group(1)));
        }
        process.waitFor();
        Thread.sleep(20);
    }

    /** The books are balanced, and have every transaction that was answered. What the last ones were told is not known. */
    void check(Connection connection) throws SQLException, InterruptedException {
        close();
        assertThat(
                        Api.query(
                                connection,
                                "select (select sum(abalance) from pgbench_accounts) = sum(delta)"
                                        + " and (select sum(tbalance) from pgbench_tellers) = sum(delta)"
                                        + " and (select sum(bbalance) from pgbench_branches) = sum(delta) from pgbench_history"))
                .isEqualTo("t");
        assertThat(answered.get()).isPositive();
        assertThat(Long.parseLong(Api.query(connection, "select count(*) from pgbench_history")))
                .isGreaterThanOrEqualTo(answered.get());
    }

    long answered() {
        return answered.get();
    }

    @Override
    public void close() throws InterruptedException {
        ended = true;
        synchronized (running) {
            running.forEach(Process::destroy);
        }
        for (Thread thread : threads) {
            thread.join();
        }
    }
}
