package dev.mooring.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import org.junit.jupiter.api.Test;

/** A deployment that failed is retried with the spec of today, by who may deploy. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class RetriedDeploymentTest {

    @Test
    void operationsOfAppsAreForTheScopesOfApps() {
        String name = AppApi.uniqueName();
        AppApi.TestApp app = AppApi.created(spec(name, 8080));
        app.newest();
        String failed = newest(app);
        assertThat(app.put(spec(name, 9090)).statusCode()).isEqualTo(200);
        app.newest();
        for (String scope : new String[] {"database:update", "database:create", "app:read", "app:delete"}) {
            assertThat(ask(token(scope), failed, "retry").statusCode())
                    .as(scope)
                    .isEqualTo(403);
            assertThat(ask(token(scope), failed, "cancel").statusCode())
                    .as(scope)
                    .isEqualTo(403);
        }
        Response retried = ask(token("app:update"), failed, "retry");
        assertThat(retried.statusCode()).as(retried.asString()).isEqualTo(200);
        assertThat(retried.jsonPath().getString("operation.id")).isNotEqualTo(failed);
        assertThat(app.newest().getInt("deployment.spec.services[0].http_port"))
                .as("the spec of today")
                .isEqualTo(9090);
        reading(app, failed);
        app.delete();
        assertThat(ask(TestGround.TOKEN, failed, "retry").statusCode())
                .as("of an app that is deleted")
                .isEqualTo(404);
    }

    private static void reading(AppApi.TestApp app, String operation) {
        String databases = token("database:read");
        String path = "/mooring/v1/operations";
        assertThat(Api.as(databases).get(path + "/" + operation).statusCode()).isEqualTo(403);
        assertThat(Api.as(databases).get(path + "/" + operation + "/events").statusCode())
                .isEqualTo(403);
        assertThat(Api.as(databases)
                        .get(path + "?app_id=" + app.id())
                        .jsonPath()
                        .getInt("meta.total"))
                .isZero();
        assertThat(Api.get(path + "/" + java.util.UUID.randomUUID() + "/events").statusCode())
                .isEqualTo(404);
        String apps = token("app:read");
        assertThat(Api.as(apps).get(path + "/" + operation).statusCode()).isEqualTo(200);
        assertThat(Api.as(apps).get(path).jsonPath().getList("operations.kind", String.class))
                .isNotEmpty()
                .allMatch(kind -> kind.endsWith("-app"));
    }

    /** Fails: there is no such cluster. */
    private static String spec(String name, int port) {
        return """
                {"name":"%s","region":"nyc",
                 "services":[{"name":"web","git":{"repo_clone_url":"https://example.com/x.git","branch":"main"},"http_port":%d}],
                 "databases":[{"name":"db","engine":"PG","production":true,"cluster_name":"nowhere-%s"}]}""".formatted(name, port, name);
    }

    private static String newest(AppApi.TestApp app) {
        return Api.get("/mooring/v1/operations?app_id=" + app.id()).jsonPath().getString("operations[0].id");
    }

    private static Response ask(String token, String operation, String what) {
        return Api.as(token).post("/mooring/v1/operations/" + operation + "/" + what);
    }

    private static String token(String scope) {
        Response made = Api.post(
                "/mooring/v1/tokens", "{\"name\": \"%s\", \"scopes\": [\"%s\"]}".formatted(Api.uniqueName(), scope));
        assertThat(made.statusCode()).as(made.asString()).isEqualTo(201);
        return made.jsonPath().getString("token.token");
    }
}
