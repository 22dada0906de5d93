package dev.mooring.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.TestGround;
import io.restassured.RestAssured;
import io.restassured.config.EncoderConfig;
import io.restassured.http.ContentType;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.time.Duration;
import java.util.UUID;
import org.awaitility.Awaitility;

/** What tests do with apps. */
public final class AppApi {

    private AppApi() {}

    /** Within the 32 characters of an app's name. */
    public static String uniqueName() {
        return "a" + UUID.randomUUID().toString().substring(0, 18);
    }

    static Response create(String spec) {
        return Api.post("/v2/apps", "{\"spec\":" + spec + "}");
    }

    static Response yaml(String path, String body) {
        return Api.as(TestGround.TOKEN)
                .config(RestAssured.config()
                        .encoderConfig(EncoderConfig.encoderConfig()
                                .encodeContentTypeAs("application/yaml", ContentType.TEXT)))
                .contentType("application/yaml")
                .body(body)
                .post(path);
    }

    public static TestApp created(String spec) {
        Response answer = create(spec);
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        return new TestApp(answer.jsonPath().getString("app.id"), answer.jsonPath());
    }

    /** @param answer to the request that made it */
    public record TestApp(String id, JsonPath answer) {

        String path(String rest) {
            return "/v2/apps/" + id + rest;
        }

        public JsonPath get(String rest) {
            Response answer = Api.get(path(rest));
            assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
            return answer.jsonPath();
        }

        public Response put(String spec) {
            return Api.put(path(""), "{\"spec\":" + spec + "}");
        }

        /** The deployment that the newest request has started, once it is over. */
        public JsonPath newest() {
            String deployment = get("/deployments").getString("deployments[0].id");
            return ended(deployment);
        }

        public JsonPath ended(String deployment) {
            Awaitility.await("deployment " + deployment + " over")
                    .atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofMillis(50))
                    .until(() -> !get("/deployments/" + deployment)
                            .getString("deployment.phase")
                            .matches("PENDING_BUILD|BUILDING|DEPLOYING"));
            return get("/deployments/" + deployment);
        }

        public void awaitActive() {
            JsonPath deployment = newest();
            assertThat(deployment.getString("deployment.phase"))
                    .as(deployment.prettify())
                    .isEqualTo("ACTIVE");
        }

        /** How the database component is reached. */
        public JsonPath database(int index) {
            JsonPath details = get("/database_connection_details");
            details.setRootPath("connection_details[" + index + "]");
            return details;
        }

        public void delete() {
            Response answer = Api.delete(path(""));
            assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
            assertThat(answer.jsonPath().getString("id")).isEqualTo(id);
        }
    }
}
