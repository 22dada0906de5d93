package dev.mooring.database.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.PoolClient;
import dev.mooring.support.PoolClient.Address;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a cluster's configuration says of its connection pools, seen by their clients. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class PoolSettingsTest {

    @BeforeEach
    void needsPgBouncer() {
        PoolClient.needsPgBouncer();
    }

    private static Response set(TestCluster cluster, String settings) {
        return Api.patch(cluster.path("/config"), "{\"config\":{\"pgbouncer\":" + settings + "}}");
    }

    private static JsonPath config(TestCluster cluster) {
        return Api.get(cluster.path("/config")).jsonPath();
    }

    private static Connection withSchema(Address pool) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://" + pool.host() + ":" + pool.port() + "/" + pool.name()
                        + "?sslmode=require&currentSchema=public",
                pool.user(),
                pool.password());
    }

    private static String found(Connection client, String name) throws SQLException {
        try (Statement statement = client.createStatement();
                ResultSet row = statement.executeQuery("select current_setting('" + name + "', true)")) {
            row.next();
            return row.getString(1) == null ? "" : row.getString(1);
        }
    }

    @Test
    void clientsNoticeWhatTheOwnerSets() throws Exception {
        TestCluster cluster = Api.cluster("16");
        Address shared = PoolClient.create(cluster, "shared", "transaction", 1, "doadmin");
        assertThat(config(cluster).getList("config.pgbouncer.ignore_startup_parameters"))
                .isEqualTo(List.of("extra_float_digits"));

        try (Connection one = shared.connect()) {
            Api.execute(one, "set mooring_test.kept = 'behind'");
            assertThat(found(one, "mooring_test.kept")).isEqualTo("behind");

            assertThat(set(cluster, "{\"server_reset_query_always\": true}").statusCode())
                    .isEqualTo(200);
            Api.execute(one, "set mooring_test.kept = 'again'");
            assertThat(found(one, "mooring_test.kept")).isEmpty();
        }

        assertThatThrownBy(() -> withSchema(shared)).hasMessageContaining("search_path");
        assertThat(set(
                                cluster,
                                "{\"ignore_startup_parameters\": [\"extra_float_digits\", \"search_path\"], \"server_lifetime\": 60}")
                        .statusCode())
                .isEqualTo(200);
        withSchema(shared).close();
        JsonPath now = config(cluster);
        assertThat(now.getInt("config.pgbouncer.server_lifetime")).isEqualTo(60);
        assertThat(now.getBoolean("config.pgbouncer.server_reset_query_always"))
                .as("what was not named stays")
                .isTrue();
        assertThat(now.getInt("config.pgbouncer.server_idle_timeout")).isEqualTo(600);
        cluster.delete();
    }

    @Test
    void whatCannotBeSetIsNamedWithItsRule() throws Exception {
        TestCluster cluster = Api.cluster("16");
        Response refused = set(cluster, """
                {"server_lifetime": 59, "server_reset_query_always": 1, "min_pool_size": 0.5,
                 "ignore_startup_parameters": ["options"], "autodb_pool_size": 5, "pool_mode": "session"}""");
        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(refused.jsonPath().getString("message"))
                .contains(
                        "config.pgbouncer.server_lifetime: 59 is less than the minimum of 60",
                        "config.pgbouncer.server_reset_query_always: must be true or false",
                        "config.pgbouncer.min_pool_size: must be a whole number",
                        "config.pgbouncer.ignore_startup_parameters: must be a list of extra_float_digits, search_path",
                        "config.pgbouncer.autodb_pool_size: no database has a pool that nobody has made",
                        "config.pgbouncer.pool_mode: is not a configuration key of connection pools");
        assertThat(set(cluster, "true").jsonPath().getString("message"))
                .contains("config.pgbouncer: must be an object");

        Response dry = Api.patch(
                cluster.path("/config?dry_run=true"), "{\"config\":{\"pgbouncer\":{\"server_lifetime\":120}}}");
        assertThat(dry.jsonPath().getList("changes")).isEqualTo(List.of("pgbouncer"));
        assertThat(dry.jsonPath().getBoolean("restart_required")).isFalse();
        assertThat(config(cluster).getInt("config.pgbouncer.server_lifetime")).isEqualTo(3600);
        cluster.delete();
    }
}
