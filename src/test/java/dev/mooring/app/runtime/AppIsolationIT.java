package dev.mooring.app.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import dev.mooring.home.MooringHome;
import dev.mooring.process.ServerAccount;
import dev.mooring.process.Stranger;
import dev.mooring.support.MooringProcess;
import dev.mooring.support.Repository;
import dev.mooring.support.TestGround;
import io.restassured.RestAssured;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What an app can do to others, to Mooring and to the machine: nothing, when Mooring is root and each app somebody else. */
@Tag("once")
class AppIsolationIT {

    private static final int FIRST = 241_000;
    private static final int LAST = 241_999;

    private static Path folder;
    private static Path loaded;
    private static Repository repository;
    private static MooringProcess mooring;

    private final List<String> apps = new ArrayList<>();

    @BeforeAll
    static void start() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "apps have accounts of their own only under root");
        folder = TestGround.newFolder();
        loaded = Files.createDirectory(folder.resolve("loaded"));
        Files.setPosixFilePermissions(loaded, PosixFilePermissions.fromString("rwxrwxrwx"));
        repository = new Repository(folder);
        try (var script = AppIsolationIT.class.getResourceAsStream("/apps/intruder.py")) {
            repository.commit("intruder.py", new String(script.readAllBytes(), StandardCharsets.UTF_8));
        }
        mooring = new MooringProcess(
                        "28950-28969",
                        Map.of(
                                "MOORING_APPS_RUNTIME",
                                "local",
                                "MOORING_APPS_PORTS",
                                "28970-28999",
                                "MOORING_APPS_UIDS",
                                FIRST + "-" + LAST,
                                "MOORING_OUTBOUND_ALLOW",
                                "file,http,127.0.0.1"))
                .start();
    }

    @AfterAll
    static void stop() throws Exception {
        if (mooring != null) {
            mooring.close();
            MooringHome.deleteTree(folder);
        }
    }

    @AfterEach
    void delete() {
        apps.forEach(app -> mooring.api().delete("/v2/apps/" + app));
        Awaitility.await("no process of any app is left")
                .atMost(Duration.ofSeconds(30))
                .until(() -> processes(FIRST, LAST) == 0);
    }

    private String create(String source, String envs, String command) {
        Response answer = mooring.api()
                .body("{\"spec\":{\"name\":\"a" + UUID.randomUUID().toString().substring(0, 18) + "\",\"envs\":[" + envs
                        + "],\"services\":[{\"name\":\"web\",\"instance_size_slug\":\"apps-s-1vcpu-1gb\",\"git\":{"
                        + "\"repo_clone_url\":\"" + source + "\"},\"run_command\":\"" + command + "\"}]}}")
                .post("/v2/apps");
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        String app = answer.jsonPath().getString("app.id");
        apps.add(app);
        return app;
    }

    private JsonPath ended(String app) {
        String path = "/v2/apps/" + app + "/deployments";
        Awaitility.await("the deployment is over; log: " + mooring.log())
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(100))
                .ignoreExceptions()
                .until(() -> !mooring.api()
                        .get(path)
                        .jsonPath()
                        .getString("deployments[0].phase")
                        .matches("PENDING_BUILD|BUILDING|DEPLOYING"));
        return mooring.api().get(path).jsonPath();
    }

    private static String env(String key, String value) {
        return "{\"key\":\"" + key + "\",\"value\":\"" + value + "\"}";
    }

    private static long processes(int first, int last) {
        return ProcessHandle.allProcesses()
                .filter(process -> {
                    try {
                        Path proc = Path.of("/proc", Long.toString(process.pid()));
                        int uid = (Integer) Files.getAttribute(proc, "unix:uid");
                        return uid >= first
                                && uid <= last
                                && !Files.readString(proc.resolve("stat")).contains(") Z ");
                    } catch (IOException gone) {
                        return false;
                    }
                })
                .count();
    }

    @Test
    void anIntruderGetsNothing() throws Exception {
        String victim = create(
                repository.url(),
                env("SECRET", "of the victim"),
                "echo hidden > $HOME/secret; exec python3 -m http.server --bind 127.0.0.1 $PORT");
        assertThat(ended(victim).getString("deployments[0].phase")).isEqualTo("ACTIVE");
        String deployment = ended(victim).getString("deployments[0].id");
        Path victims = mooring.home().apps().resolve(victim).resolve(deployment);
        assertThat(victims.resolve("home/secret")).hasContent("hidden");

        String intruder = create(
                repository.url(),
                String.join(
                        ",",
                        env("VICTIM", victims.toString()),
                        // What the loader of programs does for root's own, it does as root.
                        env("LD_DEBUG", "files"),
                        env("LD_DEBUG_OUTPUT", loaded.resolve("by").toString()),
                        env("ODD", "it's \\\"odd\\\" $HOME `id`\\nand two\\n")),
                "exec python3 intruder.py");
        JsonPath deployments = ended(intruder);
        assertThat(deployments.getString("deployments[0].phase"))
                .as(deployments.prettify())
                .isEqualTo("ACTIVE");
        String url = mooring.api().get("/v2/apps/" + intruder).jsonPath().getString("app.live_url");
        JsonPath facts = RestAssured.given().get(URI.create(url)).jsonPath();

        assertThat(facts.getMap("got")).as(facts.prettify()).isEmpty();
        assertThat(facts.getString("refused.'metadata endpoint'")).isEqualTo("EACCES");
        int uid = facts.getInt("uids[0]");
        assertThat(uid).isBetween(FIRST, LAST);
        assertThat(facts.getList("uids", Integer.class)).containsOnly(uid);
        assertThat(facts.getList("gids", Integer.class)).containsOnly(uid);
        assertThat(facts.getList("groups", Integer.class)).isSubsetOf(uid);
        assertThat(facts.getString("no_new_privs")).isEqualTo("1");
        assertThat(facts.getString("capabilities")).matches("0+");
        assertThat(facts.getString("umask")).isEqualTo("0077");
        assertThat(facts.getInt("processes")).isEqualTo(2048);
        assertThat(facts.getInt("files")).isEqualTo(8192);
        assertThat(facts.getString("tmp")).isEqualTo("0o700");
        assertThat(facts.getString("odd")).isEqualTo("it's \"odd\" $HOME `id`\nand two\n");
        assertThat((Integer) Files.getAttribute(victims.resolve("home"), "unix:uid"))
                .isBetween(FIRST, LAST)
                .isNotEqualTo(uid);
        try (var files = Files.list(loaded)) {
            assertThat(files.toList())
                    .isNotEmpty()
                    .allSatisfy(file ->
                            assertThat(Files.getAttribute(file, "unix:uid")).isEqualTo(uid));
        }

        // Two of its processes have left everything that Mooring knows of.
        assertThat(processes(uid, uid)).isGreaterThan(2);
        mooring.api().delete("/v2/apps/" + intruder);
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> processes(uid, uid) == 0);
        assertThat(victims.resolve("home/secret")).hasContent("hidden");
    }

    /** What the app's users send, their passwords among it, goes to the app alone. */
    @Test
    void whoTakesThePortOfAnAppThatIsDownIsToldNothing() throws Exception {
        String app = create(repository.url(), "", "exec python3 -m http.server --bind 127.0.0.1 $PORT");
        assertThat(ended(app).getString("deployments[0].phase")).isEqualTo("ACTIVE");
        URI url = URI.create(mooring.api().get("/v2/apps/" + app).jsonPath().getString("app.live_url"));
        JsonPath active = JsonPath.from(
                mooring.home().apps().resolve(app).resolve("active.json").toFile());

        try (Stranger stranger = Stranger.waitingFor(LAST, active.getInt("processes[0].port"))) {
            ServerAccount.numbered(active.getInt("account")).endProcesses();
            stranger.holding();
            Response answer = RestAssured.given()
                    .header("Authorization", "Bearer of-a-user")
                    .get(url);
            assertThat(answer.statusCode()).isEqualTo(502);
            assertThat(stranger.heard()).isEmpty();
            assertThat(mooring.log()).content().contains("requests to app " + app + " are refused", "account " + LAST);
        }
        Awaitility.await("the app has its port back; log: " + mooring.log())
                .atMost(Duration.ofSeconds(60))
                .until(() -> RestAssured.given().get(url).statusCode() == 200);
    }

    /** Mooring is replaced by this version while an app runs whose files and processes are the account's of all apps. */
    @Test
    void anAppOfAnEarlierVersionRunsOnAndGetsItsAccountWithTheNextDeployment() throws Exception {
        String app =
                create(repository.url(), "", "id -u > $HOME/id; exec python3 -m http.server --bind 127.0.0.1 $PORT");
        assertThat(ended(app).getString("deployments[0].phase")).isEqualTo("ACTIVE");
        String first = ended(app).getString("deployments[0].id");
        Path root = mooring.home().apps().resolve(app);
        int own = Integer.parseInt(
                Files.readString(root.resolve(first).resolve("home/id")).strip());

        mooring.kill();
        ServerAccount.numbered(own).endProcesses();
        Files.delete(mooring.home().accounts().resolve(app));
        Path manifest = root.resolve("active.json");
        MooringHome.write(manifest, Files.readString(manifest).replaceFirst(",\"account\":\\d+", ""), "rw-------");
        new ProcessBuilder(
                        "sh",
                        "-c",
                        "chown -R nobody \"$1/cache\" \"$1/$2/home\" \"$1/$2/tmp\" \"$1/$2/source\"",
                        "sh",
                        root.toString(),
                        first)
                .inheritIO()
                .start()
                .waitFor();
        mooring.start();
        String url = mooring.api().get("/v2/apps/" + app).jsonPath().getString("app.live_url");
        Awaitility.await("it runs on; log: " + mooring.log())
                .atMost(Duration.ofSeconds(30))
                .ignoreExceptions()
                .until(() -> RestAssured.given().get(URI.create(url)).statusCode() == 200);
        assertThat(root.resolve(first).resolve("home/id")).content().isEqualToIgnoringWhitespace("65534");

        Response restart = mooring.api().body("{}").post("/v2/apps/" + app + "/restart");
        assertThat(restart.statusCode()).as(restart.asString()).isEqualTo(200);
        String second = restart.jsonPath().getString("deployment.id");
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .until(() -> ended(app).getString("deployments[0].id").equals(second));
        assertThat(ended(app).getString("deployments[0].phase"))
                .as(ended(app).prettify())
                .isEqualTo("ACTIVE");
        assertThat(Integer.parseInt(Files.readString(root.resolve(second).resolve("home/id"))
                        .strip()))
                .isBetween(FIRST, LAST);
    }

    /** A repository that looks at how it is asked for, and leads elsewhere. */
    @Test
    void aTokenIsSeenByItsServerAloneAndNoRedirectIsFollowed() throws Exception {
        List<String> given = new CopyOnWriteArrayList<>();
        List<String> arguments = new CopyOnWriteArrayList<>();
        AtomicInteger elsewhere = new AtomicInteger();
        HttpServer other = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        other.createContext("/", exchange -> {
            elsewhere.incrementAndGet();
            exchange.sendResponseHeaders(404, -1);
        });
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            given.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
            ProcessHandle.allProcesses()
                    .forEach(process -> process.info().commandLine().ifPresent(arguments::add));
            exchange.getResponseHeaders()
                    .add("Location", "http://127.0.0.1:" + other.getAddress().getPort() + exchange.getRequestURI());
            exchange.sendResponseHeaders(302, -1);
            exchange.close();
        });
        other.start();
        server.start();
        try {
            String app = create(
                    "http://me:t0ken%40x@127.0.0.1:" + server.getAddress().getPort() + "/x.git", "", "true");
            JsonPath deployments = ended(app);
            assertThat(deployments.getString("deployments[0].phase")).isEqualTo("ERROR");
            assertThat(given)
                    .isNotEmpty()
                    .containsOnly("Basic "
                            + Base64.getEncoder().encodeToString("me:t0ken@x".getBytes(StandardCharsets.UTF_8)));
            assertThat(String.join("\n", arguments)).contains("git").doesNotContain("t0ken", given.getFirst());
            assertThat(elsewhere).hasValue(0);
            assertThat(deployments.getString("deployments[0].progress")).doesNotContain("t0ken");
            try (var files = Files.walk(mooring.home().apps().resolve(app))) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    assertThat(Files.readString(file)).as(file.toString()).doesNotContain("t0ken", "bWU6dDBr");
                }
            }
            assertThat(Files.readString(mooring.log())).doesNotContain("t0ken");
        } finally {
            server.stop(0);
            other.stop(0);
        }
    }
}
