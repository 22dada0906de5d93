package dev.mooring.dataplane.local.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.home.MooringHome;
import dev.mooring.process.pgbouncer.PgBouncer;
import dev.mooring.process.pgbouncer.PgBouncerConsole;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.PoolClient;
import dev.mooring.support.PoolClient.Address;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The pools' process, as it is found again and replaced. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class PoolerTest {

    @Inject
    LocalClusters clusters;

    @Test
    void anotherProgramTakesOverWithoutAnybodyNoticing() throws Exception {
        assumeTrue(PgBouncer.find().isPresent(), PgBouncer.missing());
        TestCluster cluster = Api.cluster("16");
        Address pool = PoolClient.create(cluster, "busy", "transaction", 4, "doadmin");
        Pooler pooler = new Pooler(clusters, clusters.folder(UUID.fromString(cluster.id())));
        PoolerManifest former = pooler.manifest().orElseThrow();
        try (PoolClient clients = new PoolClient(pool, 4).warm()) {
            // As if an older one had been left by a Mooring before, which was about to do something with it.
            Path file = pooler.folder().pooler().root().resolve("pool.json");
            MooringHome.write(
                    file,
                    Files.readString(file)
                            .replace("\"version\":\"" + former.version() + "\"", "\"version\":\"1.23.0\""),
                    "rw-------");
            new PoolHold(pooler, former).take();
            pooler.adopt(true);
            PoolerManifest now = pooler.manifest().orElseThrow();
            assertThat(now.side()).isNotEqualTo(former.side());
            assertThat(now.version()).isEqualTo(former.version());
            assertThat(pooler.former(now).alive()).as("the old one has clients").isTrue();
            clients.warm();
            try (Connection newcomer = pool.connect();
                    PgBouncerConsole console = pooler.process(now).console(Duration.ofSeconds(5))) {
                assertThat(Api.query(newcomer, "select current_user")).isEqualTo("doadmin");
                assertThat(console.ask("SHOW CLIENTS")).anyMatch(client -> "busy".equals(client.get("database")));
            }
            assertThat(clients.failures()).isEmpty();
        }
        PoolerManifest last = pooler.manifest().orElseThrow();
        Awaitility.await("the old one goes with its last client")
                .atMost(Duration.ofSeconds(60))
                .until(() -> !pooler.former(last).alive());
        cluster.delete();
        Awaitility.await("nothing is left")
                .atMost(Duration.ofSeconds(60))
                .until(() -> !pooler.process(last).alive());
    }
}
