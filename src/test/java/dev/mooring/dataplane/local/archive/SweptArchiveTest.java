package dev.mooring.dataplane.local.archive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.home.MooringHome;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** An archive whose time is over, and a recovery from it. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class SweptArchiveTest {

    @Inject
    Archives archives;

    @Test
    void anArchiveIsNotSweptUnderARecoveryFromItAndGoesWhenThatHasEnded() throws Exception {
        TestCluster source = Api.cluster("16");
        try (Connection connection = source.connect()) {
            Api.execute(connection, "create table t as select generate_series(1, 1000) as id");
        }
        await(
                "backup",
                () -> !Api.get(source.path("/backups"))
                        .jsonPath()
                        .getList("backups")
                        .isEmpty());
        UUID id = UUID.fromString(source.id());
        Path folder = MooringHome.configured().archive().resolve(source.id());
        source.delete();
        await(
                "gone",
                () -> archives.of(id).ended().isPresent()
                        && Files.notExists(MooringHome.configured().cluster(id)));
        Response answer = Api.post("/v2/databases", """
                {"name": "%s", "engine": "pg", "num_nodes": 1, "size": "db-s-1vcpu-1gb", "region": "nyc1",
                 "backup_restore": {"database_name": "%s"}}""".formatted(Api.uniqueName(), source.name()));
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(201);
        byte[] longAgo = Instant.now().minus(Duration.ofDays(30)).toString().getBytes(StandardCharsets.UTF_8);
        archives.of(id).store().put(ClusterArchive.ENDED + "/" + id, out -> out.write(longAgo));
        TestCluster back = TestCluster.of(answer.jsonPath());
        await("online, with the archive swept all the time", () -> {
            archives.sweep();
            String status = back.status();
            assertThat(status).isNotEqualTo("failed");
            return status.equals("online");
        });
        assertThat(back.query("select count(*) from t")).isEqualTo("1000");
        await("swept", () -> {
            archives.sweep();
            return Files.notExists(folder);
        });
        back.delete();
    }

    private static void await(String what, java.util.concurrent.Callable<Boolean> condition) {
        Awaitility.await(what)
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(20))
                .until(condition);
    }
}
