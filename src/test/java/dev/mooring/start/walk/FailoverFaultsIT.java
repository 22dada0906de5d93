package dev.mooring.start.walk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.start.WatchIT;
import dev.mooring.support.Api;
import dev.mooring.support.MooringProcess;
import dev.mooring.support.Writer;
import dev.mooring.support.history.AppendHistory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** More than one thing at a time: everything is killed, or what a failover needs is away. */
@Tag("once")
@Tag("walk")
class FailoverFaultsIT {

    private MooringProcess mooring;

    @BeforeEach
    void start() throws Exception {
        mooring = new MooringProcess("29550-29599").start();
    }

    @AfterEach
    void stop() throws Exception {
        mooring.close();
    }

    /** Servers, Mooring, its metadata and what watches while it is away: also while a node takes over. */
    @Test
    void whatWasAnsweredIsThereAfterALossOfPower() throws Exception {
        Pair pair = Pair.create(mooring);
        try (AppendHistory history = new AppendHistory(pair.node())) {
            for (int loss = 1; loss <= 6; loss++) {
                pair.awaitFollowing();
                history.warm();
                if (loss > 1) {
                    pair.killPrimary();
                    Thread.sleep(ThreadLocalRandom.current().nextInt(400));
                }
                Pair.powerLoss(mooring);
                mooring.start();
                mooring.awaitOnline(pair.id());
                history.warm();
            }
            pair.awaitFollowing();
            history.warm().check();
        }
        assertThat(pair.folder().resolve("take-over.json")).doesNotExist();
        pair.awaitTold(pair.failovers());
        pair.delete();
    }

    /** The copy of a lost node, or the server that is made of it, or Mooring, which makes it. */
    @Test
    void aNodeThatIsKilledWhileItIsMadeAnewIsMadeAllTheSame() throws Exception {
        Pair pair = Pair.create(mooring);
        try (Connection connection = mooring.connect(pair.id())) {
            Api.execute(
                    connection,
                    "create table large as select i, repeat(md5(i::text), 8) from generate_series(1, 600000) as i");
        }
        Path side = pair.folder().resolve("standby-1");
        try (AppendHistory history = new AppendHistory(pair.node())) {
            for (int kill = 1; kill <= 4; kill++) {
                pair.awaitFollowing();
                history.warm();
                pair.killPrimary();
                pair.awaitFailovers(kill);
                pair.await("it is copied").until(() -> pair.state(1).equals("copying"));
                if (kill % 2 == 0) {
                    mooring.kill();
                    mooring.start();
                } else {
                    pair.await("it is copied, and starts")
                            .pollInterval(Duration.ofMillis(2))
                            .until(() -> !Pair.processesIn(side).isEmpty());
                }
                Pair.signal("KILL", Pair.processesIn(side));
            }
            pair.awaitFollowing();
            history.warm().check();
        }
        assertThat(side.resolve("data.partial")).doesNotExist();
        pair.awaitTold(pair.failovers());
        pair.delete();
    }

    /** Each kill costs one change of places or one restart, and then it is quiet. */
    @Test
    void fiveKillsInHalfAMinuteDoNotStorm() throws Exception {
        Pair pair = Pair.create(mooring);
        try (AppendHistory history = new AppendHistory(pair.node())) {
            Instant begun = Instant.now();
            for (int kill = 1; kill <= 5; kill++) {
                history.warm();
                pair.killPrimary();
                // Whoever follows it by then, or it itself, serves again.
                history.warm();
            }
            assertThat(Duration.between(begun, Instant.now())).isLessThan(Duration.ofSeconds(30));
            pair.awaitFollowing();
            long term = pair.manifest().term();
            assertThat(pair.failovers()).isBetween(1L, 5L);
            ProcessHandle primary = pair.primary();
            pair.await("nothing happens any more")
                    .during(Duration.ofSeconds(10))
                    .until(() -> pair.state(1).equals("following")
                            && pair.manifest().term() == term
                            && pair.primary().equals(primary));
            history.warm().check();
        }
        pair.awaitTold(pair.failovers());
        pair.delete();
    }

