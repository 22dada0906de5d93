package dev.mooring.start;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.Boundary;
import dev.mooring.support.MooringProcess;
import dev.mooring.support.PortThief;
import dev.mooring.support.Writer;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.sql.Connection;
import java.time.Duration;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** kill -9 of a server between the steps of conversions, resizes and online migrations. */
@Tag("walk")
class ChangesKillIT {

    private static final String SIZE = "db-s-2vcpu-4gb";

    private static MooringProcess mooring;

    @BeforeAll
    static void start() throws Exception {
        mooring = new MooringProcess("28800-28899").withEveryMajor().start();
    }

    @AfterAll
    static void stop() throws Exception {
        mooring.close();
    }

    static Stream<Arguments> applying() {
        return Stream.of("running,APPLY", "running,RESTART", "done,RESTART")
                .map(boundary -> Arguments.of(boundary.split(",")[0], boundary.split(",")[1]));
    }

    @ParameterizedTest
    @MethodSource("applying")
    void resizing(String state, String step) throws Exception {
        String id = cluster("15");
        try (Writer writer = new Writer(mooring.opener(id)).warm()) {
            try (Boundary boundary = Boundary.before(mooring, "resize-cluster", state, step)) {
                Response answer = mooring.api()
                        .body("{\"size\": \"" + SIZE + "\", \"num_nodes\": 1}")
                        .put("/v2/databases/" + id + "/resize");
                assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(202);
                boundary.awaitReached();
                kill(id, boundary);
            }
            isLarge(id, "resize-cluster");
            writer.warm().check();
        }
        delete(id);
    }

    /** By whoever looks after servers, with settings that have just been refused. */
    @Test
    void aServerThatComesUpWithTheNewSizeBeforeThatIsTakenBackGetsTheOldOne() throws Exception {
        String id = cluster("15");
        try (Writer writer = new Writer(mooring.opener(id)).warm()) {
            try (Boundary boundary = Boundary.before(mooring, "resize-cluster", "running", "ROLL_BACK")) {
                try (PortThief thief = new PortThief(mooring.get(id).jsonPath().getInt("database.connection.port"))) {
                    Response answer = mooring.api()
                            .body("{\"size\": \"" + SIZE + "\", \"num_nodes\": 1}")
                            .put("/v2/databases/" + id + "/resize");
                    assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(202);
                    thief.awaitStolen();
                    boundary.awaitReached();
                }
                awaitAnswer(id, "show shared_buffers", "819MB");
                boundary.release();
            }
            mooring.awaitOnline(id);
            awaitAnswer(
                    id, "select setting::bigint * 8 < 819 * 1024 from pg_settings where name = 'shared_buffers'", "t");
            assertThat(mooring.get(id).jsonPath().getString("database.size")).isEqualTo("db-s-1vcpu-1gb");
            writer.warm().check();
        }
        delete(id);
    }

    @ParameterizedTest
    @MethodSource("applying")
    void converting(String state, String step) throws Exception {
        String app = mooring.api()
                .body("{\"spec\":{\"name\":\"" + Api.uniqueName()
                        + "\",\"databases\":[{\"name\":\"db\",\"engine\":\"PG\",\"version\":\"15\"}]}}")
                .post("/v2/apps")
                .jsonPath()
                .getString("app.id");
        Awaitility.await("database of the app")
                .atMost(Duration.ofSeconds(60))
                .until(() -> details(app).getString("connection_details[0].password") != null);
        String id = details(app).getString("connection_details[0].database_id");
        mooring.awaitOnline(id);
        try (Writer writer = new Writer(mooring.opener(id)).warm()) {
            try (Boundary boundary = Boundary.before(mooring, "convert-database", state, step)) {
                Response answer = mooring.api()
                        .body("{\"name\": \"" + Api.uniqueName() + "\", \"size\": \"" + SIZE + "\"}")
                        .post("/mooring/v1/databases/" + id + "/convert");
                assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(202);
                boundary.awaitReached();
                kill(id, boundary);
            }
            isLarge(id, "convert-database");
            writer.warm().check();
        }
        Awaitility.await("the spec names the cluster")
                .atMost(Duration.ofSeconds(60))
                .until(() ->
                        mooring.api().get("/v2/apps/" + app).jsonPath().getBoolean("app.spec.databases[0].production"));
        assertThat(mooring.api().delete("/v2/apps/" + app).statusCode()).isEqualTo(200);
        delete(id);
    }

