package dev.mooring.app.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.Boundary;
import dev.mooring.support.MooringProcess;
import dev.mooring.support.Repository;
import dev.mooring.support.TestGround;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Apps whose code runs on this machine: a web server that answers from a table that a job has made in its dev database.
 * Written for the shell and Python, which the machines that run these tests have.
 */
@Tag("once")
class AppRuntimeIT {

    private static final String SERVER = """
            import http.server, os, subprocess, time

            class Notes(http.server.BaseHTTPRequestHandler):
                def do_GET(self):
                    if self.path == "/slow":
                        print("slow request", flush=True)
                        time.sleep(4)
                    query = subprocess.run(["psql", os.environ["DATABASE_URL"], "-Atc", "select note from notes order by 1"],
                                           capture_output=True, text=True)
                    self.send_response(200 if query.returncode == 0 else 500)
                    self.end_headers()
                    self.wfile.write((VERSION + query.stdout + query.stderr).encode())

            VERSION = "one "
            print("serving on", os.environ["PORT"], flush=True)
            http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Notes).serve_forever()
            """;
    private static final String MIGRATE = """
            echo "migrating as $STAGE"
            psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -c "create table if not exists notes (note text primary key)" \\
              -c "insert into notes values ('made by a job') on conflict do nothing"
            """;

    private static Path folder;
    private static Repository repository;
    private static MooringProcess mooring;

    private String app;
    private String name;

    @BeforeAll
    static void start() throws Exception {
        folder = TestGround.newFolder();
        repository = new Repository(folder);
        repository.commit("server.py", SERVER);
        repository.commit("migrate.sh", MIGRATE);
        mooring = new MooringProcess(
                        "28800-28849", Map.of("MOORING_APPS_RUNTIME", "local", "MOORING_APPS_PORTS", "28850-28899"))
                .start();
    }

    @AfterAll
    static void stop() throws Exception {
        mooring.close();
        dev.mooring.home.MooringHome.deleteTree(folder);
    }

    @BeforeEach
    void newName() {
        name = "a" + UUID.randomUUID().toString().substring(0, 18);
    }

    @AfterEach
    void delete() {
        mooring.api().delete("/v2/apps/" + app);
        Awaitility.await("nothing of the app is left; log: " + mooring.log())
                .atMost(Duration.ofSeconds(60))
                .until(() -> mooring.postmasters() == 0 && appProcesses() == 0);
    }

    private String spec(String migrate) {
        String source = "\"git\":{\"repo_clone_url\":\"" + repository.url() + "\",\"branch\":\"main\"}";
        return """
                {"spec":{"name":"%s","region":"nyc","envs":[{"key":"STAGE","value":"test"},
                  {"key":"DATABASE_URL","value":"${db.DATABASE_URL}","scope":"RUN_TIME"}],
                 "services":[{"name":"web",%s,"build_command":"echo building as $STAGE; id -u; env; if [ $DIRECT ]; then psql $DIRECT -Atc 'select 1917 + 9'; fi","run_command":"exec python3 server.py"}],
                 "jobs":[{"name":"migrate","kind":"PRE_DEPLOY",%s,"run_command":"%s"},
                  {"name":"sorry","kind":"FAILED_DEPLOY",%s,"run_command":"echo so sorry"}],
                 "databases":[{"name":"db","engine":"PG","version":"16"}]}}""".formatted(name, source, source, migrate, source);
    }

    /** As a value: what is bound is known when the app runs, not before. */
    private String withTheDatabaseWhileBuilding(String spec) {
        String url = mooring.api()
                .get("/v2/apps/" + app + "/database_connection_details")
                .jsonPath()
                .getString("connection_details[0].database_url");
        return spec.replace(
                "\"envs\":[", "\"envs\":[{\"key\":\"DIRECT\",\"value\":\"" + url + "\",\"scope\":\"BUILD_TIME\"},");
    }

    private JsonPath create(String body) {
        Response answer = mooring.api().body(body).post("/v2/apps");
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        app = answer.jsonPath().getString("app.id");
        return answer.jsonPath();
    }

    private JsonPath deployment(String id) {
        return mooring.api().get("/v2/apps/" + app + "/deployments/" + id).jsonPath();
    }

    private JsonPath ended(String id) {
        Awaitility.await("deployment " + id + " over; log: " + mooring.log())
                .atMost(Duration.ofSeconds(90))
                .pollInterval(Duration.ofMillis(100))
                .ignoreExceptions()
                .until(() -> !deployment(id).getString("deployment.phase").matches("PENDING_BUILD|BUILDING|DEPLOYING"));
        return deployment(id);
    }

