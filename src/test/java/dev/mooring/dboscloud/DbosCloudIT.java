package dev.mooring.dboscloud;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.DbosApp;
import dev.mooring.support.HostileArchives;
import dev.mooring.support.MooringProcess;
import dev.mooring.support.TestGround;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Applications of DBOS Cloud's API, whose code runs on this machine. */
@Tag("once")
class DbosCloudIT {

    private static final String DATABASES = "/v1alpha1/default/databases";
    private static final String APPLICATIONS = "/v1alpha1/default/applications";
    private static final int LARGE = 300 << 20;

    private static MooringProcess mooring;

    private String instance;
    private String app;

    @BeforeAll
    static void start() throws Exception {
        mooring = new MooringProcess(
                        "28700-28749", Map.of("MOORING_APPS_RUNTIME", "local", "MOORING_APPS_PORTS", "28750-28799"))
                .start();
    }

    @AfterAll
    static void stop() throws Exception {
        mooring.close();
    }

    @BeforeEach
    void register() {
        instance = "d_" + UUID.randomUUID().toString().replace("-", "").substring(0, 10);
        app = "notes-" + instance.substring(2);
        provision();
        ok(put("{\"name\":\"%s\",\"database\":\"%s\"}".formatted(app, instance)));
    }

    private void provision() {
        ok(mooring.api()
                .body("{\"Name\":\"%s\",\"AdminName\":\"todo_user\",\"AdminPassword\":\"correcthorse1\"}"
                        .formatted(instance))
                .post(DATABASES + "/userdb"));
        awaitAvailable(instance);
    }

    private static Response put(String body) {
        return mooring.api().body(body).put(APPLICATIONS);
    }

    @AfterEach
    void delete() {
        mooring.api().body("{\"dropdb\":true}").delete(APPLICATIONS + "/" + app);
        for (String name : mooring.api().get(DATABASES).jsonPath().<String>getList("PostgresInstanceName")) {
            Awaitility.await("destroyed " + name)
                    .atMost(Duration.ofSeconds(60))
                    .until(() ->
                            mooring.api().delete(DATABASES + "/userdb/" + name).statusCode() == 200);
        }
        Awaitility.await("nothing is left; log: " + mooring.log())
                .atMost(Duration.ofSeconds(60))
                .until(() -> mooring.postmasters() == 0);
    }

