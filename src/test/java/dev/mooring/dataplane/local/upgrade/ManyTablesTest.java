package dev.mooring.dataplane.local.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.dataplane.local.upgrade.server.Sequences;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** More tables than a small server has locks: nothing of an upgrade takes one for each in the server that serves. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
@Tag("once")
class ManyTablesTest {

    private static final int TABLES = 4500;
    private static final int WITH_SEQUENCES = 900;
    private static final String NAME = "mooring_upgrade";

    private static final String MAKE =
            "do $$ begin for i in %d..%d loop execute format('create table public.t%%s (id %%s"
                    + " primary key)', i, case when i <= " + WITH_SEQUENCES
                    + " then 'serial' else 'int' end); end loop; end $$";

    @Inject
    LocalClusters clusters;

    @Test
    void moreTablesThanLocks() throws Exception {
        TestCluster cluster = Api.cluster("16");
        ClusterFolder folder = clusters.folder(UUID.fromString(cluster.id()));
        PostgresServer side =
                PostgresServer.of(clusters, folder, folder.manifest().orElseThrow());
        try (Connection connection = side.open("defaultdb")) {
            for (int i = 1; i <= TABLES; i += 100) {
                PostgresServer.execute(connection, MAKE.formatted(i, i + 99));
            }
            assertThat(PostgresServer.strings(connection, "show max_locks_per_transaction"))
                    .containsExactly("64");
        }
        publicationsComeAndGo(side);
        whatIsLookedAtBehindClosedDoors(side);
        cluster.delete();
    }

    private static void publicationsComeAndGo(PostgresServer side) throws Exception {
        List<String> databases = List.of("defaultdb");
        new Replication(side, side, NAME, databases).publishThese();
        try (Connection connection = side.open("defaultdb")) {
            assertThat(PostgresServer.number(
                            connection,
                            "select count(distinct tablename) from pg_publication_tables where pubname ~ '" + NAME
                                    + "_keyed'"))
                    .isEqualTo(TABLES);
            ReplicationEnd.forget(side, NAME);
            assertThat(PostgresServer.number(connection, "select count(*) from pg_publication"))
                    .isZero();
        }
    }

    private static void whatIsLookedAtBehindClosedDoors(PostgresServer side) throws Exception {
        List<String> databases = List.of("defaultdb");
        Sequences sequences = new Sequences(databases);
        sequences.bring(side, side);
        Carried carried = Carried.now(side);
        Glance glance = Glance.at(side);
        try (Connection connection = side.open("defaultdb")) {
            PostgresServer.execute(connection, "select nextval('public.t7_id_seq')");
            assertThat(carried.missedIn(side)).isEmpty();
            assertThat(glance.changed(side)).isFalse();
            sequences.bring(side, side);
        }
    }
}
