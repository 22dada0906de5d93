package dev.mooring.database.cluster.change;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.Endpoints;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** A cluster that lives on a plane that this Mooring was started without. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class ClusterPlanesTest {

    @Inject
    Pool pool;

    /** As this node had it, before it was started without. */
    private void lose(String plane) {
        pool.preparedQuery(
                        "insert into worker_node (id, plane, host, first_port, last_port, versions, ca_certificate, archive,"
                                + " archive_grace, upgrade_targets, seen_at) select id, $1, host, first_port, last_port, '{}', ca_certificate,"
                                + " '', archive_grace, '[]', now() - interval '1 day' from worker_node where plane = 'local'"
                                + " on conflict do nothing")
                .execute(Tuple.of(plane))
                .await()
                .indefinitely();
    }

    private void move(TestCluster cluster, String plane) {
        pool.preparedQuery("update cluster set plane = $1 where id = $2")
                .execute(Tuple.of(plane, UUID.fromString(cluster.id())))
                .await()
                .indefinitely();
    }

    @Test
    void whatIsStoredIsShownAndWhatIsNotIsRefusedWithWhatToSet() {
        TestCluster cluster = Api.cluster("17");
        lose("kubernetes");
        move(cluster, "kubernetes");
        try {
            assertThat(Api.get("/v2/databases").jsonPath().getList("databases.id"))
                    .contains(cluster.id());
            for (String stored : List.of("", "/users", "/dbs", "/firewall", "/config", "/events", "/backups")) {
                Response answer = Api.get(cluster.path(stored));
                assertThat(answer.statusCode()).as(stored + answer.asString()).isEqualTo(200);
            }
            for (Endpoints.Endpoint endpoint : Endpoints.all()) {
                if (endpoint.reads() && endpoint.path().contains("/databases/{")) {
                    Response answer = Api.get(endpoint.filled(Map.of("id", cluster.id())));
                    assertThat(answer.statusCode())
                            .as(endpoint + " " + answer.asString())
                            .isLessThan(500);
                }
            }
            String own = "/mooring/v1/databases/" + cluster.id();
            Map<String, Response> refused = Map.of(
                    "topology", Api.get(own + "/topology"),
                    "log", Api.get(own + "/logs"),
                    "measurements", Api.get(own + "/metrics"),
                    "CA", Api.get(cluster.path("/ca")),
                    "user", Api.post(cluster.path("/users"), "{\"name\":\"late\"}"),
                    "configuration", Api.patch(cluster.path("/config"), "{\"config\":{\"work_mem\":12}}"),
                    "resize", Api.put(cluster.path("/resize"), "{\"size\":\"db-s-2vcpu-4gb\",\"num_nodes\":1}"),
                    "backup", Api.post(own + "/backups", "{}"),
                    "deletion", Api.delete(cluster.path("")));
            refused.forEach((what, answer) -> {
                assertThat(answer.statusCode()).as(what + answer.asString()).isEqualTo(422);
                assertThat(answer.asString()).as(what).contains("start it with MOORING_DATAPLANE=kubernetes");
            });
        } finally {
            move(cluster, "local");
        }
        assertThat(cluster.status()).isEqualTo("online");
        cluster.delete();
    }
}
