package dev.mooring.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import io.restassured.response.Response;
import java.util.Map;

/** An app of one service that has a database. */
final class ServiceWithDatabase {

    private ServiceWithDatabase() {}

    static final String GIT = "\"git\":{\"repo_clone_url\":\"https://example.com/x.git\",\"branch\":\"main\"}";

    static String spec(String name, String databases) {
        return """
                {"name":"%s","region":"nyc","envs":[{"key":"WORD","value":"xyzzy","type":"SECRET"}],
                 "services":[{"name":"web",%s,"http_port":8080,"unknown_member":{"a":1.50},
                  "envs":[{"key":"DATABASE_URL","value":"${db.DATABASE_URL}","scope":"RUN_TIME"},
                   {"key":"WHERE","value":"${db.HOSTNAME}:${db.PORT}"},{"key":"TYPO","value":"${dv.HOSTNAME}"},
                   {"key":"BOTH","value":"${WORD}/${APP_ID}"}]}],
                 "databases":[%s]}""".formatted(name, GIT, databases);
    }

    static final String DEV = "{\"name\":\"db\",\"engine\":\"PG\",\"version\":\"16\"}";

    static Map<String, String> env(AppApi.TestApp app, String component) {
        Response answer = Api.get("/mooring/v1/apps/" + app.id() + "/components/" + component + "/env");
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        return answer.jsonPath().getMap("");
    }
}
