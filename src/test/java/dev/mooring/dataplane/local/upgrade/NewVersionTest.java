package dev.mooring.dataplane.local.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.upgrade.server.PhysicalCopy;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.dataplane.local.upgrade.server.Statistics;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.net.ServerSocket;
import java.sql.Connection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a copy has to be for a new version to be made of it, and what the new version is given. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
@Tag("once")
class NewVersionTest {

    private static final List<String> MANY_OBJECTS = List.of(
            "do $$ begin for i in 1..3000 loop execute format('create function f%s() returns int language sql as"
                    + " $f$ select 1 $f$', i); end loop; end $$",
            "select count(lo_create(i)) from generate_series(1, 3000) i");

    private static final List<String> MOODY = List.of(
            "create function moody(int) returns int language plpgsql immutable as $$ begin"
                    + " if current_setting('my.mood', true) = 'fine' then return $1; end if;"
                    + " raise exception 'not in the mood'; end $$",
            "set my.mood = 'fine'",
            "create table aa_moody with (autovacuum_enabled = off) as select generate_series(1, 1000) as id",
            "create index on aa_moody (public.moody(id))",
            "create table plain with (autovacuum_enabled = off) as select generate_series(1, 1000) as id");

    @Inject
    LocalClusters clusters;

    private PostgresServer server(TestCluster cluster) throws Exception {
        ClusterFolder folder = clusters.folder(UUID.fromString(cluster.id()));
        return PostgresServer.of(clusters, folder, folder.manifest().orElseThrow());
    }

    private static void run(TestCluster cluster, List<String> commands) throws Exception {
        try (Connection connection = cluster.connect()) {
            for (String command : commands) {
                Api.execute(connection, command);
            }
        }
    }

    private static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** Whoever was killed between letting it go and promoting it finds it so. */
    @Test
    void aCopyWhoseWalIsNotKeptAnyMoreDoesNotFollow() throws Exception {
        TestCluster cluster = Api.cluster("16");
        PostgresServer serving = server(cluster);
        PhysicalCopy copy = new PhysicalCopy(
                serving,
                new PostgresServer(
                        clusters, serving.folder().side("copy"), serving.engine(), freePort(), serving.password()));
        assertThat(copy.follows()).isFalse();
        copy.make(Map.of(), (done, total) -> true);
        assertThat(copy.follows()).isTrue();
        copy.release();
        assertThat(copy.follows()).isFalse();
        copy.remove();
        assertThat(serving.folder().side("copy").root()).doesNotExist();
        cluster.delete();
    }

    /** Up to 16 they are made in one transaction. */
    @Test
    void moreObjectsThanLocksAreNoObstacle() throws Exception {
        TestCluster cluster = Api.cluster("13");
        run(cluster, MANY_OBJECTS);
        var answer = Api.put(cluster.path("/upgrade"), "{\"version\": \"15\", \"method\": \"brief\"}");
        assertThat(answer.statusCode())
                .as("a copy was upgraded: " + answer.asString())
                .isEqualTo(204);
        cluster.delete();
    }

    /** 13 has no vacuumdb here, and those of the others end at what cannot be analyzed. */
    @ParameterizedTest
    @ValueSource(strings = {"13", "15", "18"})
    void statisticsAreMadeSureOf(String version) throws Exception {
        TestCluster cluster = Api.cluster(version);
        run(cluster, MOODY);
        assertThat(new Statistics(server(cluster)).collect())
                .singleElement()
                .asString()
                .contains("public.aa_moody in defaultdb", "not in the mood", "analyze public.aa_moody");
        assertThat(cluster.query("select count(*) from pg_stats where tablename = 'plain'"))
                .isEqualTo("1");
        cluster.delete();
    }
}
