package dev.mooring.dboscloud;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;
import java.util.UUID;
import org.awaitility.Awaitility;

/** DBOS Cloud's API as its clients use it, with the administrator's token. */
final class CloudApi {

    static final String ORGANIZATION = "/v1alpha1/default";
    static final String USER = "todo_user";
    static final String PASSWORD = "c0rrect%horse#1";

    private CloudApi() {}

    /** Within the 16 characters of an instance's name. */
    static String uniqueName() {
        return "d_" + UUID.randomUUID().toString().replace("-", "").substring(0, 12);
    }

    static String userdb(String rest) {
        return ORGANIZATION + "/databases/userdb" + rest;
    }

    static Response info(String name) {
        return Api.get(userdb("/info/" + name));
    }

    static Response provision(String name, String user, String password) {
        return Api.post(
                userdb(""),
                "{\"Name\":\"%s\",\"AdminName\":\"%s\",\"AdminPassword\":\"%s\"}".formatted(name, user, password));
    }

    static Response restore(String name, String newName, String time) {
        return Api.post(
                userdb("/" + name + "/restore"),
                "{\"RestoreName\":\"%s\",\"RestoreTimestamp\":\"%s\"}".formatted(newName, time));
    }

    static Response link(String name, int port, String password) {
        return Api.post(
                ORGANIZATION + "/databases/byod",
                "{\"Name\":\"%s\",\"HostName\":\"localhost\",\"Port\":%d,\"Password\":\"%s\",\"captureProvenance\":false}"
                        .formatted(name, port, password));
    }

    /** One that is available. */
    static Instance instance() {
        String name = uniqueName();
        assertOk(provision(name, USER, PASSWORD));
        return available(name);
    }

    static Instance available(String name) {
        Awaitility.await(name + " available")
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> info(name).jsonPath().getString("Status"), "available"::equals);
        JsonPath info = info(name).jsonPath();
        String id = Api.get("/v2/databases").jsonPath().getString("databases.find { it.name == '" + name + "' }.id");
        return new Instance(id, name, info.getInt("Port"));
    }

    record Instance(String id, String name, int port) {

        Connection connect(String user, String password, String database) throws SQLException {
            Properties properties = new Properties();
            properties.setProperty("user", user);
            properties.setProperty("password", password);
            properties.setProperty("sslmode", "require");
            return DriverManager.getConnection("jdbc:postgresql://localhost:" + port + "/" + database, properties);
        }

        String passwordOf(String user) {
            return Api.get("/v2/databases/" + id + "/users/" + user).jsonPath().getString("user.password");
        }

        void awaitBackup() {
            Awaitility.await("first backup of " + name)
                    .atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofMillis(100))
                    .until(() -> !Api.get("/v2/databases/" + id + "/backups")
                            .jsonPath()
                            .getList("backups")
                            .isEmpty());
        }

        void destroy() {
            assertOk(Api.delete(userdb("/" + name)));
        }
    }

    static void assertOk(Response answer) {
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
    }

    /** The one shape whose message the clients show. */
    static void assertError(Response answer, int status, String... texts) {
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(status);
        JsonPath body = answer.jsonPath();
        assertThat(body.getMap("$")).containsOnlyKeys("message", "statusCode", "requestID");
        assertThat(body.getInt("statusCode")).isEqualTo(status);
        for (String text : texts) {
            assertThat(body.getString("message")).contains(text);
        }
        assertThat(body.getString("message")).isNotBlank();
        assertThat(body.getString("requestID")).isEqualTo(answer.header("x-request-id"));
    }
}