    private void assertActive(String id) {
        JsonPath deployment = ended(id);
        assertThat(deployment.getString("deployment.phase"))
                .as(deployment.prettify())
                .isEqualTo("ACTIVE");
    }

    private String page() throws IOException, InterruptedException {
        String url = mooring.api().get("/v2/apps/" + app).jsonPath().getString("app.live_url");
        HttpResponse<String> answer = HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString());
        return answer.statusCode() + " " + answer.body().strip();
    }

    private String logs(String type) {
        JsonPath links =
                mooring.api().get("/v2/apps/" + app + "/logs?type=" + type).jsonPath();
        return mooring.anyone()
                .get(URI.create(links.getString("historic_urls[0]")))
                .asString();
    }

    private static long appProcesses() {
        String apps = mooring.home().apps().toString();
        return ProcessHandle.allProcesses()
                .filter(process -> process.info()
                        .commandLine()
                        .map(line -> line.contains(apps))
                        .orElse(false))
                .count();
    }

    @Test
    void anAppAnswersFromTheTableThatItsJobHasMade() throws Exception {
        String first = create(spec("sh migrate.sh")).getString("app.pending_deployment.id");
        assertActive(first);
        assertThat(page()).isEqualTo("200 one made by a job");
        assertThat(logs("BUILD"))
                .contains("building as test", "build-service-web - STAGE=test")
                .as("an account of its own, and nothing of Mooring's environment")
                .doesNotContain("build-service-web - 0\n", "MOORING_", "QUARKUS_");
        assertThat(logs("DEPLOY")).contains("run-job-migrate - migrating as test");
        assertThat(logs("RUN")).contains("serving on");
        assertThat(mooring.api()
                        .get("/v2/apps/" + app + "/instances")
                        .jsonPath()
                        .getList("instances.component_name"))
                .containsExactly("web");
        assertThat(mooring.api()
                        .get("/v2/apps/" + app + "/health")
                        .jsonPath()
                        .getString("app_health.components[0].state"))
                .isEqualTo("HEALTHY");
        // The next commit, and a password that changes on the way.
        String commit = repository.commit("server.py", SERVER.replace("one ", "two "));
        String second = mooring.api()
                .body(withTheDatabaseWhileBuilding(spec("sh migrate.sh")))
                .put("/v2/apps/" + app)
                .jsonPath()
                .getString("app.pending_deployment.id");
        assertActive(second);
        assertThat(logs("BUILD"))
                .as("a build is let in by a database that trusts nobody but the app")
                .contains("build-service-web - 1926");
        assertThat(page()).isEqualTo("200 two made by a job");
        assertThat(deployment(second).getString("deployment.services[0].source_commit_hash"))
                .isEqualTo(commit);
        assertThat(deployment(first).getString("deployment.phase")).isEqualTo("SUPERSEDED");
        assertThat(appProcesses()).as("the old ones have ended").isPositive().isLessThan(3);
        // Back to the commit of the first.
        String back = mooring.api()
                .body("{\"deployment_id\":\"" + first + "\"}")
                .post("/v2/apps/" + app + "/rollback")
                .jsonPath()
                .getString("deployment.id");
        assertActive(back);
        assertThat(page()).isEqualTo("200 one made by a job");
        repository.commit("server.py", SERVER);
    }

    @Test
    void aFailedMigrationKeepsThePreviousDeployment() throws Exception {
        assertActive(create(spec("sh migrate.sh")).getString("app.pending_deployment.id"));
        String failing = mooring.api()
                .body(spec("printf 'about to \\\\000 \\\\377 fail\\\\n'; echo the reason is this >&2; exit 3"))
                .put("/v2/apps/" + app)
                .jsonPath()
                .getString("app.pending_deployment.id");
        JsonPath failed = ended(failing);
        assertThat(failed.getString("deployment.phase")).isEqualTo("ERROR");
        assertThat(failed.getInt("deployment.progress.error_steps")).isEqualTo(1);
        assertThat(failed.getString("deployment.progress.steps.find { it.status == 'ERROR' }.name"))
                .isEqualTo("pre_deploy");
        assertThat(failed.getString("deployment.progress.steps.find { it.status == 'ERROR' }.reason.message"))
                .contains("the job migrate ended with 3")
                .as("bytes that no database takes keep nothing running")
                .contains("about to \uFFFD \uFFFD fail")
                .contains("the reason is this");
        assertThat(logs("DEPLOY")).contains("run-job-sorry - so sorry");
        assertThat(page()).isEqualTo("200 one made by a job");
    }

    @Test
    void aServiceThatDoesNotStartKeepsThePreviousDeployment() throws Exception {
        assertActive(create(spec("sh migrate.sh")).getString("app.pending_deployment.id"));
        String failing = mooring.api()
                .body(spec("sh migrate.sh").replace("exec python3 server.py", "echo no way; exit 4"))
                .put("/v2/apps/" + app)
                .jsonPath()
                .getString("app.pending_deployment.id");
        assertThat(ended(failing).getString("deployment.progress.steps.find { it.status == 'ERROR' }.reason.message"))
                .contains("web ended right after its start with 4")
                .contains("no way");
        assertThat(page()).isEqualTo("200 one made by a job");
    }

    @Test
    void aProcessThatDiesIsStartedAgain() throws Exception {
        assertActive(create(spec("sh migrate.sh")).getString("app.pending_deployment.id"));
        ProcessHandle.allProcesses()
                .filter(process -> process.info().commandLine().orElse("").contains("python3 server.py"))
                .filter(process -> process.info().commandLine().orElse("").startsWith("python3")
                        || process.info().command().orElse("").contains("python"))
                .forEach(ProcessHandle::destroyForcibly);
        Awaitility.await("the server answers again")
                .atMost(Duration.ofSeconds(30))
                .ignoreExceptions()
                .until(() -> page().startsWith("200 one"));
    }

    @Test
    void logsAreFollowedForAsLongAsTheTokenIsValidThatAskedForThem() throws Exception {
        assertActive(create(spec("sh migrate.sh")).getString("app.pending_deployment.id"));
        JsonPath reader = mooring.api()
                .body("{\"name\":\"reader\",\"scopes\":[\"app:read\"]}")
                .post("/mooring/v1/tokens")
                .jsonPath();
        JsonPath run = links(reader, "RUN");
        Followed running = new Followed(run);
        page();
        running.awaitText("GET / HTTP");
        assertThat(running.text()).contains("service-web-0 - serving on");
        Followed over = new Followed(links(reader, "DEPLOY"));
        over.awaitEnd();
        assertThat(over.text()).contains("run-job-migrate - migrating as test");
        assertThat(mooring.anyone().get("/mooring/v1/live-logs?token=none").statusCode())
                .isEqualTo(404);
        URI historic = URI.create(run.getString("historic_urls[0]"));
        assertThat(mooring.anyone().get(historic).statusCode()).isEqualTo(200);

        mooring.api().delete("/mooring/v1/tokens/" + reader.getString("token.id"));
        assertThat(mooring.anyone().get(historic).statusCode()).isEqualTo(404);
        running.awaitEnd();
    }

    private JsonPath links(JsonPath token, String type) {
        return mooring.anyone()
                .header("Authorization", "Bearer " + token.getString("token.token"))
                .get("/v2/apps/" + app + "/logs?follow=true&type=" + type)
                .jsonPath();
    }

    @Test
    void aRequestUnderWayIsAnsweredByTheDeploymentThatGotIt() throws Exception {
        assertActive(create(spec("sh migrate.sh")).getString("app.pending_deployment.id"));
        String url = mooring.api().get("/v2/apps/" + app).jsonPath().getString("app.live_url");
        CompletableFuture<HttpResponse<String>> slow = HttpClient.newHttpClient()
                .sendAsync(
                        HttpRequest.newBuilder(URI.create(url + "/slow")).build(),
                        HttpResponse.BodyHandlers.ofString());
        Awaitility.await("the request is under way")
                .atMost(Duration.ofSeconds(10))
                .until(() -> logs("RUN").contains("slow request"));
        String second = mooring.api()
                .body("{}")
                .post("/v2/apps/" + app + "/deployments")
                .jsonPath()
                .getString("deployment.id");
        assertActive(second);
        assertThat(slow.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    }

    @Test
    void twoUpdatesAtOnceComeOneAfterTheOther() throws Exception {
        assertActive(create(spec("sh migrate.sh")).getString("app.pending_deployment.id"));
        String one = mooring.api()
                .body(spec("sh migrate.sh").replace("\"test\"", "\"second\""))
                .put("/v2/apps/" + app)
                .jsonPath()
                .getString("app.pending_deployment.id");
        String two = mooring.api()
                .body(spec("sh migrate.sh").replace("\"test\"", "\"third\""))
                .put("/v2/apps/" + app)
                .jsonPath()
                .getString("app.pending_deployment.id");
        assertActive(two);
        assertThat(ended(one).getString("deployment.phase")).isEqualTo("SUPERSEDED");
        assertThat(logs("DEPLOY")).contains("migrating as third");
        assertThat(page()).isEqualTo("200 one made by a job");
    }

    @Test
    void anAppCanBeDeletedWhileItIsDeployed() {
        create(spec("echo waiting; exec tail -f /dev/null"));
        Awaitility.await("the job runs")
                .atMost(Duration.ofSeconds(60))
                .ignoreExceptions()
                .until(() -> logs("DEPLOY").contains("waiting"));
        assertThat(mooring.api().delete("/v2/apps/" + app).statusCode()).isEqualTo(200);
        assertThat(mooring.api().get("/v2/apps/" + app).statusCode()).isEqualTo(404);
        // That nothing of it is left is what every test ends with.
    }

    @Test
    void aDeploymentCanBeCancelled() {
        String id = create(spec("echo waiting; exec tail -f /dev/null")).getString("app.pending_deployment.id");
        Awaitility.await("the job runs")
                .atMost(Duration.ofSeconds(60))
                .ignoreExceptions()
                .until(() -> logs("DEPLOY").contains("waiting"));
        assertThat(mooring.api()
                        .post("/v2/apps/" + app + "/deployments/" + id + "/cancel")
                        .statusCode())
                .isEqualTo(200);
        assertThat(ended(id).getString("deployment.phase")).isEqualTo("CANCELED");
        assertThat(appProcesses()).isZero();
    }

    @Test
    void anAppMayHaveNothingButADatabaseAndConvertIt() {
        assertActive(create("{\"spec\":{\"name\":\"" + name + "\",\"databases\":[{\"name\":\"db\"}]}}")
                .getString("app.pending_deployment.id"));
        Response byName = mooring.api().get("/v2/apps/" + name);
        assertThat(byName.jsonPath().getString("app.id")).isEqualTo(app);
        String database = devDatabase();
        mooring.awaitOnline(database);
        Response converted = mooring.api()
                .body("{\"name\":\"" + Api.uniqueName() + "\"}")
                .post("/mooring/v1/databases/" + database + "/convert");
        assertThat(converted.statusCode()).as(converted.asString()).isEqualTo(202);
        assertActive(converted.jsonPath().getString("deployment"));
        mooring.api().delete("/v2/apps/" + app);
        assertThat(mooring.api().delete("/v2/databases/" + database).statusCode())
                .isEqualTo(204);
    }

    private String devDatabase() {
        return mooring.api()
                .get("/v2/apps/" + app + "/database_connection_details")
                .jsonPath()
                .getString("connection_details[0].database_id");
    }

    @Test
    void anImageAsksForAnotherRuntime() {
        String id = create(
                        spec("sh migrate.sh")
                                .replaceFirst(
                                        "\"git\":\\{[^}]*}",
                                        "\"image\":{\"registry_type\":\"DOCKER_HUB\",\"registry\":\"library\",\"repository\":\"nginx\"}"))
                .getString("app.pending_deployment.id");
        assertThat(ended(id).getString("deployment.progress.steps.find { it.status == 'ERROR' }.reason.message"))
                .contains("services[0] (web): images need the Kubernetes runtime");
    }

    @ParameterizedTest
    @Tag("once")
    @ValueSource(strings = {"running,POST_DEPLOY", "running,SWITCH", "done,FINISH"})
    void aKillAtAnyStepChangesNothingAboutTheEnd(String place) throws Exception {
        String id;
        try (Boundary boundary = Boundary.before(mooring, "deploy-app", place.split(",")[0], place.split(",")[1])) {
            id = create(spec("sh migrate.sh")).getString("app.pending_deployment.id");
            boundary.awaitReached();
            mooring.kill();
            boundary.abandon();
        }
        mooring.start();
        assertActive(id);
        assertThat(page()).isEqualTo("200 one made by a job");
        assertThat(logs("DEPLOY").lines().filter(line -> line.contains("migrating as")))
                .as("the job ran once")
                .hasSize(1);
    }

    @ParameterizedTest
    @Tag("walk")
    @ValueSource(
            strings = {
                "running,DATABASES",
                "running,TRUSTED_SOURCES",
                "running,SOURCE",
                "running,BUILD",
                "running,PRE_DEPLOY",
                "running,START",
                "running,FINISH"
            })
    void walkThroughADeployment(String place) throws Exception {
        aKillAtAnyStepChangesNothingAboutTheEnd(place);
    }
}
