package dev.mooring.app;

import static dev.mooring.app.ServiceWithDatabase.DEV;
import static dev.mooring.app.ServiceWithDatabase.env;
import static dev.mooring.app.ServiceWithDatabase.spec;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a spec is answered as, and what becomes of the secrets in it. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class AppSecretsTest {

    @Test
    void theSpecIsEchoedAsItWasSentButForSecrets() {
        AppApi.TestApp app = AppApi.created(spec(AppApi.uniqueName(), DEV));
        String echoed = Api.get(app.path("")).asString();
        assertThat(echoed)
                .contains("\"unknown_member\":{\"a\":1.50}")
                .contains("\"databases\":[{\"name\":\"db\",\"engine\":\"PG\",\"version\":\"16\"}]")
                .contains("\"value\":\"${db.DATABASE_URL}\"")
                .doesNotContain("xyzzy");
        assertThat(app.get("").getString("app.spec.envs[0].value"))
                .matches("EV\\[1:[A-Za-z0-9+/]{32}:[A-Za-z0-9+/=]+]");
        app.delete();
    }

    @Test
    void aSecretThatIsStillTheSameStartsNoDeployment() {
        String name = AppApi.uniqueName();
        AppApi.TestApp app = AppApi.created(spec(name, DEV));
        app.awaitActive();
        String encrypted = app.get("").getString("app.spec.envs[0].value");
        for (String same : List.of(spec(name, DEV), spec(name, DEV).replace("xyzzy", encrypted))) {
            JsonPath again = app.put(same).jsonPath();
            assertThat(again.getString("app.spec.envs[0].value")).isEqualTo(encrypted);
            assertThat(again.getString("app.pending_deployment.phase")).isEqualTo("ACTIVE");
            assertThat(app.get("/deployments").getInt("meta.total")).isEqualTo(1);
        }
        JsonPath other = app.put(spec(name, DEV).replace("xyzzy", "other")).jsonPath();
        assertThat(other.getString("app.spec.envs[0].value")).isNotEqualTo(encrypted);
        app.awaitActive();
        assertThat(app.get("/deployments").getInt("meta.total")).isEqualTo(2);
        assertThat(env(app, "web")).containsEntry("WORD", "other");
        app.delete();
    }

    @Test
    void theGuidesUpdateIsAcceptedWithTheAppsOwnSecret() {
        String name = AppApi.uniqueName();
        Response created = Api.post("/v2/apps", GuideExamples.curl(name, "plain"));
        assertThat(created.statusCode()).as(created.asString()).isEqualTo(200);
        String id = created.jsonPath().getString("app.id");
        String secret = created.jsonPath().getString("app.spec.envs[0].value");
        Response updated = Api.put("/v2/apps/" + id, GuideExamples.curl(name, secret));
        assertThat(updated.statusCode()).as(updated.asString()).isEqualTo(200);
        assertThat(updated.asString()).doesNotContain("1234567890abcdef");
        Response foreign = Api.put("/v2/apps/" + id, GuideExamples.curl(name, GuideExamples.FOREIGN_SECRET));
        assertThat(foreign.statusCode()).isEqualTo(400);
        AppApi.TestApp pydo = new AppApi.TestApp(
                Api.post("/v2/apps", GuideExamples.pydo(AppApi.uniqueName()))
                        .jsonPath()
                        .getString("app.id"),
                null);
        assertThat(pydo.newest().getString("deployment.progress.steps.find { it.status == 'ERROR' }.reason.message"))
                .contains("there is no database cluster named cluster_name");
        pydo.delete();
        Api.delete("/v2/apps/" + id);
    }

    @Test
    void yamlIsAnsweredToWhoAsksForIt() {
        AppApi.TestApp app = AppApi.created(spec(AppApi.uniqueName(), DEV));
        String yaml = Api.as(TestGround.TOKEN)
                .accept("application/yaml")
                .get(app.path(""))
                .asString();
        assertThat(yaml).startsWith("app:\n").contains("version: \"16\"");
        app.delete();
    }
}
