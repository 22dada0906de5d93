package dev.mooring.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.Certificates;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Users, databases, trusted sources and settings: what the API answers is what the server does. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class InsideAClusterTest {

    private static TestCluster cluster;

    /** After a failure the application may be another one, which knows nothing of the cluster. */
    @BeforeEach
    void clusterForAll() {
        if (cluster == null || Api.get(cluster.path("")).statusCode() == 404) {
            cluster = Api.cluster("16");
        }
    }

    @Test
    void aUserCanWorkFromItsFirstSecond() throws Exception {
        Response created = Api.post(cluster.path("/users"), "{\"name\":\"worker\"}");
        assertThat(created.statusCode()).as(created.asString()).isEqualTo(201);
        assertThat(created.jsonPath().getMap("user")).doesNotContainKey("settings");
        String password = created.jsonPath().getString("user.password");
        try (Connection connection = cluster.connect("worker", password, "defaultdb")) {
            Api.execute(connection, "create table by_worker (id int)");
            assertThatThrownBy(() -> Api.execute(connection, "create database sneaky"))
                    .hasMessageContaining("permission denied");
        }
        assertThat(Api.get(cluster.path("/users/worker")).jsonPath().getString("user.password"))
                .isEqualTo(password);
        assertThat(Api.delete(cluster.path("/users/worker")).statusCode()).isEqualTo(204);
        assertThat(Api.get(cluster.path("/users/worker")).statusCode()).isEqualTo(404);
        assertThatThrownBy(() -> cluster.connect("worker", password, "defaultdb"))
                .hasMessageContaining("password authentication failed");
        assertThat(cluster.query("select tableowner from pg_tables where tablename = 'by_worker'"))
                .startsWith("mooring_former_");
    }

    @Test
    void aResetPasswordReplacesTheOldOne() throws Exception {
        String before = Api.post(cluster.path("/users"), "{\"name\":\"reset_me\"}")
                .jsonPath()
                .getString("user.password");
        Response reset = Api.post(cluster.path("/users/reset_me/reset_auth"), "{}");
        assertThat(reset.statusCode()).isEqualTo(200);
        String after = reset.jsonPath().getString("user.password");
        assertThat(after).isNotEqualTo(before);
        cluster.connect("reset_me", after, "defaultdb").close();
        assertThatThrownBy(() -> cluster.connect("reset_me", before, "defaultdb"))
                .hasMessageContaining("password authentication failed");
        Api.delete(cluster.path("/users/reset_me"));
    }

    @Test
    void replicationIsARightThatComesAndGoes() throws Exception {
        Response created = Api.post(
                cluster.path("/users"), "{\"name\":\"streamer\",\"settings\":{\"pg_allow_replication\":true}}");
        assertThat(created.jsonPath().getBoolean("user.settings.pg_allow_replication"))
                .isTrue();
        String right = "select rolreplication from pg_roles where rolname = 'streamer'";
        assertThat(cluster.query(right)).isEqualTo("t");
        Response changed = Api.put(cluster.path("/users/streamer"), "{\"settings\":{\"pg_allow_replication\":false}}");
        assertThat(changed.statusCode()).isEqualTo(201);
        assertThat(cluster.query(right)).isEqualTo("f");
        Api.delete(cluster.path("/users/streamer"));
    }

    @Test
    void manyUsersAndDatabasesAtOnceAllCome() throws Exception {
        List<Callable<Response>> requests = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            int n = i;
            requests.add(() -> Api.post(cluster.path("/users"), "{\"name\":\"crowd_" + n + "\"}"));
            requests.add(() -> Api.post(cluster.path("/dbs"), "{\"name\":\"crowd_db_" + n + "\"}"));
        }
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<Response> answer : threads.invokeAll(requests)) {
                assertThat(answer.get().statusCode())
                        .as(answer.get().asString())
                        .isEqualTo(201);
            }
        }
        assertThat(cluster.query("select count(*) from pg_roles where rolname like 'crowd\\_%'"))
                .isEqualTo("8");
        assertThat(cluster.query("select count(*) from pg_database where datname like 'crowd\\_db\\_%'"))
                .isEqualTo("8");
        for (int i = 0; i < 8; i++) {
            Api.delete(cluster.path("/users/crowd_" + i));
            Api.delete(cluster.path("/dbs/crowd_db_" + i));
        }
    }

    @Test
    void aDatabaseIsForEveryUserMadeOverTheApi() throws Exception {
        assertThat(Api.post(cluster.path("/dbs"), "{\"name\":\"orders\"}").statusCode())
                .isEqualTo(201);
        String password = Api.post(cluster.path("/users"), "{\"name\":\"clerk\"}")
                .jsonPath()
                .getString("user.password");
        try (Connection connection = cluster.connect("clerk", password, "orders")) {
            Api.execute(
                    connection, "create schema accounts; create table accounts.a (id int); create table b (id int)");
        }
        assertThat(Api.post(cluster.path("/dbs"), "{\"name\":\"orders\"}").statusCode())
                .isEqualTo(422);
        assertThat(Api.get(cluster.path("/dbs/orders")).jsonPath().getString("db.name"))
                .isEqualTo("orders");
        assertThat(Api.delete(cluster.path("/dbs/orders")).statusCode()).isEqualTo(204);
        assertThat(Api.get(cluster.path("/dbs/orders")).statusCode()).isEqualTo(404);
        assertThatThrownBy(() -> cluster.connect("clerk", password, "orders")).hasMessageContaining("does not exist");
        Api.delete(cluster.path("/users/clerk"));
    }

    @Test
    void trustedSourcesLetInWhomTheyNameAndEndOtherSessions() throws Exception {
        TestCluster guarded = Api.cluster("15");
        try (Connection open = guarded.connect()) {
            assertThat(Api.put(
                                    guarded.path("/firewall"),
                                    "{\"rules\":[{\"type\":\"ip_addr\",\"value\":\"192.0.2.0/24\",\"description\":\"office\"}]}")
                            .statusCode())
                    .isEqualTo(204);
            assertThatThrownBy(() -> Api.query(open, "select 1")).hasMessageContaining("terminating connection");
        }
        assertThatThrownBy(guarded::connect).hasMessageContaining("no pg_hba.conf entry");
        Map<String, Object> rule = Api.get(guarded.path("/firewall")).jsonPath().getMap("rules[0]");
        assertThat(rule).containsEntry("value", "192.0.2.0/24").containsEntry("description", "office");
        // As a client that does not know descriptions sends it back, with one more in front.
        assertThat(Api.put(guarded.path("/firewall"), """
                                {"rules":[{"uuid":"","cluster_uuid":"","type":"ip_addr","value":"127.0.0.1","created_at":"0001-01-01T00:00:00Z"},
                                          {"uuid":"%s","type":"ip_addr","value":"192.0.2.0/24"}]}""".formatted(rule.get("uuid")))
                        .statusCode())
                .isEqualTo(204);
        assertThat(guarded.query("select 1")).isEqualTo("1");
        var rules = Api.get(guarded.path("/firewall")).jsonPath();
        assertThat(rules.getList("rules.value")).containsExactly("127.0.0.1", "192.0.2.0/24");
        assertThat(rules.getString("rules[1].description")).isEqualTo("office");
        assertThat(rules.getString("rules[1].created_at")).isEqualTo(rule.get("created_at"));
        assertThat(rules.getString("rules[1].uuid")).isEqualTo(rule.get("uuid"));
        assertThat(Api.put(guarded.path("/firewall"), "{\"rules\":[]}").statusCode())
                .isEqualTo(204);
        assertThat(Api.get(guarded.path("/firewall")).jsonPath().getList("rules"))
                .isEmpty();
        guarded.delete();
    }

    @Test
    void settingsAreInForceWhenTheAnswerComes() throws Exception {
        assertThat(Api.patch(
                                cluster.path("/config"),
                                "{\"config\":{\"work_mem\":8,\"timezone\":\"Europe/Paris\",\"temp_file_limit\":1048576,"
                                        + "\"autovacuum_vacuum_scale_factor\":0.05,\"pg_stat_statements.track\":\"all\"}}")
                        .statusCode())
                .isEqualTo(200);
        try (Connection connection = cluster.connect()) {
            assertThat(Api.query(connection, "select current_setting('work_mem')"))
                    .isEqualTo("8MB");
            assertThat(Api.query(connection, "select reset_val from pg_settings where name = 'TimeZone'"))
                    .isIn("Europe/Paris", "Etc/UTC", "UTC");
            assertThat(Api.query(connection, "select current_setting('autovacuum_vacuum_scale_factor')"))
                    .isEqualTo("0.05");
        }
        var config = Api.get(cluster.path("/config")).jsonPath();
        assertThat(config.getInt("config.work_mem")).isEqualTo(8);
        assertThat(config.getInt("config.temp_file_limit")).isEqualTo(1048576);
        assertThat(config.getInt("config.deadlock_timeout")).isEqualTo(1000);
        assertThat(config.getInt("config.max_stack_depth")).isEqualTo(2097152);
    }

    @Test
    void aSettingThatNeedsARestartGetsOne() throws Exception {
        TestCluster restarted = Api.cluster("17");
        String started = restarted.query("select pg_postmaster_start_time()");
        assertThat(Api.patch(
                                restarted.path("/config"),
                                "{\"config\":{\"max_connections\":60,\"shared_buffers_percentage\":30}}")
                        .statusCode())
                .isEqualTo(200);
        assertThat(restarted.query("show max_connections")).isEqualTo("60");
        assertThat(restarted.query("show shared_buffers")).isEqualTo("307MB");
        assertThat(restarted.query("select pg_postmaster_start_time()")).isNotEqualTo(started);
        Response lowered = Api.patch(restarted.path("/config"), "{\"config\":{\"max_connections\":30}}");
        assertThat(lowered.statusCode()).isEqualTo(422);
        assertThat(lowered.jsonPath().getString("message"))
                .contains("max_connections")
                .contains("60");
        restarted.delete();
    }

    @Test
    void aSettingThatTheServerRefusesChangesNothing() throws Exception {
        Response refused = Api.patch(
                cluster.path("/config"),
                "{\"config\":{\"default_toast_compression\":\"lz4\",\"deadlock_timeout\":2000}}");
        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(refused.jsonPath().getString("message"))
                .contains("default_toast_compression")
                .doesNotContain("/");
        assertThat(Api.get(cluster.path("/config")).jsonPath().getInt("config.deadlock_timeout"))
                .isEqualTo(1000);
        assertThat(cluster.query("show deadlock_timeout")).isEqualTo("1s");
        assertThat(Api.post(cluster.path("/dbs"), "{\"name\":\"after_refusal\"}")
                        .statusCode())
                .isEqualTo(201);
        Api.delete(cluster.path("/dbs/after_refusal"));
    }

    @Test
    void aServerThatCannotStartWithItsNewSettingsGetsTheOldOnesBack() throws Exception {
        TestCluster tried = Api.cluster("16");
        Response refused = Api.patch(
                tried.path("/config"), "{\"config\":{\"max_connections\":200000,\"max_locks_per_transaction\":6400}}");
        assertThat(refused.statusCode()).as(refused.asString()).isEqualTo(422);
        assertThat(refused.jsonPath().getString("message"))
                .contains("does not start with the new settings")
                .contains("shared memory");
        assertThat(tried.query("show max_connections")).isEqualTo("25");
        assertThat(Api.get(tried.path("/config")).jsonPath().getInt("config.max_connections"))
                .isEqualTo(25);
        assertThat(Api.patch(tried.path("/config"), "{\"config\":{\"max_connections\":40}}")
                        .statusCode())
                .isEqualTo(200);
        tried.delete();
    }

    @Test
    void otherNamesOfTheClusterAreInItsCertificate() {
        assertThat(Api.put(cluster.path("/do_settings"), "{\"do_settings\":{\"service_cnames\":[\"db.example.com\"]}}")
                        .statusCode())
                .isEqualTo(204);
        assertThat(Api.get(cluster.path("/do_settings")).jsonPath().getList("do_settings.service_cnames"))
                .containsExactly("db.example.com");
        assertThat(Certificates.names(cluster.host(), cluster.port())).contains("db.example.com", "localhost");
        assertThat(Api.put(cluster.path("/do_settings"), "{\"do_settings\":{\"service_cnames\":[\"not a name\"]}}")
                        .statusCode())
                .isEqualTo(422);
        assertThat(Api.put(cluster.path("/do_settings"), "{}").statusCode()).isEqualTo(400);
    }

    @Test
    void theMaintenanceWindowTakesBothForms() {
        assertThat(Api.put(cluster.path("/maintenance"), "{\"day\":\"Sunday\",\"hour\":\"14:30\"}")
                        .statusCode())
                .isEqualTo(204);
        var window = Api.get(cluster.path("")).jsonPath();
        assertThat(window.getString("database.maintenance_window.day")).isEqualTo("sunday");
        assertThat(window.getString("database.maintenance_window.hour")).isEqualTo("14:30:00");
        Response wrong = Api.put(cluster.path("/maintenance"), "{\"day\":\"someday\",\"hour\":\"25:00\"}");
        assertThat(wrong.statusCode()).isEqualTo(422);
        assertThat(wrong.jsonPath().getString("message")).contains("day: ").contains("hour: ");
    }

    @Test
    void metricsAreServedOverTlsToThoseWithTheirCredentials() throws Exception {
        var credentials = Api.get("/v2/databases/metrics/credentials").jsonPath();
        var endpoint = Api.get(cluster.path("")).jsonPath();
        String url = "https://" + endpoint.getString("database.metrics_endpoints[0].host") + ":"
                + endpoint.getInt("database.metrics_endpoints[0].port") + "/metrics";
        var client = io.restassured.RestAssured.given().relaxedHTTPSValidation();
        assertThat(client.get(url).statusCode()).isEqualTo(401);
        Response metrics = client.auth()
                .preemptive()
                .basic(
                        credentials.getString("credentials.basic_auth_username"),
                        credentials.getString("credentials.basic_auth_password"))
                .get(url);
        assertThat(metrics.statusCode()).isEqualTo(200);
        assertThat(metrics.asString())
                .contains("pg_up 1\n")
                .contains("pg_database_size_bytes{datname=\"defaultdb\"}")
                .contains("# TYPE pg_stat_database_xact_commit counter");
    }
}
