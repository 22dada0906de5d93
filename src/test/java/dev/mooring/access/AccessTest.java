package dev.mooring.access;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.config.EncoderConfig;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who may do what. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class AccessTest {

    private static String token(String... scopes) {
        Response made = Api.post(
                "/mooring/v1/tokens", "{\"name\":\"test\",\"scopes\":[\"" + String.join("\",\"", scopes) + "\"]}");
        assertThat(made.statusCode()).as(made.asString()).isEqualTo(201);
        return made.jsonPath().getString("token.token");
    }

    @Test
    void withoutAValidTokenNobodyGetsIn() {
        for (String header : List.of("Bearer mrg_unknown", "Bearer ", "Basic YTpi", "nonsense")) {
            Response answer = given().header("Authorization", header).get("/v2/databases");
            assertThat(answer.statusCode()).as(header).isEqualTo(401);
            assertThat(answer.jsonPath().getString("id")).isEqualTo("unauthorized");
            assertThat(answer.jsonPath().getString("message")).isEqualTo("Unable to authenticate you");
        }
        assertThat(given().get("/v2/databases").statusCode()).isEqualTo(401);
    }

    @Test
    void aTokenLooksLikeAJwtAndItsSecretAloneWorksToo() {
        String token = token("database:read");
        assertThat(token).matches("[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.mrg_[0-9a-f]{64}");
        assertThat(Api.as(token).get("/v2/databases").statusCode()).isEqualTo(200);
        assertThat(Api.as(token.substring(token.lastIndexOf('.') + 1))
                        .get("/v2/databases")
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void aTokenDoesWhatItsScopesSayAndNoMore() {
        String reader = token("database:read");
        Response refused =
                Api.as(reader).body(Api.clusterBody(Api.uniqueName(), "16")).post("/v2/databases");
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.jsonPath().getString("id")).isEqualTo("forbidden");
        assertThat(Api.as(reader).get("/v2/account").statusCode()).isEqualTo(403);
        assertThat(Api.as(token("account:read")).get("/v2/databases").statusCode())
                .isEqualTo(403);
    }

    @Test
    void passwordsAreForThoseWhoMaySeeThem() {
        Api.TestCluster cluster = Api.cluster("16");
        Response seen = Api.as(token("database:read")).get(cluster.path(""));
        assertThat(seen.asString()).doesNotContain(cluster.password());
        assertThat(seen.jsonPath().getMap("database.connection")).doesNotContainKey("password");
        assertThat(seen.jsonPath().getString("database.connection.uri")).startsWith("postgresql://doadmin@");
        assertThat(Api.as(token("database:read")).get(cluster.path("/users")).asString())
                .doesNotContain(cluster.password());
        assertThat(Api.as(token("database:read", "database:view_credentials"))
                        .get(cluster.path(""))
                        .asString())
                .contains(cluster.password());
        assertThat(Api.get(cluster.path("")).asString()).contains(cluster.password());
        cluster.delete();
    }

    @Test
    void nobodyHandsOnMoreThanTheyHave() {
        String manager = token("token:manage", "database:read");
        Response more = Api.as(manager)
                .body("{\"name\":\"x\",\"scopes\":[\"database:delete\",\"nonsense\"]}")
                .post("/mooring/v1/tokens");
        assertThat(more.statusCode()).isEqualTo(422);
        assertThat(more.jsonPath().getString("message"))
                .contains("lacks database:delete")
                .contains("nonsense");
        assertThat(Api.as(manager)
                        .body("{\"name\":\"x\",\"scopes\":[\"*\"]}")
                        .post("/mooring/v1/tokens")
                        .statusCode())
                .isEqualTo(422);
    }

    @Test
    void aRevokedTokenIsGoneAtOnce() {
        Response made = Api.post("/mooring/v1/tokens", "{\"name\":\"short\",\"scopes\":[\"database:read\"]}");
        String token = made.jsonPath().getString("token.token");
        String id = made.jsonPath().getString("token.id");
        assertThat(Api.as(token).get("/v2/databases").statusCode()).isEqualTo(200);
        assertThat(Api.get("/mooring/v1/tokens?per_page=200").asString())
                .contains(id)
                .doesNotContain(token);
        assertThat(Api.delete("/mooring/v1/tokens/" + id).statusCode()).isEqualTo(204);
        assertThat(Api.as(token).get("/v2/databases").statusCode()).isEqualTo(401);
        assertThat(Api.delete("/mooring/v1/tokens/" + id).statusCode()).isEqualTo(404);
    }

    @Test
    void nobodyShutsThemselvesOutByMistake() {
        Response made = Api.post("/mooring/v1/tokens", "{\"name\":\"own\",\"scopes\":[\"*\"]}");
        String token = made.jsonPath().getString("token.token");
        String id = made.jsonPath().getString("token.id");
        for (String path : List.of("/mooring/v1/tokens/" + id, "/mooring/v1/teams/default/tokens/" + id)) {
            Response asked = Api.as(token).delete(path);
            assertThat(asked.statusCode()).as(path).isEqualTo(409);
            assertThat(asked.jsonPath().getString("message")).contains("nothing was revoked", "?force=true");
            assertThat(Api.as(token).delete(path + "?force=false").statusCode()).isEqualTo(409);
        }
        assertThat(Api.as(token).get("/v2/databases").statusCode()).isEqualTo(200);
        assertThat(Api.as(token)
                        .delete("/mooring/v1/tokens/" + id + "?force=true")
                        .statusCode())
                .isEqualTo(204);
        assertThat(Api.as(token).get("/v2/databases").statusCode()).isEqualTo(401);
    }

    @Test
    void everyAnswerHasItsIdAndTheRateLimit() {
        Response answer = Api.get("/v2/databases");
        assertThat(answer.header("x-request-id")).isNotBlank();
        assertThat(answer.header("content-type")).containsIgnoringCase("charset=utf-8");
        for (String header : List.of("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset")) {
            assertThat(Long.parseLong(answer.header(header))).isPositive();
        }
        assertThat(Api.get("/v2/databases/none").header("ratelimit-limit")).isNotBlank();
    }

    @Test
    void aBodyMayComeUnderAnyName() {
        for (String type : List.of("text/plain", "application/x-www-form-urlencoded")) {
            Response answer = given().config(RestAssured.config()
                            .encoderConfig(EncoderConfig.encoderConfig().encodeContentTypeAs(type, ContentType.TEXT)))
                    .header("Authorization", "Bearer " + TestGround.TOKEN)
                    .contentType(type)
                    .body("{\"name\":\"lenient\"}")
                    .post("/v2/tags");
            assertThat(answer.statusCode()).as(type).isEqualTo(201);
        }
        assertThat(given().header("Authorization", "Bearer " + TestGround.TOKEN)
                        .contentType("application/json")
                        .get("/v2/tags/lenient")
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void whatClientsAskAboutTheAccountIsThere() {
        var account = Api.get("/v2/account").jsonPath();
        assertThat(account.getString("account.status")).isEqualTo("active");
        assertThat(account.getString("account.team.name")).isEqualTo("default");
        assertThat(Api.get("/v1/oauth/token/info").jsonPath().getList("scopes")).contains("read", "write");
        assertThat(Api.get("/v2/projects/default").jsonPath().getBoolean("project.is_default"))
                .isTrue();
        assertThat(Api.get("/v2/projects").jsonPath().getInt("meta.total")).isEqualTo(1);
        assertThat(Api.get("/v2/regions?per_page=200").jsonPath().getList("regions.slug"))
                .contains("nyc1", "ams3");
        var vpcs = Api.get("/v2/vpcs?per_page=5").jsonPath();
        assertThat(vpcs.getList("vpcs")).hasSize(5);
        assertThat(vpcs.getString("links.pages.last")).contains("page=3").contains("per_page=5");
        assertThat(Api.get("/v2/vpcs/" + vpcs.getString("vpcs[0].id")).statusCode())
                .isEqualTo(200);
        assertThat(Api.get("/v2/vpcs/" + java.util.UUID.randomUUID()).statusCode())
                .isEqualTo(404);
    }

    @Test
    void theDocumentationCoversWhatIsServed() {
        Response openapi = given().accept("application/json").get("/q/openapi?format=json");
        assertThat(openapi.statusCode()).isEqualTo(200);
        assertThat(openapi.jsonPath().getMap("paths").keySet())
                .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.iterable(String.class))
                .contains(
                        "/v2/databases",
                        "/v2/databases/{id}/users/{name}/reset_auth",
                        "/mooring/v1/operations/{id}/events");
        assertThat(given().get("/q/health/ready").statusCode()).isEqualTo(200);
        assertThat(Api.get("/q/metrics").asString())
                .contains("mooring_operations_due")
                .contains("mooring_clusters_watched");
    }
}
