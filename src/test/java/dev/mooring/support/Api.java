package dev.mooring.support;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import io.restassured.RestAssured;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.UUID;
import org.awaitility.Awaitility;

/** The API as a client sees it, with the administrator's token. */
public final class Api {

    private Api() {}

    public static RequestSpecification as(String token) {
        return given().header("Authorization", "Bearer " + token).contentType("application/json");
    }

    /** A client that is made with the vendor's Go library. */
    public static Response asDoctl(String path) {
        return as(TestGround.TOKEN)
                .header("User-Agent", "doctl/1.166.0 (linux amd64 go1.26) godo/1.202.0")
                .get(path);
    }

    public static Response get(String path) {
        return as(TestGround.TOKEN).get(path);
    }

    public static Response delete(String path) {
        return as(TestGround.TOKEN).delete(path);
    }

    public static Response post(String path, String body) {
        return as(TestGround.TOKEN).body(body).post(path);
    }

    public static Response put(String path, String body) {
        return as(TestGround.TOKEN).body(body).put(path);
    }

    public static Response patch(String path, String body) {
        return as(TestGround.TOKEN).body(body).patch(path);
    }

    public static String uniqueName() {
        return "t-" + UUID.randomUUID().toString().substring(0, 18);
    }

    public static String clusterBody(String name, String version) {
        return """
                {"name": "%s", "engine": "pg", "version": "%s", "num_nodes": 1,
                 "size": "db-s-1vcpu-1gb", "region": "nyc1"}""".formatted(name, version);
    }

    /** A cluster that is online. */
    public static TestCluster cluster(String version) {
        Response created = post("/v2/databases", clusterBody(uniqueName(), version));
        assertThat(created.statusCode()).as(created.asString()).isEqualTo(201);
        TestCluster cluster = TestCluster.of(created.jsonPath());
        cluster.awaitOnline();
        return cluster;
    }

    /** What the test knows of a cluster. */
    public record TestCluster(String id, String name, String host, int port, String password) {

        public static TestCluster of(JsonPath json) {
            return new TestCluster(
                    json.getString("database.id"),
                    json.getString("database.name"),
                    json.getString("database.connection.host"),
                    json.getInt("database.connection.port"),
                    json.getString("database.connection.password"));
        }

        public String path(String rest) {
            return "/v2/databases/" + id + rest;
        }

        /** The types of what has happened to it, newest first, as precisely as Mooring knows them. */
        public List<String> events() {
            return Json.get("/mooring/v1/databases/" + id + "/events")
                    .get("events")
                    .findValuesAsText("event_type");
        }

        public String status() {
            return Json.get(path("")).path("database").path("status").asText();
        }

        /** What its metrics endpoint says now. */
        public String metrics() {
            JsonPath credentials = get("/v2/databases/metrics/credentials").jsonPath();
            JsonPath endpoint = get(path("")).jsonPath();
            return RestAssured.given()
                    .relaxedHTTPSValidation()
                    .auth()
                    .preemptive()
                    .basic(
                            credentials.getString("credentials.basic_auth_username"),
                            credentials.getString("credentials.basic_auth_password"))
                    .get("https://" + endpoint.getString("database.metrics_endpoints[0].host") + ":"
                            + endpoint.getInt("database.metrics_endpoints[0].port") + "/metrics")
                    .asString();
        }

        public void awaitOnline() {
            Awaitility.await("cluster " + id + " online")
                    .atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofMillis(50))
                    .until(this::status, "online"::equals);
        }

        public Connection connect() throws SQLException {
            return connect("doadmin", password, "defaultdb");
        }

        public Connection connect(String user, String itsPassword, String database) throws SQLException {
            Properties properties = new Properties();
            properties.setProperty("user", user);
            properties.setProperty("password", itsPassword);
            properties.setProperty("sslmode", "require");
            properties.setProperty("connectTimeout", "10");
            return DriverManager.getConnection("jdbc:postgresql://" + host + ":" + port + "/" + database, properties);
        }

        public String query(String sql) throws SQLException {
            try (Connection connection = connect()) {
                return Api.query(connection, sql);
            }
        }

        public void delete() {
            assertThat(Api.delete(path("")).statusCode()).isEqualTo(204);
        }
    }

    /** The first column of the first row; null when there is none. */
    public static String query(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            return rows.next() ? rows.getString(1) : null;
        }
    }

    public static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
