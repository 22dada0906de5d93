package dev.mooring.start;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.Boundary;
import dev.mooring.support.MooringProcess;
import io.restassured.response.Response;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** kill -9 at every step boundary: after the next start everything ends as if nothing had happened. */
@Tag("once")
class KillWalkIT {

    private static MooringProcess mooring;

    @BeforeAll
    static void start() throws Exception {
        mooring = new MooringProcess("27800-27899").start();
    }

    @AfterAll
    static void stop() throws Exception {
        mooring.close();
    }

    @ParameterizedTest
    @CsvSource({"running,START", "done,SET_UP"})
    void provisioningGoesOn(String state, String step) throws Exception {
        String id;
        String uri;
        try (Boundary boundary = Boundary.before(mooring, "provision-cluster", state, step)) {
            Response created = mooring.create(Api.uniqueName());
            assertThat(created.statusCode()).as(created.asString()).isEqualTo(201);
            id = created.jsonPath().getString("database.id");
            uri = created.jsonPath().getString("database.connection.uri");
            boundary.awaitReached();
            mooring.kill();
            boundary.abandon();
        }
        mooring.start();
        mooring.awaitOnline(id);
        assertThat(mooring.get(id).jsonPath().getString("database.connection.uri"))
                .isEqualTo(uri);
        assertThat(mooring.postmasters()).isEqualTo(1);
        assertThat(mooring.clusterFolders()).hasSize(1);
        assertThat(mooring.home().cluster(java.util.UUID.fromString(id)).resolve("data.partial"))
                .doesNotExist();
        try (Connection connection = connect(uri)) {
            assertThat(Api.query(connection, "select current_user")).isEqualTo("doadmin");
        }
        assertThat(mooring.api().delete("/v2/databases/" + id).statusCode()).isEqualTo(204);
        awaitNothingLeft();
    }

    @Tag("walk")
    @ParameterizedTest
    @CsvSource({"running,CHECK", "running,COPY", "running,SET_UP"})
    void walkThroughProvisioning(String state, String step) throws Exception {
        provisioningGoesOn(state, step);
    }

    @ParameterizedTest
    @CsvSource({"running,REMOVE"})
    void destroyingGoesOn(String state, String step) throws Exception {
        String id = mooring.create(Api.uniqueName()).jsonPath().getString("database.id");
        mooring.awaitOnline(id);
        try (Boundary boundary = Boundary.before(mooring, "destroy-cluster", state, step)) {
            assertThat(mooring.api().delete("/v2/databases/" + id).statusCode()).isEqualTo(204);
            boundary.awaitReached();
            mooring.kill();
            boundary.abandon();
        }
        mooring.start();
        assertThat(mooring.get(id).statusCode()).isEqualTo(404);
        awaitNothingLeft();
    }

    @Tag("walk")
    @ParameterizedTest
    @CsvSource({"running,WAIT_FOR_OTHERS", "running,STOP", "done,REMOVE"})
    void walkThroughDestroying(String state, String step) throws Exception {
        destroyingGoesOn(state, step);
    }

    @ParameterizedTest
    @CsvSource({"done,RESTART"})
    void aChangeOfSettingsGoesOn(String state, String step) throws Exception {
        Response created = mooring.create(Api.uniqueName());
        String id = created.jsonPath().getString("database.id");
        mooring.awaitOnline(id);
        Thread request;
        try (Boundary boundary = Boundary.before(mooring, "apply-settings", state, step)) {
            request = Thread.ofVirtual().start(() -> {
                try {
                    mooring.api()
                            .body("{\"config\":{\"max_connections\":70}}")
                            .patch("/v2/databases/" + id + "/config");
                } catch (RuntimeException e) {
                    // Its server is killed while it waits.
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            boundary.awaitReached();
            mooring.kill();
            boundary.abandon();
        }
        request.join();
        mooring.start();
        Awaitility.await("setting in force")
                .atMost(Duration.ofSeconds(30))
                .ignoreExceptions()
                .until(() -> {
                    try (Connection connection = connect(created.jsonPath().getString("database.connection.uri"))) {
                        return "70".equals(Api.query(connection, "show max_connections"));
                    }
                });
        assertThat(mooring.postmasters()).isEqualTo(1);
        mooring.api().delete("/v2/databases/" + id);
        awaitNothingLeft();
    }

    @Tag("walk")
    @ParameterizedTest
    @CsvSource({"running,APPLY", "running,RESTART"})
    void walkThroughAChangeOfSettings(String state, String step) throws Exception {
        aChangeOfSettingsGoesOn(state, step);
    }

    private static void awaitNothingLeft() {
        Awaitility.await("no process and no folder left; log: " + mooring.log())
                .atMost(Duration.ofSeconds(30))
                .until(() ->
                        mooring.postmasters() == 0 && mooring.clusterFolders().isEmpty());
    }

    private static Connection connect(String uri) throws Exception {
        java.net.URI parsed = java.net.URI.create(uri);
        String[] user = parsed.getUserInfo().split(":");
        return DriverManager.getConnection(
                "jdbc:postgresql://" + parsed.getHost() + ":" + parsed.getPort() + parsed.getPath()
                        + "?sslmode=require",
                user[0],
                user[1]);
    }
}
