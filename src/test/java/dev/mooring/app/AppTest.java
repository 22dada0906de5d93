package dev.mooring.app;

import static dev.mooring.app.ServiceWithDatabase.DEV;
import static dev.mooring.app.ServiceWithDatabase.env;
import static dev.mooring.app.ServiceWithDatabase.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.support.Api;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Apps whose code runs elsewhere: their databases are made, bound and ended. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class AppTest {

    private static Connection connect(JsonPath details) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://" + details.getString("host") + ":" + details.getInt("port") + "/"
                        + details.getString("database_name") + "?sslmode=require",
                details.getString("username"),
                details.getString("password"));
    }

    @Test
    void aSpecBecomesADatabaseItsBindingsAndADeployment() throws SQLException {
        String name = AppApi.uniqueName();
        AppApi.TestApp app = AppApi.created(spec(name, DEV));
        JsonPath answer = app.answer();
        assertThat(answer.getString("app.pending_deployment.id")).isNotBlank();
        assertThat(answer.getInt("app.pending_deployment.progress.total_steps")).isPositive();
        assertThat(answer.getList("app.pending_deployment.progress.steps")).isNotEmpty();
        app.awaitActive();
        JsonPath details = app.database(0);
        Map<String, String> env = env(app, "web");
        assertThat(env)
                .containsEntry("DATABASE_URL", details.getString("database_url"))
                .containsEntry("WHERE", details.getString("host") + ":" + details.getInt("port"))
                .containsEntry("TYPO", "${dv.HOSTNAME}")
                .containsEntry("WORD", "xyzzy")
                .containsEntry("BOTH", "xyzzy/" + app.id());
        try (Connection connection = connect(details)) {
            Api.execute(connection, "create table notes (note text)");
            assertThat(Api.query(
                            connection,
                            "select datdba::regrole::text from pg_database where datname = current_database()"))
                    .isEqualTo("db");
            assertThatThrownBy(() -> Api.execute(connection, "create database another"))
                    .hasMessageContaining("permission denied");
        }
        assertThat(
                        app.newest()
                                .getString(
                                        "deployment.progress.steps.find { it.name == 'trusted_sources' }.steps[0].reason.message"))
                .contains("${dv.HOSTNAME}");
        app.delete();
    }

    @ParameterizedTest
    @ValueSource(strings = {"13", "14", "15", "17", "18"})
    void aDevDatabaseOfEveryVersionLetsItsUserNowhereElse(String version) throws SQLException {
        AppApi.TestApp app = AppApi.created(
                spec(AppApi.uniqueName(), "{\"name\":\"db\",\"engine\":\"PG\",\"version\":\"" + version + "\"}"));
        app.awaitActive();
        JsonPath details = app.database(0);
        try (Connection connection = connect(details)) {
            assertThat(Api.query(connection, "show server_version")).startsWith(version);
            Api.execute(connection, "create table t (a int)");
            assertThat(Api.query(connection, "select string_agg(datname, ',' order by datname) from pg_database"))
                    .isEqualTo("db,postgres,template0,template1");
        }
        for (String other : List.of("postgres", "template1")) {
            assertThatThrownBy(() -> DriverManager.getConnection(
                                    "jdbc:postgresql://localhost:" + details.getInt("port") + "/" + other
                                            + "?sslmode=require",
                                    details.getString("username"),
                                    details.getString("password"))
                            .close())
                    .as(other)
                    .hasMessageContaining("permission denied");
        }
        app.delete();
    }

    @Test
    void aManagedClusterIsAttachedAndTrustsTheApp() throws SQLException {
        Api.TestCluster cluster = Api.cluster("16");
        Api.post(cluster.path("/users"), "{\"name\":\"shop\"}");
        Api.post(cluster.path("/dbs"), "{\"name\":\"orders\"}");
        Api.put(cluster.path("/firewall"), "{\"rules\":[{\"type\":\"ip_addr\",\"value\":\"192.0.2.1\"}]}");
        AppApi.TestApp app = AppApi.created(spec(
                AppApi.uniqueName(),
                "{\"name\":\"db\",\"engine\":\"PG\",\"production\":true,\"cluster_name\":\"" + cluster.name()
                        + "\",\"db_name\":\"orders\",\"db_user\":\"shop\"}"));
        app.awaitActive();
        assertThat(Api.get(cluster.path("/firewall")).jsonPath().getList("rules.findAll { it.type == 'app' }.value"))
                .containsExactly(app.id());
        try (Connection connection = connect(app.database(0))) {
            assertThat(Api.query(connection, "select current_user || '@' || current_database()"))
                    .isEqualTo("shop@orders");
        }
        Response wrong = app.put(spec(
                app.get("").getString("app.spec.name"),
                "{\"name\":\"db\",\"engine\":\"PG\",\"production\":true,\"cluster_name\":\"" + cluster.name()
                        + "\",\"db_user\":\"stranger\"}"));
        assertThat(wrong.statusCode()).isEqualTo(200);
        assertThat(app.newest().getString("deployment.progress.steps.find { it.status == 'ERROR' }.reason.message"))
                .contains("has no user stranger");
        app.delete();
        Awaitility.await("the app is no trusted source any more")
                .atMost(Duration.ofSeconds(30))
                .until(() -> Api.get(cluster.path("/firewall"))
                        .jsonPath()
                        .getList("rules.type")
                        .equals(List.of("ip_addr")));
        cluster.delete();
    }

    @Test
    void aDevDatabaseIsFoundByItsIdAndListedNowhere() {
        AppApi.TestApp app = AppApi.created(spec(AppApi.uniqueName(), DEV));
        app.awaitActive();
        String id = app.database(0).getString("database_id");
        JsonPath database = Api.get("/v2/databases/" + id).jsonPath();
        assertThat(database.getString("database.connection.uri"))
                .isEqualTo(app.database(0).getString("database_url"));
        assertThat(database.getList("database.rules.value")).containsExactly(app.id());
        assertThat(Api.get("/v2/databases").asString()).doesNotContain(id);
        Response deleted = Api.delete("/v2/databases/" + id);
        assertThat(deleted.statusCode()).isEqualTo(422);
        assertThat(deleted.asString()).contains("belongs to the component db");
        assertThat(Api.delete("/v2/databases/" + id + "/users/db").statusCode()).isEqualTo(422);
        app.delete();
        Awaitility.await("the dev database goes with its app")
                .atMost(Duration.ofSeconds(30))
                .until(() -> Api.get("/v2/databases/" + id).statusCode() == 404);
        assertThat(Api.get(app.path("")).statusCode()).isEqualTo(404);
    }

    @Test
    void aComponentTakenOutTakesItsDatabaseWithItAndOneThatComesBackIsNew() {
        String name = AppApi.uniqueName();
        AppApi.TestApp app = AppApi.created(spec(name, DEV));
        app.awaitActive();
        String first = app.database(0).getString("database_id");
        app.put(spec(name, ""));
        app.put(spec(name, DEV));
        app.awaitActive();
        assertThat(app.database(0).getString("database_id")).isNotEqualTo(first);
        assertThat(Api.get("/v2/databases/" + first).statusCode()).isEqualTo(404);
        app.delete();
    }

    @Test
    void whatASpecCannotDoToADatabaseIsRefusedAndAMoveIsWarnedOf() {
        String name = AppApi.uniqueName();
        AppApi.TestApp app = AppApi.created(spec(name, DEV));
        app.awaitActive();
        String id = app.database(0).getString("database_id");
        Response version = app.put(spec(name, DEV.replace("16", "17")));
        assertThat(version.statusCode()).isEqualTo(400);
        assertThat(version.asString()).contains("/v2/databases/" + id + "/upgrade");
        Api.TestCluster other = Api.cluster("16");
        Response managed =
                app.put(spec(name, "{\"name\":\"db\",\"production\":true,\"cluster_name\":\"" + other.name() + "\"}"));
        other.delete();
        assertThat(managed.statusCode()).isEqualTo(400);
        assertThat(managed.asString()).contains("would be lost");
        String moved = spec(name, DEV).replace("nyc", "ams");
        Response proposal = Api.post("/v2/apps/propose", "{\"app_id\":\"" + app.id() + "\",\"spec\":" + moved + "}");
        assertThat(proposal.jsonPath().getString("warnings")).contains("the dev database db stays in nyc1");
        assertThat(app.put(moved).statusCode()).isEqualTo(200);
        assertThat(app.newest()
                        .getString("deployment.progress.steps.find { it.name == 'databases' }.steps[0].reason.message"))
                .contains("stays in nyc1");
        app.delete();
    }

    @Test
    void aNameIsTakenOnce() {
        String name = AppApi.uniqueName();
        AppApi.TestApp app = AppApi.created(spec(name, ""));
        Response second = AppApi.create(spec(name, ""));
        assertThat(second.statusCode()).isEqualTo(409);
        assertThat(second.jsonPath().getString("id")).isEqualTo("conflict");
        Response proposal = Api.post("/v2/apps/propose", "{\"spec\":" + spec(name, "") + "}");
        assertThat(proposal.jsonPath().getBoolean("app_name_available")).isFalse();
        assertThat(proposal.jsonPath().getString("app_name_suggestion")).isEqualTo(name + "-2");
        app.delete();
        AppApi.created(spec(name, "")).delete();
    }

    @Test
    void aPasswordIsResetAndTrustIsSwitched() throws SQLException {
        AppApi.TestApp app = AppApi.created(spec(AppApi.uniqueName(), DEV));
        app.awaitActive();
        JsonPath before = app.database(0);
        Response reset = Api.post(app.path("/components/db/reset_password"), "");
        assertThat(reset.jsonPath().getString("deployment.cause_details.digitalocean_user_action.name"))
                .isEqualTo("RESET_DATABASE_PASSWORD");
        app.awaitActive();
        assertThatThrownBy(() -> connect(before).close()).hasMessageContaining("password authentication failed");
        connect(app.database(0)).close();
        assertThat(env(app, "web"))
                .containsEntry("DATABASE_URL", app.database(0).getString("database_url"));
        assertThat(app.get("/components/db/trusted_sources").getBoolean("is_enabled"))
                .isTrue();
        JsonPath off = Api.post(app.path("/components/db/trusted_sources"), "{\"Enable\":false}")
                .jsonPath();
        assertThat(off.getBoolean("is_enabled")).isFalse();
        assertThat(off.getBoolean("isEnabled")).isFalse();
        assertThat(app.get("/components/db/trusted_sources").getBoolean("is_enabled"))
                .isFalse();
        assertThat(Api.post(app.path("/components/nobody/reset_password"), "").statusCode())
                .isEqualTo(404);
        app.delete();
    }

    @Test
    void aRollbackBringsAnEarlierSpecBackAndPinsTheApp() {
        String name = AppApi.uniqueName();
        AppApi.TestApp app = AppApi.created(spec(name, DEV));
        app.awaitActive();
        String first = app.get("").getString("app.active_deployment.id");
        app.put(spec(name, DEV).replace("8080", "9090"));
        app.awaitActive();
        String body = "{\"deployment_id\":\"" + first + "\"}";
        assertThat(Api.post(app.path("/rollback/validate"), body).jsonPath().getBoolean("valid"))
                .isTrue();
        assertThat(Api.post(app.path("/rollback"), body).statusCode()).isEqualTo(200);
        app.awaitActive();
        assertThat(app.get("").getInt("app.spec.services[0].http_port")).isEqualTo(8080);
        assertThat(app.get("").getString("app.pinned_deployment.cloned_from")).isEqualTo(first);
        assertThat(app.put(spec(name, DEV)).statusCode()).isEqualTo(412);
        assertThat(Api.post(app.path("/rollback/validate"), body).jsonPath().getString("error.code"))
                .isEqualTo("app_pinned");
        assertThat(Api.post(app.path("/rollback/revert"), "").statusCode()).isEqualTo(200);
        app.awaitActive();
        assertThat(app.get("").getInt("app.spec.services[0].http_port")).isEqualTo(9090);
        assertThat(Api.post(app.path("/rollback/commit"), "").statusCode()).isEqualTo(412);
        app.delete();
    }

    @Test
    void passwordsAreForThoseWhoMaySeeThem() {
        AppApi.TestApp app = AppApi.created(spec(AppApi.uniqueName(), DEV));
        app.awaitActive();
        String token = Api.post("/mooring/v1/tokens", "{\"name\":\"reader\",\"scopes\":[\"app:read\"]}")
                .jsonPath()
                .getString("token.token");
        assertThat(Api.as(token).get(app.path("/database_connection_details")).asString())
                .contains("\"username\":\"db\"")
                .doesNotContain("\"password\"");
        assertThat(Api.as(token)
                        .get("/mooring/v1/apps/" + app.id() + "/components/web/env")
                        .statusCode())
                .isEqualTo(403);
        assertThat(Api.as(token).delete(app.path("")).statusCode()).isEqualTo(403);
        app.delete();
    }
}
