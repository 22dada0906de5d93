package dev.mooring.database.replica;

import static dev.mooring.database.replica.ReadOnlyNodes.addReplica;
import static dev.mooring.database.replica.ReadOnlyNodes.await;
import static dev.mooring.database.replica.ReadOnlyNodes.awaitCopied;
import static dev.mooring.database.replica.ReadOnlyNodes.awaitOnline;
import static dev.mooring.database.replica.ReadOnlyNodes.create;
import static dev.mooring.database.replica.ReadOnlyNodes.data;
import static dev.mooring.database.replica.ReadOnlyNodes.replica;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.process.pgbouncer.PgBouncer;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.PoolClient;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Read-only nodes of other versions, and of a cluster that gets another version. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class ReplicaVersionsTest {

    @ParameterizedTest
    @ValueSource(strings = {"13", "18"})
    @Tag("once")
    void theOldestAndTheNewestVersionDoTheSame(String version) throws Exception {
        TestCluster cluster = create(1, version);
        TestCluster replica = replica(addReplica(cluster, "same-" + cluster.name()));
        awaitOnline(cluster, replica);
        awaitCopied(cluster, replica, 1);
        Response promoted = Api.put(cluster.path("/replicas/" + replica.name() + "/promote"), "");
        assertThat(promoted.statusCode()).as(promoted.asString()).isEqualTo(204);
        replica.awaitOnline();
        try (Connection owner = replica.connect()) {
            Api.execute(owner, "insert into kept values (2)");
        }
        assertThat(cluster.query("select count(*) from kept")).isEqualTo("1");
        replica.delete();
        cluster.delete();
    }

    @Test
    @Tag("once")
    void anUpgradeTakesReadOnlyNodesAlongAndAnUndoToo() throws Exception {
        TestCluster cluster = create(1, "15");
        TestCluster replica = replica(addReplica(cluster, "along-" + cluster.name()));
        awaitOnline(cluster, replica);
        awaitCopied(cluster, replica, 1);
        PoolClient.Address pool =
                PgBouncer.find().isPresent() ? PoolClient.create(replica, "along", "transaction", 2, "doadmin") : null;
        Connection client = pool == null ? null : pool.connect();
        Response asked = Api.put(cluster.path("/upgrade"), "{\"version\": \"16\"}");
        assertThat(asked.statusCode()).as(asked.asString()).isEqualTo(204);
        cluster.awaitOnline();
        awaitVersion(cluster, replica, "16", 2);
        if (client != null) {
            assertThat(Api.query(client, "show server_version_num")).startsWith("16");
            client.close();
            await("the pool asks the new server for passwords").until(() -> {
                try (Connection another = pool.connect()) {
                    return another.isValid(1);
                }
            });
        }
        Response undone = Api.post("/mooring/v1/databases/" + cluster.id() + "/upgrade/undo?discard=true", "");
        assertThat(undone.statusCode()).as(undone.asString()).isEqualTo(202);
        awaitVersion(cluster, replica, "15", 3);
        assertThat(Api.delete(cluster.path("/replicas/" + replica.name())).statusCode())
                .isEqualTo(204);
        assertThat(Api.get(cluster.path("/replicas/" + replica.name())).statusCode())
                .isEqualTo(404);
        await("nothing is left of it").until(() -> Files.notExists(data(replica).getParent()));
        assertThat(cluster.query(
                        "select count(*) from pg_replication_slots where slot_type = 'physical' and slot_name like '%"
                                + replica.id().substring(0, 8) + "%'"))
                .isEqualTo("0");
        cluster.delete();
    }

    private static void awaitVersion(TestCluster cluster, TestCluster replica, String version, int id)
            throws SQLException {
        await("PostgreSQL " + version)
                .until(() -> cluster.query("show server_version_num"), shown -> shown.startsWith(version));
        cluster.awaitOnline();
        awaitCopied(cluster, replica, id);
        await("the read-only node runs " + version)
                .until(() -> replica.query("show server_version_num"), shown -> shown.startsWith(version));
        awaitOnline(cluster, replica);
        assertThat(Api.get(replica.path("")).jsonPath().getString("database.version"))
                .isEqualTo(version);
    }
}
