package dev.mooring.dboscloud;

import static dev.mooring.dboscloud.CloudApi.ORGANIZATION;
import static dev.mooring.dboscloud.CloudApi.PASSWORD;
import static dev.mooring.dboscloud.CloudApi.USER;
import static dev.mooring.dboscloud.CloudApi.assertError;
import static dev.mooring.dboscloud.CloudApi.assertOk;
import static dev.mooring.dboscloud.CloudApi.userdb;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.dboscloud.CloudApi.Instance;
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
import java.time.Instant;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Instances of DBOS Cloud's API are clusters, and linked servers are not. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class InstancesTest {

    @Test
    void anInstanceIsAClusterAndTheOtherWayRound() throws Exception {
        Instance instance = CloudApi.instance();
        assertThat(CloudApi.info(instance.name()).jsonPath().getMap("$"))
                .containsEntry("PostgresInstanceName", instance.name())
                .containsEntry("DatabaseUsername", USER)
                .containsEntry("AdminUsername", USER)
                .containsEntry("DBOSAdminName", "dbosadmin")
                .containsEntry("HostName", "LOCALHOST")
                .containsEntry("IsLinked", false)
                .as("clients take an absent one for Supabase")
                .containsEntry("SupabaseReference", null);
        assertThat(Api.get("/v2/databases/" + instance.id()).jsonPath().getList("database.users.name"))
                .containsExactly("doadmin", USER, "dbosadmin");
        TestCluster cluster = Api.cluster("16");
        Response list = Api.get(ORGANIZATION + "/databases");
        assertThat(list.jsonPath().getList("PostgresInstanceName")).contains(instance.name(), cluster.name());
        assertThat(list.jsonPath()
                        .getString("find { it.PostgresInstanceName == '" + cluster.name() + "' }.DatabaseUsername"))
                .isEqualTo("doadmin");
        assertError(CloudApi.provision(instance.name(), USER, PASSWORD), 409, instance.name() + " already exists");
        instance.destroy();
        assertError(CloudApi.info(instance.name()), 404, "database " + instance.name() + " not found");
        assertThat(Api.get("/v2/databases/" + instance.id()).statusCode()).isEqualTo(404);
        assertOk(Api.delete(userdb("/" + cluster.name())));
        assertThat(Api.get(cluster.path("")).statusCode()).isEqualTo(404);
    }

    @Test
    void whatTheAdministratorMakesTheUserMayUseAndTheOtherWayRound() throws Exception {
        Instance instance = CloudApi.instance();
        try (Connection user = instance.connect(USER, PASSWORD, "postgres")) {
            Api.execute(user, "create database app");
            assertThatThrownBy(() -> Api.execute(user, "create role other")).hasMessageContaining("permission denied");
        }
        try (Connection user = instance.connect(USER, PASSWORD, "app");
                Connection admin = instance.connect("dbosadmin", instance.passwordOf("dbosadmin"), "app")) {
            Api.execute(user, "create table mine (id int)");
            Api.execute(admin, "alter table mine add name text");
        }
        instance.destroy();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ab | todo_user | correcthorse1 | Name: invalid database instance name ab",
                "Todo-db | todo_user | correcthorse1 | Name: invalid database instance name Todo-db",
                "a23456789_1234567 | todo_user | correcthorse1 | Name: invalid",
                "good_db | ab | correcthorse1 | AdminName: invalid database username ab",
                "good_db | 1todo | correcthorse1 | begin with a letter",
                "good_db | dbosadmin | correcthorse1 | AdminName: the username dbosadmin is reserved",
                "good_db | postgres | correcthorse1 | AdminName: the username postgres is reserved",
                "good_db | pg_reader | correcthorse1 | AdminName: the username pg_reader is reserved",
                "good_db | todo_user | short | AdminPassword: must have 8 to 128",
                "good_db | todo_user | with space1 | AdminPassword: must have 8 to 128",
                "good_db | todo_user | with@sign1 | AdminPassword: must have 8 to 128"
            })
    void namesAndPasswordsFollowTheGuide(String name, String user, String password, String message) {
        assertError(CloudApi.provision(name, user, password), 422, message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "{\"Name\": {}}", "{\"Name\":", "null"})
    void bodiesThatAreNoneAreRefused(String body) {
        assertError(Api.post(userdb(""), body), 400);
    }

    @Test
    void aPasswordIsReset() throws Exception {
        Instance instance = CloudApi.instance();
        assertOk(Api.post(userdb("/" + instance.name() + "/credentials"), "{\"Password\":\"another-one1\"}"));
        instance.connect(USER, "another-one1", "postgres").close();
        assertThatThrownBy(() -> instance.connect(USER, PASSWORD, "postgres")).hasMessageContaining("password");
        assertError(
                Api.post(userdb("/" + instance.name() + "/credentials"), "{\"Password\":\"short\"}"), 422, "Password:");
        assertError(Api.post(userdb("/nosuch/credentials"), "{\"Password\":\"another-one1\"}"), 404);
        instance.destroy();
    }

    @Test
    void anInstanceIsRestoredToAMoment() throws Exception {
        Instance instance = CloudApi.instance();
        instance.awaitBackup();
        String moment;
        try (Connection user = instance.connect(USER, PASSWORD, "defaultdb")) {
            Api.execute(user, "create table t as select generate_series(1, 100) as id");
            moment = Api.query(
                    user, "select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')");
            Api.execute(user, "delete from t");
        }
        String name = CloudApi.uniqueName();
        assertOk(CloudApi.restore(instance.name(), name, moment));
        Instance restored = CloudApi.available(name);
        try (Connection user = restored.connect(USER, PASSWORD, "defaultdb")) {
            assertThat(Api.query(user, "select count(*) from t")).isEqualTo("100");
        }
        assertThat(CloudApi.info(name).jsonPath().getString("DatabaseUsername")).isEqualTo(USER);
        assertError(
                CloudApi.restore(instance.name(), CloudApi.uniqueName(), "yesterday"),
                400,
                "RestoreTimestamp: yesterday must be a time as in RFC 3339");
        assertError(
                CloudApi.restore(instance.name(), CloudApi.uniqueName(), "2020-01-01T00:00:00Z"),
                422,
                "can be recovered to any moment from");
        assertError(
                CloudApi.restore(
                        instance.name(),
                        CloudApi.uniqueName(),
                        Instant.now().plusSeconds(60).toString()),
                422,
                "cannot be recovered");
        assertError(CloudApi.restore(instance.name(), name, moment), 409, name + " already exists");
        assertError(CloudApi.restore("nosuch", CloudApi.uniqueName(), moment), 404, "database nosuch not found");
        instance.destroy();
        restored.destroy();
    }

    @Test
    void whatCannotBeMadeEndsTheWaitWithTheReason() throws Exception {
        Instance instance = CloudApi.instance();
        instance.awaitBackup();
        Path archive = MooringHome.configured().root().resolve("archive").resolve(instance.id());
        try (var files = Files.walk(archive)) {
            for (Path file : files.filter(Files::isRegularFile)
                    .filter(file -> file.toString().contains("backup"))
                    .toList()) {
                Files.write(file, new byte[] {1, 2, 3});
            }
        }
        String name = CloudApi.uniqueName();
        assertOk(CloudApi.restore(instance.name(), name, Instant.now().toString()));
        Awaitility.await("given up")
                .atMost(Duration.ofSeconds(60))
                .until(() -> CloudApi.info(name).statusCode() == 424);
        assertError(CloudApi.info(name), 424, "database " + name + " is not usable: ");
        assertThat(Api.get(ORGANIZATION + "/databases")
                        .jsonPath()
                        .getString("find { it.PostgresInstanceName == '" + name + "' }.Status"))
                .isEqualTo("failed");
        assertOk(Api.delete(userdb("/" + name)));
        instance.destroy();
    }

    @Test
    void aServerOfSomebodyElseIsLinked() throws Exception {
        Instance server = CloudApi.instance();
        String secret = server.passwordOf("dbosadmin");
        TestCluster managed =
                TestCluster.of(Api.get("/v2/databases/" + server.id()).jsonPath());
        String name = CloudApi.uniqueName();
        assertError(
                CloudApi.link(name, server.port(), "wrongpass1"),
                422,
                "cannot connect to PostgreSQL at localhost:" + server.port() + " as dbosadmin",
                "password authentication failed");
        assertError(CloudApi.link(name, 1, secret), 422, "cannot connect to PostgreSQL at localhost:1");
        assertError(CloudApi.link(name, 0, secret), 422, "Port: must be 1 to 65535");
        execute(managed, "alter role dbosadmin nocreatedb");
        assertError(CloudApi.link(name, server.port(), secret), 422, "CREATEDB");
        execute(managed, "alter role dbosadmin createdb");
        assertOk(CloudApi.link(name, server.port(), secret));
        assertThat(CloudApi.info(name).jsonPath().getMap("$"))
                .containsEntry("Status", "available")
                .containsEntry("IsLinked", true)
                .containsEntry("HostName", "localhost")
                .containsEntry("DatabaseUsername", "dbosadmin");
        assertError(CloudApi.link(name, server.port(), secret), 409, "already exists");
        assertError(CloudApi.provision(name, USER, PASSWORD), 409, "already exists");
        Instance instance = CloudApi.instance();
        assertError(CloudApi.link(instance.name(), server.port(), secret), 409, "already exists");
        assertError(
                CloudApi.restore(name, CloudApi.uniqueName(), Instant.now().toString()), 400, "is linked", "restore");
        assertError(Api.post(userdb("/" + name + "/credentials"), "{\"Password\":\"another-one1\"}"), 400, "is linked");
        assertError(Api.delete(userdb("/" + name)), 400, "is linked; unlink it instead");
        assertError(Api.delete(ORGANIZATION + "/databases/byod/" + instance.name()), 400, "is not linked");
        assertOk(Api.delete(ORGANIZATION + "/databases/byod/" + name));
        assertError(CloudApi.info(name), 404);
        managed.query("select 1");
        instance.destroy();
        server.destroy();
    }

    private static void execute(TestCluster cluster, String sql) throws Exception {
        try (Connection admin = cluster.connect()) {
            Api.execute(admin, sql);
        }
    }

    @Test
    void tokensHaveUsersAndOrganizations() {
        String user = "u_" + CloudApi.uniqueName().substring(2);
        Response made = Api.post(
                "/mooring/v1/tokens?format=dbos-credentials", "{\"name\":\"" + user + "\",\"scopes\":[\"*\"]}");
        assertThat(made.statusCode()).isEqualTo(201);
        assertThat(made.jsonPath().getMap("$")).containsOnlyKeys("token", "userName", "organization");
        String token = made.jsonPath().getString("token");
        assertThat(token.split("\\.")).as("a client decodes it").hasSize(3);
        assertThat(Api.as(token).get("/v1alpha1/user/profile").jsonPath().getMap("$"))
                .containsEntry("Name", user)
                .containsEntry("Organization", "default")
                .containsKeys("Email", "SubscriptionPlan");
        for (String organization : List.of("default", user)) {
            assertOk(Api.as(token).get("/v1alpha1/" + organization + "/databases"));
        }
        assertError(Api.as(token).get("/v1alpha1/other_org/databases"), 404, "organization other_org not found");
        assertError(
                Api.as(token).body("{\"name\":\"somebody_else\"}").put("/v1alpha1/user"),
                409,
                "registered as " + user + " already");
        assertOk(Api.as(token).body("{\"name\":\"" + user + "\"}").put("/v1alpha1/user"));
        assertError(Api.as("mrg_wrong").get("/v1alpha1/default/databases"), 401, "authenticate");
        assertThat(Api.get("/v1alpha1/user/profile").jsonPath().getString("Name"))
                .as("who never registered is the team")
                .isEqualTo("default");
        String other = Api.post("/mooring/v1/tokens", "{\"name\":\"plain\",\"scopes\":[\"*\"]}")
                .jsonPath()
                .getString("token.token");
        assertError(Api.as(other).body("{\"name\":\"No!\"}").put("/v1alpha1/user"), 422, "name: must have 3 to 30");
        assertOk(Api.as(other).body("{\"name\":\"by_name\"}").put("/v1alpha1/user"));
        assertThat(Api.as(other).get("/v1alpha1/user/profile").jsonPath().getString("Name"))
                .isEqualTo("by_name");
        String reader = Api.post("/mooring/v1/tokens", "{\"name\":\"reader\",\"scopes\":[\"database:read\"]}")
                .jsonPath()
                .getString("token.token");
        assertOk(Api.as(reader).get("/v1alpha1/default/databases"));
        assertError(
                Api.as(reader)
                        .body("{\"Name\":\"x_db\",\"AdminName\":\"todo\",\"AdminPassword\":\"correcthorse1\"}")
                        .post("/v1alpha1/default/databases/userdb"),
                403,
                "not authorized");
    }
}
