package dev.mooring.start.walk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.process.pgbouncer.PgBouncer;
import dev.mooring.support.AppendHistory;
import dev.mooring.support.MooringProcess;
import dev.mooring.support.PoolClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Primaries that are lost again and again, while clients write at the node and through its pool. */
@Tag("once")
@Tag("walk")
class FailoverKillsIT {

    private static final int KILLS = 20;

    private static MooringProcess mooring;

    @BeforeAll
    static void start() throws Exception {
        Assumptions.assumeTrue(PgBouncer.find().isPresent(), "no PgBouncer");
        mooring = new MooringProcess("29500-29549").start();
    }

    @AfterAll
    static void stop() throws Exception {
        if (mooring != null) {
            mooring.close();
        }
    }

    private static Map<String, String> libpq(PoolClient.Address address, int port, String database) {
        return Map.of(
                "PGHOST", address.host(),
                "PGPORT", Integer.toString(port),
                "PGDATABASE", database,
                "PGUSER", address.user(),
                "PGPASSWORD", address.password(),
                "PGSSLMODE", "require",
                "PGCONNECT_TIMEOUT", "5");
    }

    @Test
    void killedTwentyTimesUnderPgbenchItLosesNothing() throws Exception {
        Optional<Path> program = PgBench.program();
        Assumptions.assumeTrue(program.isPresent(), "no pgbench");
        Pair pair = Pair.create(mooring);
        PoolClient.Address pool = pair.pool();
        Map<String, String> node = libpq(pool, pair.manifest().port(), "defaultdb");
        try (PgBench bench = new PgBench(program.get());
                AppendHistory history = new AppendHistory(pair.node(), pool::connect)) {
            bench.initialise(node);
            bench.run(node).run(libpq(pool, pool.port(), pool.name()));
            for (int kill = 1; kill <= KILLS; kill++) {
                pair.awaitFollowing();
                history.warm();
                pair.killPrimary();
                pair.awaitFailovers(kill);
            }
            history.warm().check();
            try (Connection connection = mooring.connect(pair.id())) {
                bench.check(connection);
            }
        }
        pair.awaitTold(KILLS);
        pair.delete();
    }

    /** Every fourth primary loses its WAL as well: what was answered is on the other node. */
    @Test
    void whatCommitsWaitForIsThereAfterTwentyKillsAlsoWhereFilesAreLost() throws Exception {
        Pair pair = Pair.create(mooring);
        pair.synchronise();
        try (AppendHistory history = new AppendHistory(pair.node(), pair.pool()::connect)) {
            for (int kill = 1; kill <= KILLS; kill++) {
                pair.awaitFollowing();
                pair.awaitSynchronous();
                history.warm();
                ProcessHandle primary = pair.primary();
                if (kill % 4 == 0) {
                    // Moved away as a whole: the server may be making another file in it.
                    Files.move(pair.data().resolve("pg_wal"), pair.folder().resolve("lost-wal-" + kill));
                }
                primary.destroyForcibly();
                pair.awaitFailovers(kill);
            }
            history.warm().check();
        }
        pair.awaitTold(KILLS);
        pair.delete();
    }

    /** Also when it goes on later: nobody of it is left by then. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void ofAPrimaryThatIsHaltedNothingWritesAnyMore(boolean all) throws Exception {
        Pair pair = Pair.create(mooring);
        try (AppendHistory history = new AppendHistory(pair.node(), pair.pool()::connect)) {
            for (int halt = 1; halt <= 5; halt++) {
                pair.awaitFollowing();
                history.warm();
                List<Long> halted = pair.primaryProcesses(all);
                Pair.signal("STOP", halted);
                pair.awaitFailovers(halt);
                assertThat(halted).noneMatch(pid -> ProcessHandle.of(pid).isPresent());
                Pair.signal("CONT", halted);
                history.warm();
            }
            history.warm().check();
        }
        pair.awaitTold(5);
        pair.delete();
    }
}
