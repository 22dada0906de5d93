package dev.mooring.database.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.vertx.VertxContextSupport;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What is done without anybody asking. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class MaintenanceTest {

    @Inject
    Maintenance maintenance;

    @Inject
    Pool metadata;

    @Test
    void anUpdateIsTriedOnceInAWindow() throws Throwable {
        TestCluster cluster = Api.cluster("16");
        look(cluster);
        Awaitility.await("the update has ended")
                .atMost(Duration.ofSeconds(20))
                .until(() -> updates(cluster).equals(List.of("done")));
        assertThat(Api.get(cluster.path("")).jsonPath().getString("database.semantic_version"))
                .as("what it really is")
                .isNotEqualTo("16.1");
        look(cluster);
        assertThat(updates(cluster)).hasSize(1);
        cluster.delete();
    }

    /** In the window of a cluster that has an older version, as far as anybody knows. */
    private void look(TestCluster cluster) throws Throwable {
        metadata.preparedQuery("update cluster set semantic_version = '16.1',"
                        + " maintenance_day = lower(to_char(now() at time zone 'UTC', 'FMday')),"
                        + " maintenance_hour = to_char(now() at time zone 'UTC', 'HH24') || ':00:00' where id = $1")
                .execute(Tuple.of(UUID.fromString(cluster.id())))
                .await()
                .atMost(Duration.ofSeconds(10));
        maintenance.soon();
        VertxContextSupport.subscribeAndAwait(() -> maintenance.look());
    }

    private static List<String> updates(TestCluster cluster) {
        return Api.get("/mooring/v1/operations?cluster_id=" + cluster.id())
                .jsonPath()
                .getList("operations.findAll { it.kind == 'install-update' }.state");
    }
}
