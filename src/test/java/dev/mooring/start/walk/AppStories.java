package dev.mooring.start.walk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.Repository;
import io.restassured.path.json.JsonPath;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.util.List;

/** Apps with their code and their dev databases. */
final class AppStories {

    private static final String SIZE = "db-s-2vcpu-4gb";
    private static final String SERVER = """
            import http.server, os
            class Page(http.server.BaseHTTPRequestHandler):
                def do_GET(self):
                    self.send_response(200)
                    self.end_headers()
                    self.wfile.write(b"RELEASE")
            http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Page).serve_forever()
            """;

    private final Scene scene;
    private final Repository repository;

    AppStories(Scene scene) throws IOException, InterruptedException {
        this.scene = scene;
        // Beside what Mooring keeps, and removed with it.
        this.repository = new Repository(scene.mooring.log().getParent());
    }

    List<Story> all() {
        return List.of(
                Story.of("deploy-app", () -> null, nothing -> create(database()), nothing -> databaseServes(onlyApp()))
                        .way("a database only")
                        .passesBy(
                                "nothing runs",
                                "SOURCE",
                                "BUILD",
                                "REHEARSE",
                                "PRE_DEPLOY",
                                "START",
                                "SWITCH",
                                "POST_DEPLOY")
                        .whenCancelled(nothing -> assertThat(phase(onlyApp())).isEqualTo("CANCELED")),
                Story.of("deploy-app", this::serving, this::deployAnother, app -> serves(app, "two"))
                        .way("the next release")
                        .whenCancelled(app -> serves(app, "one")),
                Story.of("convert-database", this::appWithDatabase, this::convert, this::isManaged)
                        .passesBy(Story.WALKED_WITH + "resize-cluster, whose code it is", "NODES")
                        .whenCancelledBefore("RESTART", this::isNotManaged),
                Story.of("remove-app", this::serving, this::remove, this::isGone));
    }

    private String database() {
        return "\"databases\":[{\"name\":\"db\",\"engine\":\"PG\",\"version\":\"15\"}]";
    }

    private void create(String content) {
        scene.ask(() -> scene.mooring
                .api()
                .body("{\"spec\":{\"name\":\"" + Api.uniqueName() + "\",\"region\":\"nyc\"," + content + "}}")
                .post("/v2/apps"));
    }

    private String onlyApp() {
        return scene.mooring.api().get("/v2/apps").jsonPath().getString("apps[0].id");
    }

    private JsonPath app(String app) {
        return scene.mooring.api().get("/v2/apps/" + app).jsonPath();
    }

    private String phase(String app) {
        return scene.mooring
                .api()
                .get("/v2/apps/" + app + "/deployments")
                .jsonPath()
                .getString("deployments[0].phase");
    }

    private void active(String app) {
        scene.await("deployment active").until(() -> "ACTIVE".equals(phase(app)));
    }

    private String databaseOf(String app) {
        return scene.mooring
                .api()
                .get("/v2/apps/" + app + "/database_connection_details")
                .jsonPath()
                .getString("connection_details[0].database_id");
    }

    private String appWithDatabase() {
        create(database());
        String app = onlyApp();
        active(app);
        scene.mooring.awaitOnline(databaseOf(app));
        return app;
    }

    private void databaseServes(String app) {
        active(app);
        scene.mooring.awaitOnline(databaseOf(app));
        scene.answers(databaseOf(app), "select 1", "1");
        scene.servers(1);
    }

    private String serving() throws Exception {
        repository.commit("server.py", SERVER.replace("RELEASE", "one"));
        String source = "\"git\":{\"repo_clone_url\":\"" + repository.url() + "\",\"branch\":\"main\"}";
        create("""
                "services":[{"name":"web",%1$s,"run_command":"exec python3 server.py"}],
                "jobs":[{"name":"before","kind":"PRE_DEPLOY",%1$s,"run_command":"true"},
                  {"name":"after","kind":"POST_DEPLOY",%1$s,"run_command":"true"}],%2$s""".formatted(source, database()));
        String app = onlyApp();
        serves(app, "one");
        return app;
    }

    private void deployAnother(String app) throws Exception {
        repository.commit("server.py", SERVER.replace("RELEASE", "two"));
        scene.ask(() -> scene.mooring.api().body("{}").post("/v2/apps/" + app + "/deployments"));
    }

    private void serves(String app, String release) {
        scene.await("the page of " + app + " is " + release).ignoreExceptions().until(() -> page(app), release::equals);
        scene.mooring.awaitOnline(databaseOf(app));
        scene.servers(1);
        scene.await("one process serves")
                .until(() -> scene.processes(scene.mooring.home().apps()) <= 2);
    }

    private String page(String app) throws IOException, InterruptedException {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(app(app).getString("app.live_url")))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private void convert(String app) {
        String id = databaseOf(app);
        scene.ask(() -> scene.mooring
                .api()
                .body("{\"name\": \"" + Api.uniqueName() + "\", \"size\": \"" + SIZE + "\"}")
                .post("/mooring/v1/databases/" + id + "/convert"));
    }

    private void isManaged(String app) {
        active(app);
        scene.await("the spec names the cluster").until(() -> app(app).getBoolean("app.spec.databases[0].production"));
        String id = scene.mooring.api().get("/v2/databases").jsonPath().getString("databases[0].id");
        scene.mooring.awaitOnline(id);
        assertThat(scene.mooring.get(id).jsonPath().getString("database.size")).isEqualTo(SIZE);
        scene.answers(id, "show shared_buffers", "819MB");
        scene.servers(1);
    }

    /** The deployment that came with the conversion fails, and everything else is as it was. */
    private void isNotManaged(String app) {
        scene.await("the deployment has ended").until(() -> "ERROR".equals(phase(app)));
        assertThat(app(app).getMap("app.spec.databases[0]")).doesNotContainKeys("production", "cluster_name");
        scene.mooring.awaitOnline(databaseOf(app));
        scene.answers(databaseOf(app), "select 1", "1");
        scene.servers(1);
    }

    private void remove(String app) {
        scene.ask(() -> scene.mooring.api().delete("/v2/apps/" + app));
    }

    private void isGone(String app) throws Exception {
        assertThat(scene.mooring.api().get("/v2/apps/" + app).statusCode()).isEqualTo(404);
        assertThat(scene.processes(scene.mooring.home().apps())).isZero();
        assertThat(Files.notExists(scene.mooring.home().apps().resolve(app))).isTrue();
        // Its database is destroyed by an operation of its own.
        scene.await("its database gone")
                .until(() -> scene.mooring.postmasters() == 0
                        && scene.mooring.clusterFolders().isEmpty());
    }
}