    static Stream<Arguments> migrating() {
        return Stream.of("running,IMPORT", "running,COPY", "running,SYNC", "running,FINISH", "done,FINISH")
                .flatMap(boundary -> Stream.of("server", "source")
                        .map(dies -> Arguments.of(boundary.split(",")[0], boundary.split(",")[1], dies)));
    }

    /** Everything arrives, or the migration says that it failed; nothing is left at the source. */
    @ParameterizedTest
    @MethodSource
    void migrating(String state, String step, String dies) throws Exception {
        String source = cluster("14");
        JsonPath user = mooring.api()
                .body("{\"name\":\"mover\",\"settings\":{\"pg_allow_replication\":true}}")
                .post("/v2/databases/" + source + "/users")
                .jsonPath();
        try (Connection connection = mooring.connect(source)) {
            Api.execute(connection, "create table t as select i as id from generate_series(1, 5000) as i");
            Api.execute(connection, "alter table t add primary key (id)");
            Api.execute(connection, "grant all on all tables in schema public to mover");
            Api.execute(connection, "alter table t owner to mover");
        }
        String id = cluster("15");
        JsonPath address = mooring.get(source).jsonPath().setRootPath("database.connection");
        String body = """
                {"source": {"host": "%s", "port": %d, "dbname": "defaultdb", "username": "mover", "password": "%s"}}""".formatted(address.getString("host"), address.getInt("port"), user.getString("user.password"));
        try (Boundary boundary = Boundary.before(mooring, "migrate-online", state, step)) {
            Response answer = mooring.api().body(body).put("/v2/databases/" + id + "/online-migration");
            assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
            if (step.equals("FINISH")) {
                awaitMigration(id, "syncing");
                stopMigration(id);
            }
            boundary.awaitReached();
            kill(dies.equals("source") ? source : id, boundary);
        }
        awaitMigration(id, "syncing|done|error");
        stopMigration(id);
        awaitMigration(id, "done|error");
        String status = migration(id).getString("status");
        if (status.equals("done")) {
            awaitAnswer(id, "select count(*) from t", "5000");
        }
        awaitAnswer(source, "select count(*) from pg_replication_slots where slot_name <> 'mooring_archive'", "0");
        delete(id);
        delete(source);
    }

    private static JsonPath migration(String id) {
        return mooring.api().get("/v2/databases/" + id + "/online-migration").jsonPath();
    }

    private static void awaitMigration(String id, String statuses) {
        Awaitility.await("migration " + statuses + "; log: " + mooring.log())
                .atMost(Duration.ofMinutes(2))
                .until(() -> migration(id).getString("status").matches(statuses));
    }

    /** Answers when it has come to its end, which it does not while it is held. */
    private static void stopMigration(String id) {
        String migration = migration(id).getString("id");
        Thread.ofVirtual().start(() -> {
            try {
                mooring.api().delete("/v2/databases/" + id + "/online-migration/" + migration);
            } catch (RuntimeException killed) {
                // Its effect is what counts.
            }
        });
    }

    private static String cluster(String version) {
        String id = mooring.api()
                .body(Api.clusterBody(Api.uniqueName(), version))
                .post("/v2/databases")
                .jsonPath()
                .getString("database.id");
        mooring.awaitOnline(id);
        return id;
    }

    private static JsonPath details(String app) {
        return mooring.api()
                .get("/v2/apps/" + app + "/database_connection_details")
                .jsonPath();
    }

    private static void kill(String id, Boundary boundary) throws Exception {
        mooring.killServer(id);
        boundary.release();
    }

    private static void isLarge(String id, String kind) throws Exception {
        Awaitility.await(kind + " is done; log: " + mooring.log())
                .atMost(Duration.ofMinutes(1))
                .until(() -> mooring.api()
                        .get("/mooring/v1/operations?cluster_id=" + id)
                        .jsonPath()
                        .getString("operations.find { it.kind == '" + kind + "' }.state")
                        .equals("done"));
        mooring.awaitOnline(id);
        assertThat(mooring.get(id).jsonPath().getString("database.size")).isEqualTo(SIZE);
        awaitAnswer(id, "show shared_buffers", "819MB");
    }

    /** A server that was killed at the very end may be on its way. */
    private static void awaitAnswer(String id, String query, String answer) {
        Awaitility.await(query + " is " + answer + "; log: " + mooring.log())
                .atMost(Duration.ofSeconds(20))
                .ignoreExceptions()
                .until(() -> {
                    try (Connection connection = mooring.connect(id)) {
                        return Api.query(connection, query).equals(answer);
                    }
                });
    }

    private static void delete(String id) {
        assertThat(mooring.api().delete("/v2/databases/" + id).statusCode()).isEqualTo(204);
    }
}
