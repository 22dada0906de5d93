package dev.mooring.database.provisioning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.home.MooringHome;
import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.Base64;
import java.util.Properties;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** From POST to DELETE, with a real client in between. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class ClusterLifeTest {

    @ParameterizedTest
    @ValueSource(strings = {"13", "14", "15", "16", "17", "18"})
    void everyMajorVersionServesWhatItsUrlPromises(String major) throws Exception {
        TestCluster cluster = Api.cluster(major);
        try (Connection connection = cluster.connect()) {
            assertThat(Api.query(connection, "show server_version")).startsWith(major + ".");
            assertThat(Api.query(connection, "select ssl from pg_stat_ssl where pid = pg_backend_pid()"))
                    .isEqualTo("t");
            Api.execute(connection, "create table t (id int primary key)");
            assertThat(Api.query(connection, "select rolsuper from pg_roles where rolname = 'doadmin'"))
                    .isEqualTo("f");
        }
        cluster.delete();
    }

    @Test
    void theFirstAnswerIsCompleteAndFinal() throws Exception {
        Response created = Api.post("/v2/databases", Api.clusterBody(Api.uniqueName(), "16"));
        assertThat(created.statusCode()).isEqualTo(201);
        var database = created.jsonPath();
        assertThat(database.getString("database.status")).isEqualTo("creating");
        assertThat(database.getString("database.connection.uri"))
                .matches("postgresql://doadmin:[A-Za-z0-9]{24}@localhost:\\d+/defaultdb\\?sslmode=require");
        assertThat(database.getMap("database.maintenance_window"))
                .containsKeys("day", "hour", "pending", "description");
        assertThat(database.getMap("database.private_connection")).isNotEmpty();
        assertThat(database.getString("database.created_at")).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ");
        TestCluster cluster = TestCluster.of(database);
        cluster.awaitOnline();
        assertThat(Api.get(cluster.path("")).jsonPath().getString("database.connection.uri"))
                .isEqualTo(database.getString("database.connection.uri"));
        assertThat(cluster.query("select 1")).isEqualTo("1");
        cluster.delete();
    }

    @Test
    void theCertificateStandsUpToFullVerification() throws Exception {
        TestCluster cluster = Api.cluster("17");
        String pem = new String(Base64.getDecoder()
                .decode(Api.get(cluster.path("/ca")).jsonPath().getString("ca.certificate")));
        Path ca = Files.createTempFile("ca", ".crt");
        Files.writeString(ca, pem);
        Properties properties = new Properties();
        properties.setProperty("user", "doadmin");
        properties.setProperty("password", cluster.password());
        properties.setProperty("sslmode", "verify-full");
        properties.setProperty("sslrootcert", ca.toString());
        try (Connection connection = java.sql.DriverManager.getConnection(
                "jdbc:postgresql://" + cluster.host() + ":" + cluster.port() + "/defaultdb", properties)) {
            assertThat(Api.query(connection, "select 1")).isEqualTo("1");
        } finally {
            Files.delete(ca);
        }
        cluster.delete();
    }

    @Test
    void siblingsDoNotShareTheirSystemIdentifier() throws Exception {
        TestCluster one = Api.cluster("16");
        TestCluster other = Api.cluster("16");
        String identifier = "select system_identifier from pg_control_system()";
        assertThat(superuserless(one, identifier)).isNotEqualTo(superuserless(other, identifier));
        one.delete();
        other.delete();
    }

    /** pg_control_system() is for pg_monitor members: doadmin is one. */
    private static String superuserless(TestCluster cluster, String sql) throws Exception {
        return cluster.query(sql);
    }

    @Test
    void afterDeleteNobodyFindsItAndNothingIsLeft() throws Exception {
        TestCluster cluster = Api.cluster("16");
        Path folder = MooringHome.configured().cluster(UUID.fromString(cluster.id()));
        assertThat(folder).exists();
        cluster.delete();
        assertThat(Api.get(cluster.path("")).statusCode()).isEqualTo(404);
        assertThat(Api.delete(cluster.path("")).statusCode()).isEqualTo(404);
        assertThat(Api.get("/v2/databases").jsonPath().getList("databases.id")).doesNotContain(cluster.id());
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> Files.notExists(folder));
        Awaitility.await("port free again").atMost(Duration.ofSeconds(10)).until(() -> {
            try (var socket = new java.net.ServerSocket()) {
                socket.setReuseAddress(true);
                socket.bind(new java.net.InetSocketAddress("127.0.0.1", cluster.port()));
                return true;
            } catch (java.io.IOException e) {
                return false;
            }
        });
    }

    @Test
    void theNameOfADeletedClusterCanBeUsedAgainAtOnce() {
        TestCluster cluster = Api.cluster("16");
        assertThat(Api.post("/v2/databases", Api.clusterBody(cluster.name(), "16"))
                        .jsonPath()
                        .getString("message"))
                .isEqualTo("cluster name is not available");
        cluster.delete();
        Response again = Api.post("/v2/databases", Api.clusterBody(cluster.name(), "16"));
        assertThat(again.statusCode()).isEqualTo(201);
        TestCluster.of(again.jsonPath()).delete();
    }

    @Test
    void whatGoClientsSendForNothingCountsAsNothing() {
        Response created = Api.post("/v2/databases", """
                {"name":"%s","engine":"pg","num_nodes":1,"size":"db-s-1vcpu-1gb","region":"nyc3",
                 "private_network_uuid":"","project_id":"","rules":null,"tags":null,"storage_size_mib":0,
                 "backup_restore":null,"unknown_member":{"a":1}}""".formatted(Api.uniqueName()));
        assertThat(created.statusCode()).as(created.asString()).isEqualTo(201);
        assertThat(created.jsonPath().getString("database.version")).isEqualTo("17");
        TestCluster.of(created.jsonPath()).delete();
    }

    @Test
    void aPostmasterThatIsKilledComesBackWithItsData() throws Exception {
        TestCluster cluster = Api.cluster("16");
        try (Connection connection = cluster.connect()) {
            Api.execute(connection, "create table kept (id int); insert into kept select generate_series(1, 1000)");
        }
        Path data =
                MooringHome.configured().cluster(UUID.fromString(cluster.id())).resolve("data");
        long pid = Long.parseLong(
                Files.readAllLines(data.resolve("postmaster.pid")).getFirst());
        ProcessHandle.of(pid).orElseThrow().destroyForcibly();
        Awaitility.await("restarted")
                .atMost(Duration.ofSeconds(20))
                .ignoreExceptions()
                .until(() -> cluster.query("select count(*) from kept"), "1000"::equals);
        assertThat(Files.readAllLines(data.resolve("postmaster.pid")).getFirst())
                .isNotEqualTo(Long.toString(pid));
        Awaitility.await("event written")
                .atMost(Duration.ofSeconds(5))
                .until(
                        () -> Api.get(cluster.path("/events")).jsonPath().<String>getList("events.event_type"),
                        types -> types.contains("cluster_poweron"));
        cluster.delete();
    }
}
