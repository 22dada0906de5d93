package dev.mooring.dataplane.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.postgres.ServerRoles;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A cluster that a Mooring has left which allowed more than this one. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class AdoptedRolesTest {

    private static final List<String> BEFORE_16 = List.of(
            "insert into pg_authid (oid, rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin,"
                    + " rolreplication, rolbypassrls, rolconnlimit)"
                    + " select oid, name, false, true, false, false, false, false, false, -1 from (values"
                    + " (4569, 'pg_read_server_files'), (4570, 'pg_write_server_files'), (4571, 'pg_execute_server_program'))"
                    + " as r (oid, name)",
            "alter role doadmin replication");

    private static final List<String> BY_OWNER = List.of(
            "create role agent login password 'agent-1'",
            "grant mooring_owner to agent",
            "grant pg_execute_server_program, pg_read_server_files to agent");

    private static final String TO_THE_MACHINE = "copy (select 1) to program 'cat > /dev/null'";

    @Inject
    LocalClusters clusters;

    @ParameterizedTest
    @ValueSource(strings = {"13", "15", "18"})
    void nobodyReachesTheMachineOnceTheClusterIsAdopted(String version) throws Exception {
        TestCluster cluster = Api.cluster(version);
        ClusterFolder folder = loosen(cluster, version);
        try (Connection agent = cluster.connect("agent", "agent-1", "defaultdb")) {
            Api.execute(agent, TO_THE_MACHINE);

            new AdoptedRoles(clusters).settle(List.of(folder)).join();

            assertThatThrownBy(() -> Api.execute(agent, TO_THE_MACHINE))
                    .as("also in a session that is open")
                    .hasMessageContaining("pg_execute_server_program");
            Api.execute(agent, "create schema agents_own");
        }
        try (Connection admin = cluster.connect()) {
            assertThatThrownBy(() -> Api.execute(admin, "grant pg_read_server_files to agent"))
                    .isInstanceOf(SQLException.class);
            assertThat(Api.query(admin, "select has_database_privilege('public', 'template1', 'connect')"))
                    .isEqualTo("f");
        }
        try (Connection superuser = clusters.open(folder.manifest().orElseThrow(), "postgres")) {
            assertThat(ServerRoles.settle(superuser, List.of()))
                    .as("what is right is left alone")
                    .isEmpty();
        }
        cluster.delete();
    }

    @ParameterizedTest
    @ValueSource(strings = {"15"})
    void aForkOfSuchAClusterLetsNobodyInBeforeItIsPutRight(String version) throws Exception {
        TestCluster cluster = Api.cluster(version);
        loosen(cluster, version);
        Awaitility.await("first backup")
                .atMost(Duration.ofSeconds(60))
                .until(() -> !Api.get(cluster.path("/backups"))
                        .jsonPath()
                        .getList("backups")
                        .isEmpty());
        TestCluster fork = TestCluster.of(Api.post("/v2/databases", """
                        {"name": "%s", "engine": "pg", "num_nodes": 1, "size": "db-s-1vcpu-1gb", "region": "nyc1",
                         "backup_restore": {"database_name": "%s"}}""".formatted(Api.uniqueName(), cluster.name()))
                .jsonPath());
        AtomicInteger entered = new AtomicInteger();
        AtomicInteger reached = new AtomicInteger();
        Thread attacker = Thread.ofVirtual().start(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                try (Connection agent = fork.connect("agent", "agent-1", "defaultdb")) {
                    entered.incrementAndGet();
                    Api.execute(agent, TO_THE_MACHINE);
                    reached.incrementAndGet();
                } catch (SQLException refused) {
                    Thread.onSpinWait();
                }
            }
        });
        fork.awaitOnline();
        Awaitility.await("the attacker gets in").until(() -> entered.get() > 0);
        attacker.interrupt();
        attacker.join();
        assertThat(reached).hasValue(0);
        fork.delete();
        cluster.delete();
    }

    /** As an older Mooring would have left it. */
    private ClusterFolder loosen(TestCluster cluster, String version) throws Exception {
        ClusterFolder folder = clusters.folder(UUID.fromString(cluster.id()));
        try (Connection superuser = clusters.open(folder.manifest().orElseThrow(), "postgres")) {
            if (Integer.parseInt(version) < 16) {
                for (String sql : BEFORE_16) {
                    Api.execute(superuser, sql);
                }
            } else {
                Api.execute(superuser, "grant pg_execute_server_program to doadmin with admin option");
                Api.execute(superuser, "grant pg_read_server_files to doadmin with admin option");
            }
            Api.execute(superuser, "grant mooring_owner to doadmin with admin option");
            Api.execute(superuser, "grant connect on database template1 to public");
        }
        try (Connection admin = cluster.connect()) {
            for (String sql : BY_OWNER) {
                Api.execute(admin, sql);
            }
        }
        return folder;
    }
}
