package dev.mooring.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** A team's projects, as DigitalOcean's clients handle them. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class ProjectTest {

    private static final String SHOP =
            "{\"name\":\"shop\",\"purpose\":\"Web Application\",\"environment\":\"Staging\",\"description\":\"sells\"}";

    private static Response send(TestTeam team, String method, String path, String body) {
        return team.api().body(body).request(method, "/v2/projects" + path);
    }

    private static JsonPath ok(Response answer, int status) {
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(status);
        return answer.jsonPath();
    }

    private static String assign(String... urns) {
        return "{\"resources\":[\"" + String.join("\",\"", urns) + "\"]}";
    }

    private static List<String> resources(TestTeam team, String project) {
        return ok(team.api().get("/v2/projects/" + project + "/resources"), 200).getList("resources.urn");
    }

    @Test
    void aProjectIsMadeChangedAndDeleted() {
        TestTeam team = TestTeam.make();
        String id = ok(send(team, "POST", "", SHOP), 201).getString("project.id");
        assertThat(ok(team.api().get("/v2/projects"), 200).getInt("meta.total")).isEqualTo(2);
        JsonPath seen = ok(team.api().get("/v2/projects/" + id), 200);
        assertThat(seen.getString("project.environment")).isEqualTo("Staging");
        assertThat(seen.getBoolean("project.is_default")).isFalse();

        assertThat(send(team, "POST", "", SHOP).statusCode()).isEqualTo(409);
        Response wrong = send(team, "POST", "", "{\"name\":\"\",\"environment\":\"Moon\"}");
        assertThat(wrong.statusCode()).isEqualTo(422);
        assertThat(wrong.jsonPath().getString("message")).contains("name:", "purpose:", "environment:");
        assertThat(send(team, "PUT", "/" + id, "{\"name\":\"only\"}").statusCode())
                .isEqualTo(422);
        assertThat(ok(send(team, "PATCH", "/" + id, "{\"name\":\"store\"}"), 200)
                        .getString("project.description"))
                .isEqualTo("sells");
        assertThat(send(team, "PATCH", "/" + id, "{\"name\":\"default\"}").statusCode())
                .isEqualTo(409);

        String first = ok(team.api().get("/v2/projects/default"), 200).getString("project.id");
        assertThat(send(team, "PATCH", "/default", "{\"is_default\":false}").statusCode())
                .isEqualTo(422);
        assertThat(send(team, "DELETE", "/default", "").statusCode()).isEqualTo(412);
        assertThat(ok(send(team, "PATCH", "/" + id, "{\"is_default\":true}"), 200)
                        .getBoolean("project.is_default"))
                .isTrue();
        assertThat(ok(team.api().get("/v2/projects/default"), 200).getString("project.id"))
                .isEqualTo(id);
        assertThat(send(team, "DELETE", "/" + first, "").statusCode()).isEqualTo(204);
        assertThat(ok(team.api().get("/v2/projects"), 200).getList("projects.id"))
                .isEqualTo(List.of(id));
        Api.delete(team.path());
    }

    @Test
    void resourcesAreAssignedAndKeepTheirProject() {
        TestTeam team = TestTeam.make();
        String project = ok(send(team, "POST", "", SHOP), 201).getString("project.id");
        String cluster =
                ok(team.newCluster(Api.uniqueName(), "db-s-1vcpu-1gb"), 201).getString("database.id");
        String app = ok(
                        team.api()
                                .body("{\"spec\":{\"name\":\"" + Api.uniqueName() + "\",\"region\":\"nyc\"}}")
                                .post("/v2/apps"),
                        200)
                .getString("app.id");
        String database = "do:dbaas:" + cluster;
        assertThat(resources(team, "default")).containsExactlyInAnyOrder(database, "do:app:" + app);
        assertThat(resources(team, project)).isEmpty();

        String stranger = "do:dbaas:" + UUID.randomUUID();
        JsonPath assigned =
                ok(send(team, "POST", "/" + project + "/resources", assign(database, "do:app:" + app, stranger)), 200);
        assertThat(assigned.getList("resources.status")).isEqualTo(List.of("assigned", "assigned", "not_found"));
        assertThat(assigned.getString("resources[0].links.self")).isEqualTo("/v2/databases/" + cluster);
        assertThat(ok(send(team, "POST", "/" + project + "/resources", assign(database)), 200)
                        .getList("resources.status"))
                .isEqualTo(List.of("already_assigned"));
        assertThat(resources(team, project)).containsExactlyInAnyOrder(database, "do:app:" + app);
        assertThat(resources(team, "default")).isEmpty();
        assertThat(ok(team.api().get("/v2/databases/" + cluster), 200).getString("database.project_id"))
                .isEqualTo(project);
        assertThat(ok(team.api().get("/v2/apps/" + app), 200).getString("app.project_id"))
                .isEqualTo(project);
        for (String none : List.of("do:droplet:" + cluster, cluster, "")) {
            assertThat(send(team, "POST", "/" + project + "/resources", assign(none))
                            .statusCode())
                    .as(none)
                    .isEqualTo(422);
        }

        TestTeam other = TestTeam.make();
        assertThat(ok(send(other, "POST", "/default/resources", assign(database)), 200)
                        .getList("resources.status"))
                .isEqualTo(List.of("not_found"));
        assertThat(send(other, "POST", "/" + project + "/resources", assign(database))
                        .statusCode())
                .isEqualTo(404);

        Response full = send(team, "DELETE", "/" + project, "");
        assertThat(full.statusCode()).isEqualTo(412);
        assertThat(full.jsonPath().getString("message")).contains(database, "do:app:" + app);
        assertThat(team.api().delete("/v2/databases/" + cluster).statusCode()).isEqualTo(204);
        assertThat(ok(send(team, "POST", "/default/resources", assign("do:app:" + app)), 200)
                        .getList("resources.status"))
                .isEqualTo(List.of("assigned"));
        assertThat(send(team, "DELETE", "/" + project, "").statusCode())
                .as("what is deleted and remembered keeps no project")
                .isEqualTo(204);
        team.api().delete("/v2/apps/" + app);
        Api.delete(other.path());
    }
}