    /**
     * In random moments, of three nodes of which one besides the primary has each commit: the primary is killed or halted, alone, together
     * with Mooring, or with what watches.
     */
    @Test
    void twentyKillsEachEndInAClusterThatServesAndHasWhatWasAnswered() throws Exception {
        Pair pair = Pair.create(mooring, "\"num_nodes\": 3");
        pair.waitForAQuorum();
        List<Writer.Opener> addresses = pair.addresses();
        try (Connection connection = pair.node().open()) {
            Api.execute(connection, "create table written (at timestamptz)");
        }
        List<List<Long>> pauses = addresses.stream()
                .map(address -> (List<Long>) new ArrayList<Long>())
                .toList();
        try (AppendHistory history = new AppendHistory(addresses.toArray(new Writer.Opener[0]))) {
            for (int kill = 1; kill <= 20; kill++) {
                pair.awaitFollowing();
                history.warm();
                Thread.sleep(ThreadLocalRandom.current().nextInt(300));
                boolean away = kill % 5 == 0;
                if (away) {
                    mooring.kill();
                } else if (kill % 5 == 3) {
                    Pair.signal(
                            "KILL",
                            WatchIT.watches(mooring).stream()
                                    .map(ProcessHandle::pid)
                                    .toList());
                }
                Instant killed = Instant.now();
                Pair.signal(
                        kill % 4 == 0 ? "STOP" : "KILL", List.of(pair.primary().pid()));
                for (int i = 0; i < addresses.size(); i++) {
                    pair.awaitCommit(addresses.get(i));
                    pauses.get(i).add(Duration.between(killed, Instant.now()).toMillis());
                }
                history.warm();
                if (away) {
                    mooring.start();
                }
            }
            pair.awaitFollowing();
            history.warm().check();
        }
        // Where nobody has been seen to follow yet, the same server begins again.
        assertThat(pair.failovers()).isBetween(16L, 20L);
        System.out.printf(
                "%d failovers in 20 kills; ms until the first commit, at the node and in the pool: %s%n",
                pair.failovers(), pauses);
        pair.awaitTold(pair.failovers());
        pair.delete();
    }

    /** Nobody has seen anybody follow after that, and the primary's files do not say anything any more. */
    @Test
    void aLossOfPowerAndOfThePrimarysWalLosesNothingThatANodeHas() throws Exception {
        Pair pair = Pair.create(mooring, "\"num_nodes\": 3");
        pair.waitForAQuorum();
        long kept = 0;
        for (int behind = 1; behind <= 2; behind++) {
            pair.awaitFollowing();
            Path other = pair.folder().resolve("standby-" + behind);
            Pair.signal("STOP", Pair.processesIn(other));
            try (Connection connection = pair.node().open()) {
                Api.execute(connection, "create table if not exists kept (i int)");
                for (int i = 0; i < 50; i++) {
                    Api.execute(connection, "insert into kept values (1)");
                    kept++;
                }
            }
            Pair.silentPowerLoss(mooring);
            Files.move(pair.data().resolve("pg_wal"), pair.folder().resolve("lost-wal-" + behind));
            mooring.start();
            mooring.awaitOnline(pair.id());
            long failovers = behind;
            pair.await("another primary").until(() -> pair.failovers() == failovers);
            try (Connection connection = Awaitility.await("it serves")
                    .atMost(Duration.ofSeconds(60))
                    .ignoreExceptions()
                    .until(() -> pair.node().open(), one -> true)) {
                assertThat(Api.query(connection, "select count(*) from kept")).isEqualTo(Long.toString(kept));
            }
        }
        pair.awaitFollowing();
        pair.awaitTold(2);
        pair.delete();
    }

    /** Its server is halted in the moment in which nobody knows who follows it. */
    @Test
    void aPrimaryThatIsHaltedTogetherWithADeathOfMooringBeginsAgain() throws Exception {
        Pair pair = Pair.create(mooring);
        try (AppendHistory history = new AppendHistory(pair.node())) {
            history.warm();
            List<Long> watches =
                    WatchIT.watches(mooring).stream().map(ProcessHandle::pid).toList();
            Pair.signal("KILL", watches);
            mooring.kill();
            Pair.signal("STOP", List.of(pair.primary().pid()));
            mooring.start();
            history.warm();
            pair.awaitFollowing();
            history.warm().check();
        }
        pair.delete();
    }

    /** Its server is halted: whoever asks it waits. */
    @Test
    void aNodeTakesOverWhileTheMetadataAreAwayForAMinute() throws Exception {
        Pair pair = Pair.create(mooring);
        List<Long> metadata = Pair.processesIn(mooring.home().metadata());
        assertThat(metadata).isNotEmpty();
        try (AppendHistory history = new AppendHistory(pair.node())) {
            history.warm();
            Instant end = Instant.now().plusSeconds(60);
            Pair.signal("STOP", metadata);
            try {
                for (int kill = 1; kill <= 2; kill++) {
                    long failovers = kill;
                    long followed = timesFollowed(pair);
                    pair.killPrimary();
                    pair.await("another primary").until(() -> pair.failovers() == failovers);
                    history.warm();
                    pair.await("the lost node follows").until(() -> timesFollowed(pair) > followed);
                }
                pair.await("a minute is over").until(() -> Instant.now().isAfter(end));
            } finally {
                Pair.signal("CONT", metadata);
            }
            history.warm();
            pair.awaitFollowing();
            pair.awaitTold(2);
            history.check();
        }
        pair.delete();
    }

    /** As Mooring has logged it: without its metadata it tells nobody else. */
    private long timesFollowed(Pair pair) throws Exception {
        return Files.readString(mooring.log())
                .lines()
                .filter(line -> line.matches(".*cluster " + pair.id() + ": node-\\d follows"))
                .count();
    }
}
