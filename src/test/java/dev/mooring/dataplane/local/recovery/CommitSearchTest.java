package dev.mooring.dataplane.local.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.dataplane.facts.RecoveryFacts;
import dev.mooring.dataplane.local.archive.Archives;
import dev.mooring.dataplane.local.archive.CommitReader;
import dev.mooring.dataplane.local.archive.CommitReader.Commit;
import dev.mooring.dataplane.local.archive.Lsn;
import dev.mooring.dataplane.local.archive.Segment;
import dev.mooring.dataplane.local.archive.WalArchive;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commits in WAL that real servers wrote. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class CommitSearchTest {

    @Inject
    Archives archives;

    @Inject
    LocalClusters clusters;

    @ParameterizedTest
    @ValueSource(strings = {"13", "18"})
    void everyCommitIsFoundWhereTheServerWroteIt(String major) throws Exception {
        TestCluster cluster = Api.cluster(major);
        // It switches to another segment, and takes what lies before it out of the archive.
        Awaitility.await("first backup")
                .atMost(Duration.ofSeconds(60))
                .until(() -> !Api.get(cluster.path("/backups"))
                        .jsonPath()
                        .getList("backups")
                        .isEmpty());
        long from;
        List<Long> known = new ArrayList<>();
        ClusterFolder.Manifest manifest =
                clusters.folder(UUID.fromString(cluster.id())).manifest().orElseThrow();
        try (Connection connection = clusters.open(manifest, "defaultdb")) {
            Api.execute(connection, "set search_path = public");
            Api.execute(connection, "create table t (id int, filler text)");
            from = Segment.at(1, position(connection)).end();
            Api.execute(connection, "select pg_switch_wal()");
            for (int id = 0; id < 30; id++) {
                commit(connection, id);
                known.add(position(connection));
                if (id % 6 == 5) {
                    // A segment without a commit, more than a page in one record, and a switch in the middle of a
                    // segment.
                    Api.execute(connection, "select pg_logical_emit_message(false, 'x', repeat('x', 17000000))");
                    Api.execute(connection, "select pg_switch_wal()");
                }
            }
            Api.execute(connection, "insert into t values (100)");
        }
        WalArchive wal = archives.of(UUID.fromString(cluster.id())).wal();
        long last = known.getLast();
        Awaitility.await("archive up to " + Lsn.text(last))
                .atMost(Duration.ofSeconds(30))
                .until(() -> wal.coverage().unbroken(1, from) > last);
        long through = wal.coverage().unbroken(1, from);

        List<Commit> all = commits(wal, from, through);
        assertThat(all).extracting(Commit::end).containsAll(known).isSorted();
        assertThat(all).extracting(Commit::at).isSorted();

        RecoveryFacts facts = new RecoveryFacts(
                null, null, null, 0, 1, from, from, through, null, null, List.of(), null, List.of(), null, null);
        for (int i = 0; i + 1 < all.size(); i += 4) {
            if (all.get(i).at().isBefore(all.get(i + 1).at())) {
                assertThat(new CommitSearch(wal, facts).end(all.get(i).at()))
                        .hasValue(all.get(i).end());
            }
        }
        assertThat(new CommitSearch(wal, facts).end(all.getLast().at())).isEmpty();
        cluster.delete();
    }

    /** Every way in which a transaction ends. */
    private static void commit(Connection connection, int id) throws SQLException {
        switch (id % 3) {
            case 0 -> Api.execute(connection, "insert into t values (" + id + ", repeat('x', 500))");
            case 1 ->
                Api.execute(connection, "begin; create table t" + id + " (id int); drop table t" + id + "; commit");
            default ->
                Api.execute(
                        connection,
                        "begin; savepoint s; delete from t; rollback to s; insert into t values (1); commit");
        }
    }

    private static long position(Connection connection) throws SQLException {
        return Lsn.parse(Api.query(connection, "select pg_current_wal_insert_lsn()"));
    }

    private static List<Commit> commits(WalArchive wal, long from, long through) throws IOException {
        List<Commit> commits = new ArrayList<>();
        CommitReader reader = new CommitReader(wal, 1, from, through);
        for (Optional<Commit> commit = reader.next(); commit.isPresent(); commit = reader.next()) {
            commits.add(commit.get());
        }
        return commits;
    }
}
