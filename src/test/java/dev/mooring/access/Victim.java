package dev.mooring.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.Endpoints.Endpoint;
import io.restassured.response.Response;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** What the administrators' team has, for others to be kept away from: one of everything that has an id or a name. */
record Victim(
        Api.TestCluster cluster,
        String operation,
        String app,
        String appName,
        String deployment,
        String application,
        String instance,
        String tag,
        String token,
        String project,
        String network) {

    static Victim make() {
        String mark = UUID.randomUUID().toString().replace("-", "").substring(0, 10);
        Response provisioned = Api.post(
                "/v1alpha1/default/databases/userdb",
                "{\"Name\":\"v_%s\",\"AdminName\":\"todo_user\",\"AdminPassword\":\"c0rrect%%horse#1\"}"
                        .formatted(mark));
        assertThat(provisioned.statusCode()).as(provisioned.asString()).isEqualTo(200);
        String id = Api.get("/v2/databases").jsonPath().getString("databases.find { it.name == 'v_" + mark + "' }.id");
        Api.TestCluster cluster =
                Api.TestCluster.of(Api.get("/v2/databases/" + id).jsonPath());
        cluster.awaitOnline();
        Response registered = Api.put(
                "/v1alpha1/default/applications", "{\"name\":\"b_%s\",\"database\":\"v_%s\"}".formatted(mark, mark));
        assertThat(registered.statusCode()).as(registered.asString()).isEqualTo(200);
        Response app = Api.post(
                "/v2/apps",
                "{\"spec\":{\"name\":\"a-%s\",\"region\":\"nyc\",\"databases\":[{\"name\":\"db\",\"engine\":\"PG\"}]}}"
                        .formatted(mark));
        assertThat(app.statusCode()).as(app.asString()).isEqualTo(200);
        String appId = app.jsonPath().getString("app.id");
        assertThat(Api.post("/v2/tags", "{\"name\":\"t-" + mark + "\"}").statusCode())
                .isEqualTo(201);
        return new Victim(
                cluster,
                Api.get("/mooring/v1/operations?cluster_id=" + id).jsonPath().getString("operations[0].id"),
                appId,
                "a-" + mark,
                Api.get("/v2/apps/" + appId + "/deployments").jsonPath().getString("deployments[0].id"),
                "b_" + mark,
                "v_" + mark,
                "t-" + mark,
                Api.post("/mooring/v1/tokens", "{\"name\":\"k-" + mark + "\",\"scopes\":[\"*\"]}")
                        .jsonPath()
                        .getString("token.id"),
                Api.get("/v2/projects/default").jsonPath().getString("project.id"),
                Api.get("/v2/vpcs").jsonPath().getString("vpcs[0].id"));
    }

    /** For the parameters of a path: its own ids, where it is really theirs. */
    Map<String, String> values(Endpoint endpoint) {
        Map<String, String> values = new HashMap<>(Map.of(
                "deployment", deployment,
                "event", deployment,
                "team", "default",
                "token", token,
                "instance", instance,
                "application", application,
                "slug", "basic",
                "*", UUID.randomUUID().toString()));
        String path = endpoint.path();
        values.put("id", idOf(path));
        values.put("name", nameOf(path));
        return values;
    }

    private String idOf(String path) {
        return path.contains("/apps/")
                ? app
                : path.contains("/operations/")
                        ? operation
                        : path.contains("/tokens/")
                                ? token
                                : path.contains("/projects/")
                                        ? project
                                        : path.contains("/vpcs/") ? network : cluster.id();
    }

    private String nameOf(String path) {
        return path.contains("/users/")
                ? "doadmin"
                : path.contains("/dbs/")
                        ? "defaultdb"
                        : path.contains("/tags/")
                                ? tag
                                : path.contains("/applications/")
                                        ? application
                                        : path.contains("/v1alpha1/") ? instance : "db";
    }

    /** What no answer to another team may contain. */
    List<String> marks() {
        return List.of(
                cluster.id(),
                cluster.password(),
                operation,
                app,
                appName,
                deployment,
                application,
                instance,
                tag,
                token,
                project,
                network);
    }

    void assertUntouched() {
        var seen = Api.get(cluster.path("")).jsonPath();
        assertThat(seen.getString("database.status")).isEqualTo("online");
        assertThat(seen.getString("database.size")).isEqualTo("db-s-1vcpu-1gb");
        assertThat(seen.getString("database.connection.password")).isEqualTo(cluster.password());
        assertThat(seen.getList("database.users.name")).doesNotContain("bob");
        assertThat(seen.getList("database.db_names")).doesNotContain("more");
        assertThat(Api.get("/v2/apps/" + app).statusCode()).isEqualTo(200);
        assertThat(Api.get("/v2/tags/" + tag).statusCode()).isEqualTo(200);
        assertThat(Api.get("/v1alpha1/default/applications/" + application).statusCode())
                .isEqualTo(200);
        assertThat(Api.get("/mooring/v1/tokens?per_page=200").asString()).contains(token);
    }
}
