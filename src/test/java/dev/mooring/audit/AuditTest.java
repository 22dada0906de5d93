package dev.mooring.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Who changed what, from where and when; and what is never among it. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class AuditTest {

    private static JsonPath audit(String query) {
        Response answer = Api.get("/mooring/v1/audit?per_page=200" + query);
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        return answer.jsonPath();
    }

    private static Response token(String name, String... scopes) {
        return Api.post(
                "/mooring/v1/tokens",
                "{\"name\":\"" + name + "\",\"scopes\":[\"" + String.join("\",\"", scopes) + "\"]}");
    }

    @Test
    void everyChangeIsThereWithWhoAndWhatAndItsOperation() {
        JsonPath maker = token("ci", "database:create", "database:read", "database:update", "database:delete")
                .jsonPath();
        String id = maker.getString("token.id");
        String token = maker.getString("token.token");
        Instant before = Instant.now().minusSeconds(5);
        Response created = Api.as(token)
                .header("X-Forwarded-For", "203.0.113.9")
                .body(Api.clusterBody(Api.uniqueName(), "16"))
                .post("/v2/databases");
        Api.TestCluster cluster = Api.TestCluster.of(created.jsonPath());
        cluster.awaitOnline();
        Response user = Api.as(token).body("{\"name\":\"bob\"}").post(cluster.path("/users"));
        Response wrong = Api.as(token).body("{\"name\":\"NOT ONE\"}").post(cluster.path("/dbs"));
        assertThat(Api.as(token).get(cluster.path("/users")).statusCode()).isEqualTo(200);
        assertThat(Api.as(token).delete(cluster.path("/users/bob")).statusCode())
                .isEqualTo(204);
        assertThat(Api.as(token).delete(cluster.path("")).statusCode()).isEqualTo(204);

        JsonPath seen = audit("&token=" + id);
        assertThat(seen.getList("entries.endpoint"))
                .as("newest first, and nothing that only reads")
                .containsExactly(
                        "/v2/databases/{id}",
                        "/v2/databases/{id}/users/{name}",
                        "/v2/databases/{id}/dbs",
                        "/v2/databases/{id}/users",
                        "/v2/databases");
        assertThat(seen.getList("entries.method")).containsExactly("DELETE", "DELETE", "POST", "POST", "POST");
        assertThat(seen.getList("entries.status")).containsExactly(204, 204, wrong.statusCode(), 201, 201);
        assertThat(seen.getList("entries.subject_kind")).containsOnly("database");
        assertThat(seen.getList("entries.subject_id")).containsOnly(cluster.id());
        assertThat(seen.getList("entries.token_name")).containsOnly("ci");
        assertThat(seen.getList("entries.team")).containsOnly("default");
        assertThat(seen.getList("entries.address"))
                .as("what a client says of itself is not believed")
                .containsOnly("127.0.0.1");
        assertThat(seen.getString("entries[4].request_id")).isEqualTo(created.header("x-request-id"));
        assertThat(seen.getString("entries[3].request_id")).isEqualTo(user.header("x-request-id"));
        assertThat(Instant.parse(seen.getString("entries[4].at"))).isBetween(before, Instant.now());
        assertThat(seen.getMap("entries[1].parameters")).isEqualTo(Map.of("id", cluster.id(), "name", "bob"));
        List<String> operations = Api.get("/mooring/v1/operations?cluster_id=" + cluster.id())
                .jsonPath()
                .getList("operations.id");
        for (int entry : List.of(0, 1, 3, 4)) {
            assertThat(operations).contains(seen.getString("entries[" + entry + "].operation_id"));
        }
        assertThat(seen.getString("entries[2].operation_id")).isNull();
    }

    @Test
    void whatIsMadeIsNamedWhereThePathDoesNot() {
        String made = token("named", "tag:read").jsonPath().getString("token.id");
        JsonPath token = audit("&subject=" + made);
        assertThat(token.getString("entries[0].subject_kind")).isEqualTo("token");
        assertThat(token.getString("entries[0].endpoint")).isEqualTo("/mooring/v1/tokens");
        String name = "audit-" + UUID.randomUUID().toString().substring(0, 8);
        String team = Api.post("/mooring/v1/teams", "{\"name\":\"" + name + "\"}")
                .jsonPath()
                .getString("team.id");
        assertThat(audit("&subject=" + team).getString("entries[0].subject_kind"))
                .isEqualTo("team");
        assertThat(Api.delete("/mooring/v1/teams/" + name).statusCode()).isEqualTo(204);
        assertThat(audit("&subject=" + name).getString("entries[0].method")).isEqualTo("DELETE");
    }

    @Test
    void noSecretIsEverThere() {
        List<String> secrets = new ArrayList<>(List.of(TestGround.TOKEN, "c0rrect%horse#1", "gr4fana-secret"));
        String made = token("secret", "*").jsonPath().getString("token.token");
        secrets.add(made.substring(made.lastIndexOf('.') + 1));
        // People paste tokens into the wrong place.
        Api.delete("/mooring/v1/tokens/" + made);
        Api.delete("/v2/databases/" + TestGround.TOKEN);
        Api.as(made).delete("/v2/tags/" + made);
        Api.as(TestGround.TOKEN).delete("/v2/tags/x?token=" + made);
        Api.as("mrg_wrong-but-secret").delete("/v2/tags/mrg_wrong-but-secret");
        secrets.add("wrong-but-secret");
        Api.put(
                "/v2/databases/metrics/credentials",
                "{\"credentials\":{\"basic_auth_username\":\"m\",\"basic_auth_password\":\"gr4fana-secret\"}}");
        Api.TestCluster cluster = Api.cluster("16");
        secrets.add(cluster.password());
        secrets.add(Api.post(cluster.path("/users"), "{\"name\":\"bob\"}")
                .jsonPath()
                .getString("user.password"));
        secrets.add(
                Api.post(cluster.path("/users/bob/reset_auth"), "").jsonPath().getString("user.password"));
        Api.post(
                "/v1alpha1/default/databases/byod",
                "{\"Name\":\"linked_one\",\"HostName\":\"localhost\",\"Port\":1,\"Password\":\"c0rrect%horse#1\"}");
        Api.put(
                cluster.path("/online-migration"),
                "{\"source\":{\"host\":\"localhost\",\"port\":1,\"dbname\":\"d\",\"username\":\"u\",\"password\":\"c0rrect%horse#1\"}}");
        cluster.delete();
        String everything = Api.get("/mooring/v1/audit?team=*&per_page=200").asString();
        assertThat(everything).contains("reset_auth").contains("(masked)");
        for (String secret : secrets) {
            assertThat(everything).doesNotContain(secret);
        }
    }

    @Test
    void refusalsAreThereInBounds() {
        JsonPath reader = token("reader", "tag:read").jsonPath();
        String token = reader.getString("token.token");
        for (int i = 0; i < 100; i++) {
            assertThat(Api.as(token).body("{\"name\":\"x\"}").post("/v2/tags").statusCode())
                    .isEqualTo(403);
        }
        JsonPath seen = audit("&token=" + reader.getString("token.id"));
        assertThat(seen.getInt("meta.total")).isBetween(1, 20);
        assertThat(seen.getList("entries.status")).containsOnly(403);
        assertThat(seen.getList("entries.endpoint")).containsOnly("/v2/tags");
        for (int i = 0; i < 50; i++) {
            assertThat(Api.as("mrg_nobody").delete("/v2/tags/nobodys-tag").statusCode())
                    .isEqualTo(401);
        }
        JsonPath nobody = audit("&team=*&subject=nobodys-tag");
        assertThat(nobody.getInt("meta.total")).isBetween(0, 20);
        assertThat(audit("&subject=nobodys-tag").getInt("meta.total"))
                .as("nobody is in no team")
                .isZero();
        // A reader of the API is not written down at all.
        assertThat(Api.as("mrg_nobody").get("/v2/tags/nobodys-reads").statusCode())
                .isEqualTo(401);
        assertThat(audit("&team=*&subject=nobodys-reads").getInt("meta.total")).isZero();
    }

    @Test
    void aTeamSeesItsOwnAndTheAdministratorEverybodys() {
        String name = "seen-" + UUID.randomUUID().toString().substring(0, 8);
        Api.post("/mooring/v1/teams", "{\"name\":\"" + name + "\"}");
        String token = Api.post("/mooring/v1/teams/" + name + "/tokens", "{\"name\":\"own\",\"scopes\":[\"*\"]}")
                .jsonPath()
                .getString("token.token");
        Instant start = Instant.now().minusSeconds(1);
        for (String tag : List.of("one", "two", "three")) {
            Api.as(token).body("{\"name\":\"" + tag + "\"}").post("/v2/tags");
        }
        JsonPath own = Api.as(token).get("/mooring/v1/audit").jsonPath();
        assertThat(own.getList("entries.team")).containsOnly(name).hasSize(3);
        JsonPath page = Api.as(token).get("/mooring/v1/audit?per_page=2&page=2").jsonPath();
        assertThat(page.getList("entries")).hasSize(1);
        assertThat(page.getInt("meta.total")).isEqualTo(3);
        assertThat(page.getString("links.pages.prev")).contains("page=1");
        assertThat(audit("&team=" + name + "&since=" + start).getInt("meta.total"))
                .isEqualTo(3);
        assertThat(audit("&team=" + name + "&until=" + start).getInt("meta.total"))
                .isZero();
        assertThat(audit("").getList("entries.team")).doesNotContain(name);
        assertThat(audit("&team=*").getList("entries.team")).contains(name, "default");
        for (String other : List.of("default", "*", UUID.randomUUID().toString())) {
            assertThat(Api.as(token).get("/mooring/v1/audit?team=" + other).statusCode())
                    .as(other)
                    .isEqualTo(404);
        }
        for (String wrong : List.of("since=yesterday", "until=1", "token=x", "team=nobody", "page=0")) {
            assertThat(Api.get("/mooring/v1/audit?" + wrong).statusCode())
                    .as(wrong)
                    .isEqualTo(400);
        }
        for (String method : List.of("POST", "PUT", "PATCH", "DELETE")) {
            assertThat(Api.as(TestGround.TOKEN)
                            .request(method, "/mooring/v1/audit")
                            .statusCode())
                    .as("nothing changes it")
                    .isEqualTo(405);
        }
    }
}