    private static void awaitAvailable(String name) {
        Awaitility.await(name + " available; log: " + mooring.log())
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(50))
                .until(
                        () -> mooring.api()
                                .get(DATABASES + "/userdb/info/" + name)
                                .jsonPath()
                                .getString("Status"),
                        "available"::equals);
    }

    private static Response ok(Response answer) {
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        return answer;
    }

    private static void error(Response answer, int status, String... texts) {
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(status);
        for (String text : texts) {
            assertThat(answer.jsonPath().getString("message")).contains(text);
        }
    }

    private Response deploy(String body) {
        return mooring.api().body(body).post(APPLICATIONS + "/" + app);
    }

    private String deployed(DbosApp code) {
        return ok(deploy(code.body())).jsonPath().getString("ApplicationVersion");
    }

    private Response change(String source, String target) {
        return mooring.api()
                .body("{%s,\"target_database_name\":\"%s\"}".formatted(source, target))
                .post(APPLICATIONS + "/" + app + "/changedbinstance");
    }

    private String status(String member) {
        return ok(mooring.api().get(APPLICATIONS + "/" + app)).jsonPath().getString(member);
    }

    private String page() throws IOException, InterruptedException {
        return page("");
    }

    private String page(String path) throws IOException, InterruptedException {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(status("AppURL").replaceFirst("/*$", "") + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    @Test
    void anAppIsDeployedMigratedAndMovedToARestoredInstance() throws Exception {
        assertThat(status("Status")).isEqualTo("UNAVAILABLE");
        assertThat(status("ApplicationDatabaseName")).isEmpty();
        error(
                mooring.api().body(new DbosApp("x").body()).post(APPLICATIONS + "/nosuch"),
                404,
                "application nosuch not found");
        error(put("{\"name\":\"%s\",\"database\":\"%s\"}".formatted(app, instance)), 409, "already exists");
        error(put("{\"name\":\"other-app\",\"database\":\"nosuch\"}"), 404, "database nosuch not found");
        error(put("{\"name\":\"secrets\",\"database\":\"%s\"}".formatted(instance)), 422, "name: must have");
        String first = deployed(new DbosApp("one"));
        assertThat(page()).isEqualTo("one todo_user|dbosadmin");
        assertThat(status("Status")).isEqualTo("AVAILABLE");
        assertThat(status("Version")).isEqualTo(first);
        assertThat(status("ApplicationDatabaseName")).isEqualTo("notes");
        error(
                deploy(new DbosApp("broken")
                        .with("migrate.sh", "echo about to fail; echo the reason is this >&2; exit 3")
                        .body()),
                422,
                "what ran before runs on",
                "ended with 1",
                "the reason is this");
        assertThat(page()).startsWith("one ");
        assertThat(status("Status")).isEqualTo("AVAILABLE");
        assertThat(status("Version")).isEqualTo(first);
        String databases = Files.readString(mooring.home().tls().resolve("clusters-ca.crt"));
        assertThat(page("/cas")).isEqualTo(databases);
        ok(mooring.api()
                .body(
                        "{\"ApplicationName\":\"%s\",\"SecretName\":\"NODE_EXTRA_CA_CERTS\",\"ClearSecretValue\":\"certs/own.crt\"}"
                                .formatted(app))
                .post(APPLICATIONS + "/secrets"));
        String own = Files.readString(mooring.home().tls().resolve("ca.crt")).strip();
        String second = deployed(new DbosApp("two").with("certs/own.crt", own));
        assertThat(page()).isEqualTo("two todo_user|dbosadmin dbosadmin");
        assertThat(page("/cas")).as("those of the app and the database's").isEqualTo(own + "\n" + databases);
        assertThat(ok(mooring.api().get(APPLICATIONS + "/" + app + "/versions"))
                        .jsonPath()
                        .getList("Version"))
                .containsExactly(first, second);
        // The second deployment says to which moment the data of the first belong.
        String id = mooring.api().get("/v2/apps/" + app).jsonPath().getString("app.active_deployment.id");
        Response point = ok(mooring.api().get("/mooring/v1/apps/" + app + "/deployments/" + id + "/restore-point"));
        assertThat(point.jsonPath().getString("restore_point.previous_version")).isEqualTo(first);
        assertThat(point.jsonPath().getString("restore_point.lsn")).matches("[0-9A-F]+/[0-9A-F]+");
        String moment = point.jsonPath().getString("restore_point.time");
        Awaitility.await("backup").atMost(Duration.ofSeconds(60)).until(() -> restorable(moment));
        awaitAvailable("restored_one");
        error(mooring.api().delete(DATABASES + "/userdb/" + instance), 409, "is used by " + app);
        error(change("\"previous_version\":\"7\"", "restored_one"), 404, "has no version 7");
        error(change("\"previous_version\":\"" + first + "\"", "nosuch"), 404, "database nosuch not found");
        ok(change("\"previous_version\":\"" + first + "\"", "restored_one"));
        assertThat(page()).as("migrated once more").isEqualTo("one todo_user|dbosadmin dbosadmin");
        assertThat(status("PostgresInstanceName")).isEqualTo("restored_one");
        assertThat(status("Version")).isEqualTo(first);
        ok(mooring.api().delete(DATABASES + "/userdb/" + instance));
        error(
                deploy(new DbosApp("other")
                        .with("dbos-config.yaml", "database: {app_db_name: other}")
                        .body()),
                409,
                "app_db_name: is other, but the application has run with notes");
    }

    private boolean restorable(String moment) {
        return mooring.api()
                        .body("{\"RestoreName\":\"restored_one\",\"RestoreTimestamp\":\"%s\"}".formatted(moment))
                        .post(DATABASES + "/userdb/" + instance + "/restore")
                        .statusCode()
                == 200;
    }

    private JsonPath rehearsal() {
        String id = mooring.api().get("/v2/apps/" + app).jsonPath().getString("app.id");
        JsonPath operations =
                ok(mooring.api().get("/mooring/v1/operations?app_id=" + id)).jsonPath();
        operations.setRootPath("operations.find { it.kind == 'deploy-app' }.receipt.rehearsal");
        return operations;
    }

    private void awaitBackup() {
        String id = mooring.api()
                .get("/v2/databases")
                .jsonPath()
                .getString("databases.find { it.name == '" + instance + "' }.id");
        Awaitility.await("backup")
                .atMost(Duration.ofSeconds(60))
                .until(() -> !mooring.api()
                        .get("/v2/databases/" + id + "/backups")
                        .jsonPath()
                        .getList("backups")
                        .isEmpty());
    }

    private Connection connect() throws SQLException {
        int port = mooring.api()
                .get(DATABASES + "/userdb/info/" + instance)
                .jsonPath()
                .getInt("Port");
        return DriverManager.getConnection(
                "jdbc:postgresql://localhost:" + port + "/notes?sslmode=require", "todo_user", "correcthorse1");
    }

    private static DbosApp migrating(String release, String sql) {
        return new DbosApp(release).with("migrate.sh", "psql -X -q -v ON_ERROR_STOP=1 -c '" + sql + "'");
    }

    @Test
    void aMigrationIsRehearsedOnACopyAndWaitsForNoLock() throws Exception {
        awaitBackup();
        deployed(new DbosApp("one"));
        assertThat(rehearsal().getString("note")).isEqualTo("the database is empty");
        deployed(migrating("two", "alter table notes add extra int, alter id type bigint"));
        assertThat(rehearsal().getString("state")).isEqualTo("DONE");
        assertThat(rehearsal().getList("destructive"))
                .containsExactly("column public.notes.id changes its type from integer to bigint");
        assertThat(rehearsal().getString("strongest_lock")).isEqualTo("AccessExclusiveLock");
        assertThat(rehearsal().getLong("rows_rewritten")).isEqualTo(1);
        assertThat(rehearsal().getLong("milliseconds")).isPositive();
        // Half of a migration that fails is on the copy alone.
        error(
                deploy(migrating("three", "create table half (id int); commit; select * from nowhere")
                        .body()),
                422,
                "the rehearsal of migrate on a copy of the database ended with",
                "nowhere");
        try (Connection user = connect();
                Connection other = connect()) {
            assertThat(Api.query(user, "select to_regclass('half')")).isNull();
            assertThat(page()).startsWith("two ");
            // Somebody reads for a while: the migration gives way to others, and is tried again.
            other.setAutoCommit(false);
            Api.query(other, "select count(*) from notes");
            CompletableFuture<Response> answer = CompletableFuture.supplyAsync(() ->
                    deploy(migrating("four", "alter table notes drop extra").body()));
            Awaitility.await("tried once")
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> Files.exists(work("run-job-migrate-again-1")));
            assertThat(answer).isNotDone();
            other.rollback();
            ok(answer.get());
            assertThat(page()).startsWith("four ");
            assertThat(rehearsal().getList("destructive")).containsExactly("column public.notes.extra is dropped");
        }
        ok(mooring.api()
                .body(
                        "{\"ApplicationName\":\"%s\",\"SecretName\":\"MOORING_REHEARSALS\",\"ClearSecretValue\":\"false\"}"
                                .formatted(app))
                .post(APPLICATIONS + "/secrets"));
        deployed(migrating("five", "select 1"));
        assertThat(rehearsal().getString("note")).isEqualTo("rehearsals are turned off");
        Awaitility.await("no copy is left").atMost(Duration.ofSeconds(30)).until(() -> mooring.postmasters() == 1);
        assertThatCopiesLeaveNothing();
    }

    /** Of a copy that was thrown away there is what was done, and nothing else: no archive, no backup that was made or tried. */
    private static void assertThatCopiesLeaveNothing() throws Exception {
        try (Connection metadata = mooring.metadata()) {
            String copies = "(select subject from operation where kind = 'restore-cluster'"
                    + " and wish -> 'archive' ->> 'none' = 'true')";
            Awaitility.await("every copy gone")
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> Api.query(metadata, "select 1 from cluster where id in " + copies) == null);
            List<String> ids =
                    List.of(Api.query(metadata, "select string_agg(subject::text, ' ') from " + copies + " as copy")
                            .split(" "));
            assertThat(ids).hasSizeGreaterThanOrEqualTo(3);
            for (String id : ids) {
                assertThat(mooring.home().archive().resolve(id)).doesNotExist();
                assertThat(mooring.home().archive().resolve("ended").resolve(id))
                        .doesNotExist();
            }
            for (String rows : List.of(
                    "kept_archive where cluster",
                    "cluster_backup where cluster",
                    "cluster_event where cluster",
                    "operation where kind in ('back-up-cluster', 'drill-recovery') and subject")) {
                assertThat(Api.query(metadata, "select count(*) from " + rows + " in " + copies))
                        .as(rows)
                        .isEqualTo("0");
            }
        }
    }

    /** The folder of that work in any deployment. */
    private static Path work(String name) throws IOException {
        try (var folders = Files.walk(mooring.home().apps(), 4)) {
            return folders.filter(path -> path.endsWith("work/" + name))
                    .findFirst()
                    .orElse(mooring.home().apps().resolve(name));
        }
    }

    @Test
    void oneDeploymentAtATimeAndItSurvivesAKill() throws Exception {
        deployed(new DbosApp("one"));
        String slow = new DbosApp("two")
                .with(
                        "migrate.sh",
                        "echo started; sleep 4; psql -X -q -c \"insert into notes (note) values ('slowly')\"")
                .body();
        CompletableFuture<Response> first = CompletableFuture.supplyAsync(() -> deploy(slow));
        Awaitility.await("under way")
                .atMost(Duration.ofSeconds(30))
                .until(() -> status("Status").equals("DEPLOYING") && migrating());
        error(deploy(new DbosApp("three").body()), 409, "application " + app + " is busy");
        error(mooring.api().delete(DATABASES + "/userdb/" + instance), 409, "is used by " + app);
        mooring.kill();
        assertThat(first.handle((answer, failure) -> failure != null).get())
                .as("its client was cut off")
                .isTrue();
        mooring.start();
        Awaitility.await("deployed by the next process; log: " + mooring.log())
                .atMost(Duration.ofSeconds(60))
                .until(() -> status("Status").equals("AVAILABLE"));
        assertThat(page()).as("once, and by the same run").isEqualTo("two todo_user|dbosadmin slowly");
    }

    private static boolean migrating() throws IOException {
        try (var files = Files.walk(mooring.home().apps())) {
            for (var file : files.filter(path -> path.endsWith("work/run-job-migrate/log"))
                    .toList()) {
                if (Files.readString(file).contains("started")) {
                    return true;
                }
            }
        }
        return false;
    }

    @Test
    void aClientThatIsKilledDoesNotCancelItsDeployment() throws Exception {
        String body = new DbosApp("one")
                .with("migrate.sh", "sleep 3; psql -X -q -c 'create table notes (id serial, note text)'")
                .body();
        HttpRequest request = HttpRequest.newBuilder(URI.create(mooring.url(APPLICATIONS + "/" + app)))
                .header("Authorization", "Bearer " + TestGround.TOKEN)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        HttpClient client = HttpClient.newHttpClient();
        var answer = client.sendAsync(request, HttpResponse.BodyHandlers.ofString());
        Awaitility.await("under way")
                .atMost(Duration.ofSeconds(30))
                .until(() -> status("Status").equals("DEPLOYING"));
        answer.cancel(true);
        client.shutdownNow();
        Awaitility.await("deployed all the same")
                .atMost(Duration.ofSeconds(60))
                .until(() -> status("Status").equals("AVAILABLE"));
        assertThat(page()).startsWith("one ");
    }

    /** As large as an archive may be in practice: it passes through in pieces. */
    @Test
    void anArchiveOf300MegabytesIsDeployed() throws Exception {
        byte[] noise = new byte[LARGE / 100];
        new java.util.Random(1).nextBytes(noise);
        DbosApp code = new DbosApp("large");
        for (int i = 0; i < 100; i++) {
            code.with("data/" + i, noise);
        }
        byte[] zip = code.zip();
        assertThat(zip.length).isGreaterThan(LARGE - (1 << 20));
        InputStream body = encoded(zip);
        HttpResponse<String> answer = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(mooring.url(APPLICATIONS + "/" + app)))
                                .header("Authorization", "Bearer " + TestGround.TOKEN)
                                .header("Content-Type", "application/json")
                                .timeout(Duration.ofMinutes(3))
                                .POST(HttpRequest.BodyPublishers.ofInputStream(() -> body))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(page()).startsWith("large ");
    }

    private static InputStream encoded(byte[] zip) {
        InputStream text = new ByteArrayInputStream(Base64.getEncoder().encode(zip));
        return new SequenceInputStream(Collections.enumeration(List.of(
                new ByteArrayInputStream("{\"application_archive\":\"".getBytes(StandardCharsets.UTF_8)),
                text,
                new ByteArrayInputStream("\"}".getBytes(StandardCharsets.UTF_8)))));
    }

    @Test
    void hostileArchivesAndBodiesAreRefused() throws Exception {
        for (String path : List.of("../evil", "/etc/evil", "a/../../evil", "a\\..\\evil", "a//b", "./x")) {
            error(deploy(new DbosApp("x").with(path, "evil").body()), 422, "application_archive:", "leave its folder");
        }
        error(deploy(HostileArchives.body("link")), 422, "neither a file nor a folder");
        error(deploy(HostileArchives.body("bomb")), 422, "holds more than 2 GiB");
        error(deploy(DbosApp.body("no zip at all".getBytes(StandardCharsets.UTF_8))), 422, "is not a zip file");
        error(
                deploy(new DbosApp("x").with("dbos-config.yaml", "[").body()),
                422,
                "dbos-config.yaml that cannot be read");
        error(
                deploy(new DbosApp("x")
                        .with("dbos-config.yaml", "database: {app_db_name: 'a; drop'}")
                        .body()),
                422,
                "app_db_name");
        error(deploy("{\"application_archive\":\"!!!\"}"), 400, "application_archive: is not base64");
        error(deploy("{\"application_archive\":7}"), 400, "application_archive: must be there once");
        error(deploy("{}"), 400, "one of application_archive and previous_version is required");
        error(deploy("[]"), 400, "a JSON object is required");
        error(deploy(""), 400, "a JSON object is required");
        error(deploy("{\"previous_version\":\"nosuch\"}"), 404, "has no version nosuch");
        assertThat(mooring.anyone()
                        .body(new DbosApp("x").body())
                        .post(APPLICATIONS + "/" + app)
                        .statusCode())
                .isEqualTo(401);
        assertThat(status("Status")).as("nothing was deployed").isEqualTo("UNAVAILABLE");
        try (var files = Files.walk(mooring.home().uploads())) {
            assertThat(files.filter(Files::isRegularFile)).as("nothing is kept").isEmpty();
        }
        // What it says of itself is found out when it is unpacked.
        error(deploy(HostileArchives.body("liar")), 422, "holds more than it says");
        assertThat(status("Status")).isEqualTo("ERROR");
    }
}
