package dev.mooring.dataplane.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.database.backup.Recoveries;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.postgres.ClosedDatabases;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers whose databases an upgrade has closed, and that serve again without it. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
@Tag("once")
class ReopenedDatabasesTest {

    private static final String TOO_MANY = "53300";

    @Inject
    LocalClusters clusters;

    private Connection superuser(TestCluster cluster) throws Exception {
        return clusters.open(folder(cluster).manifest().orElseThrow(), "postgres");
    }

    private ClusterFolder folder(TestCluster cluster) {
        return clusters.folder(UUID.fromString(cluster.id()));
    }

    private static void isClosed(TestCluster cluster) {
        assertThatThrownBy(cluster::connect)
                .isInstanceOfSatisfying(
                        SQLException.class,
                        refused -> assertThat(refused.getSQLState()).isEqualTo(TOO_MANY));
    }

    private static void awaitOpen(TestCluster cluster) {
        Awaitility.await("open")
                .atMost(Duration.ofSeconds(60))
                .ignoreExceptions()
                .until(() -> cluster.query("select 1"), "1"::equals);
    }

    @ParameterizedTest
    @ValueSource(strings = {"13", "15", "18"})
    void oneThatComesUpByItselfLetsAsManyInAsBefore(String version) throws Exception {
        TestCluster cluster = Api.cluster(version);
        try (Connection connection = superuser(cluster)) {
            Api.execute(connection, "alter database defaultdb connection limit 7");
            ClosedDatabases databases = new ClosedDatabases(connection);
            var limits = databases.limits();
            assertThat(databases.close()).isPositive();
            Api.execute(connection, "create database made_meanwhile connection limit 3");
            assertThat(databases.close()).isEqualTo(1);
            assertThat(databases.before()).containsAllEntriesOf(limits).containsEntry("made_meanwhile", 3);
            Api.execute(connection, "drop database made_meanwhile");
        }
        isClosed(cluster);
        clusters.postmaster(folder(cluster), folder(cluster).manifest().orElseThrow())
                .fence();
        awaitOpen(cluster);
        try (Connection connection = superuser(cluster)) {
            ClosedDatabases databases = new ClosedDatabases(connection);
            assertThat(databases.limits()).containsEntry("defaultdb", 7).containsEntry("postgres", -1);
            assertThat(databases.before()).isEmpty();
        }
        cluster.delete();
    }

    @Test
    void oneThatIsAdoptedIsOpened() throws Exception {
        TestCluster cluster = Api.cluster("16");
        try (Connection connection = superuser(cluster)) {
            new ClosedDatabases(connection).close();
        }
        isClosed(cluster);
        new ReopenedDatabases(clusters).look(folder(cluster));
        awaitOpen(cluster);
        cluster.delete();
    }

    @Test
    void aForkOfAMomentAtWhichEverybodyWasKeptOutIsOpen() throws Exception {
        TestCluster cluster = Recoveries.backedUp("16");
        Instant closed;
        try (Connection connection = superuser(cluster)) {
            new ClosedDatabases(connection).close();
            closed = Recoveries.momentBetweenCommits(connection);
            new ClosedDatabases(connection).open();
        }
        try (Connection connection = cluster.connect()) {
            Api.execute(connection, "create table after_it (a int)");
        }
        TestCluster fork = Recoveries.restore(cluster, closed.toString());
        assertThat(fork.query("select to_regclass('after_it')")).isNull();
        fork.delete();
        cluster.delete();
    }
}
