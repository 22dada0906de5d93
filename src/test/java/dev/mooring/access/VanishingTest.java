package dev.mooring.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.home.MooringHome;
import dev.mooring.support.Api;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a request puts something into is deleted in the very moment in which it does so. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class VanishingTest {

    private static final String BLOCKED =
            "select count(*) from pg_stat_activity where %d = any(pg_blocking_pids(pid)) and datname = 'mooring'";

    private TestTeam team;
    private String project;

    @BeforeEach
    void aProject() {
        team = TestTeam.make();
        Response made =
                team.api().body("{\"name\":\"shop\",\"purpose\":\"sales\"}").post("/v2/projects");
        assertThat(made.statusCode()).as(made.asString()).isEqualTo(201);
        project = made.jsonPath().getString("project.id");
    }

    @AfterEach
    void noTeam() {
        Api.delete(team.path());
    }

    private static Connection metadata() throws Exception {
        MooringHome home = MooringHome.configured();
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:"
                        + Files.readString(home.metadata().resolve("port")).strip() + "/mooring",
                "postgres",
                Files.readString(home.keys().resolve("metadata-password")).strip());
    }

    /** The answer to a request that has come so far that it waits for who deletes. */
    private static Response whileGoing(String delete, Supplier<Response> request) throws Exception {
        try (Connection deleting = metadata();
                Connection looking = metadata()) {
            String blocked =
                    BLOCKED.formatted(Integer.parseInt(Api.query(deleting, "select pg_catalog.pg_backend_pid()")));
            deleting.setAutoCommit(false);
            Api.execute(deleting, delete);
            CompletableFuture<Response> answer = CompletableFuture.supplyAsync(request);
            while (!answer.isDone() && "0".equals(Api.query(looking, blocked))) {
                Thread.onSpinWait();
            }
            assertThat(answer).as("it waits for who deletes").isNotDone();
            deleting.commit();
            return answer.get(60, TimeUnit.SECONDS);
        }
    }

    private Response whileProjectGoes(Supplier<Response> request) throws Exception {
        return whileGoing("delete from project where id = '" + project + "'", request);
    }

    private static void refused(Response answer, int status, String message) {
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(status);
        assertThat(answer.jsonPath().getString("message")).contains(message);
    }

    @Test
    void aClusterIsNotMadeInIt() throws Exception {
        String body =
                Api.clusterBody(Api.uniqueName(), "16").replaceFirst("\\{", "{\"project_id\":\"" + project + "\",");
        refused(
                whileProjectGoes(() -> team.api().body(body).post("/v2/databases")),
                422,
                "project_id: there is no such project");
    }

    @Test
    void anAppIsNotMadeInIt() throws Exception {
        String body = "{\"project_id\":\"" + project + "\",\"spec\":{\"name\":\"" + Api.uniqueName() + "\"}}";
        refused(
                whileProjectGoes(() -> team.api().body(body).post("/v2/apps")),
                400,
                "project_id: there is no such project");
    }

    @Test
    void nothingIsAssignedToIt() throws Exception {
        String app = team.api()
                .body("{\"spec\":{\"name\":\"" + Api.uniqueName() + "\",\"region\":\"nyc\","
                        + "\"alerts\":[{\"rule\":\"DEPLOYMENT_FAILED\"}]}}")
                .post("/v2/apps")
                .jsonPath()
                .getString("app.id");
        String body = "{\"resources\":[\"do:app:" + app + "\"]}";
        refused(
                whileProjectGoes(() -> team.api().body(body).post("/v2/projects/" + project + "/resources")),
                404,
                "project not found");
        refused(
                whileGoing(
                        "delete from app where id = '" + app + "'",
                        () -> team.api()
                                .body("{\"emails\":[\"sre@example.com\"]}")
                                .post("/v2/apps/" + app + "/alerts/"
                                        + team.api()
                                                .get("/v2/apps/" + app + "/alerts")
                                                .jsonPath()
                                                .getString("alerts[0].id")
                                        + "/destinations")),
                404,
                "not found");
    }

    @Test
    void itIsNeitherChangedNorDeletedTwice() throws Exception {
        refused(
                whileProjectGoes(() -> team.api().body("{\"is_default\":true}").patch("/v2/projects/" + project)),
                404,
                "project not found");
        aSecondOneOfItsName();
        refused(whileProjectGoes(() -> team.api().delete("/v2/projects/" + project)), 404, "project not found");
    }

    private void aSecondOneOfItsName() {
        project = team.api()
                .body("{\"name\":\"shop\",\"purpose\":\"sales\"}")
                .post("/v2/projects")
                .jsonPath()
                .getString("project.id");
    }

    @Test
    void aTagIsMadeAgainOrNotFound() throws Exception {
        String cluster =
                team.newCluster(Api.uniqueName(), "db-s-1vcpu-1gb").jsonPath().getString("database.id");
        team.api().body("{\"name\":\"blue\"}").post("/v2/tags");
        String delete = "delete from tag where team = '" + team.id() + "' and name = 'blue'";
        String body = "{\"resources\":[{\"resource_id\":\"" + cluster + "\",\"resource_type\":\"database\"}]}";
        refused(whileGoing(delete, () -> team.api().body(body).post("/v2/tags/blue/resources")), 404, "tag not found");

        team.api().body("{\"name\":\"blue\"}").post("/v2/tags");
        Response again = whileGoing(
                delete,
                () -> team.api()
                        .body(Api.clusterBody(Api.uniqueName(), "16").replaceFirst("\\{", "{\"tags\":[\"blue\"],"))
                        .post("/v2/databases"));
        assertThat(again.statusCode()).as(again.asString()).isEqualTo(201);
        assertThat(team.api().get("/v2/tags/blue").jsonPath().getInt("tag.resources.databases.count"))
                .isEqualTo(1);
        team.api().delete("/v2/databases/" + again.jsonPath().getString("database.id"));
        team.api().delete("/v2/databases/" + cluster);
    }

    @Test
    void aTokenThatIsRevokedSignsNobodyIn() throws Exception {
        Response answer = whileGoing(
                "delete from access_token where id = '" + team.tokenId() + "'",
                () -> team.api().post("/mooring/v1/console/links"));
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(401);
    }

    @Test
    void whatNobodyHasThoughtOfIsAConflictAndNoFault() throws Exception {
        String of = " where team = '" + team.id() + "'; ";
        refused(
                whileGoing(
                        "delete from access_token" + of + "delete from vpc" + of + "delete from project" + of
                                + "delete from team where id = '" + team.id() + "'",
                        () -> team.api().body("{\"name\":\"blue\"}").post("/v2/tags")),
                409,
                "the team that this needs was deleted meanwhile");
    }
}
