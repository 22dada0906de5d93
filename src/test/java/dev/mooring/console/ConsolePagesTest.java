package dev.mooring.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.Api.TestCluster;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What pages show, and to whom. One cluster and one app serve all of it. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class ConsolePagesTest {

    private static final String HOSTILE = "\"><img src=x onerror=alert(1)>'{x}</textarea>";
    private static final String HARMLESS = "&quot;&gt;&lt;img src=x onerror=alert(1)&gt;&#39;{x}&lt;/textarea&gt;";

    private static TestCluster cluster;
    private static String app;

    private static synchronized TestCluster cluster() {
        if (cluster == null) {
            cluster = Api.cluster("16");
        }
        return cluster;
    }

    private static synchronized String app() {
        if (app == null) {
            app = makeApp();
        }
        return app;
    }

    static String makeApp() {
        Response made = Api.post(
                "/v2/apps",
                "{\"spec\":{\"name\":\"" + Api.uniqueName()
                        + "\",\"region\":\"nyc\",\"databases\":[{\"name\":\"db\",\"engine\":\"PG\"}]}}");
        assertThat(made.statusCode()).as(made.asString()).isEqualTo(200);
        return made.jsonPath().getString("app.id");
    }

    private static List<String> pages() {
        return pages(cluster().id(), app());
    }

    static List<String> pages(String cluster, String app) {
        String one = "/console/databases/" + cluster;
        String its = "/console/apps/" + app;
        return List.of(
                "/console/databases",
                "/console/databases/new",
                one,
                one + "?show=string",
                one + "/network",
                one + "/pools",
                one + "/replicas",
                one + "/backups",
                one + "/proof",
                one + "/metrics",
                one + "/logs",
                one + "/upgrade",
                one + "/settings",
                "/console/operations",
                "/console/operations/" + operation(cluster),
                "/console/apps",
                "/console/apps/new",
                its,
                its + "/settings",
                its + "/spec",
                its + "/attach",
                its + "/components/db",
                its + "/components/db?show=string");
    }

    private static String operation(String cluster) {
        return Api.get("/mooring/v1/operations?cluster_id=" + cluster)
                .jsonPath()
                .getString("operations[0].id");
    }

    @Test
    void noPageHasAPasswordInItUntilItIsAskedFor() {
        Browser browser = Browser.of(TestGround.TOKEN);
        for (String path : pages()) {
            assertThat(browser.page(path)).as(path).doesNotContain(cluster().password());
        }
        Response shown = browser.post("/console/databases/" + cluster().id() + "/credentials", "show", "string");
        assertThat(shown.asString()).contains(cluster().password());
        assertThat(shown.header("Cache-Control")).isEqualTo("no-store");

        Browser reader = Browser.of(Browser.token("database:read"));
        Response refused = reader.post("/console/databases/" + cluster().id() + "/credentials", "show", "string");
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.asString()).doesNotContain(cluster().password());
    }

    @Test
    void aPoolIsOfferedEveryModeThatItCanHave() {
        assertThat(Browser.of(TestGround.TOKEN)
                        .page("/console/databases/" + cluster().id() + "/pools"))
                .contains("<option value=\"transaction\"", "<option value=\"session\"", "<option value=\"statement\"");
    }

    @Test
    void whoMayOnlyReadSeesNoButtonThatIsNotForThem() {
        Browser reader = Browser.of(Browser.token("database:read", "app:read"));
        for (String path : pages()) {
            String page = reader.page(path);
            // Signing out, choosing what is shown, and looking at what a spec would change change nothing.
            assertThat(page.replaceAll("(?s)<form method=\"get\".*?</form>", "")
                            .replaceAll("(?s)<button class=\"quiet\">Sign out</button>", "")
                            .replaceAll("(?s)<button formaction=\"[^\"]*/spec/preview\">.*?</button>", "")
                            .replaceAll("(?s)<button type=\"button\".*?</button>", ""))
                    .as(path)
                    .doesNotContain("<button");
        }
        String one = "/console/databases/" + cluster().id();
        Response resized =
                reader.post(one + "/settings/resize", "_name", "resize", "size", "db-s-1vcpu-2gb", "num_nodes", "1");
        assertThat(resized.statusCode()).isEqualTo(403);
        assertThat(resized.asString()).contains("may not do this");
        assertThat(reader.post(one + "/settings/destroy", "name", cluster().name())
                        .statusCode())
                .isEqualTo(403);
        assertThat(reader.post("/console/databases/new", "name", "x").statusCode())
                .isEqualTo(403);
        assertThat(cluster().status()).isEqualTo("online");
    }

    @Test
    void whoMayNotReadIsToldSo() {
        Browser other = Browser.of(Browser.token("account:read"));
        for (String path : pages()) {
            if (!path.equals("/console/apps/new")) {
                Response answer = other.get(path);
                assertThat(answer.statusCode()).as(path).isEqualTo(403);
                assertThat(answer.asString()).as(path).contains("This is not for this token");
            }
        }
    }

    @Test
    void textFromPeopleIsNeverMarkup() {
        Browser browser = Browser.of(Browser.tokenNamed(HOSTILE, "*"));
        assertThat(browser.page("/console/databases")).contains(HARMLESS).doesNotContain("<img src=x");
        String one = "/console/databases/" + cluster().id();
        Response typed = browser.post(one + "/settings/destroy", "name", HOSTILE, "_name", "destroy");
        assertThat(typed.statusCode()).isEqualTo(422);
        assertThat(typed.asString()).contains("value=\"" + HARMLESS + "\"").doesNotContain("<img src=x");
        assertThat(browser.post("/console/apps/" + app() + "/spec/save", "spec", "name: [\n" + HOSTILE)
                        .asString())
                .contains(HARMLESS)
                .doesNotContain("<img src=x");
        assertThat(browser.get("/console/databases/" + UUID.randomUUID() + "?show=" + "%22%3E%3Cimg%20src%3Dx")
                        .asString())
                .doesNotContain("<img src=x");
        assertThat(browser.get("/console/login?next=/console/%22%3E%3Cimg%20src=x%3E")
                        .asString())
                .doesNotContain("<img src=x");
    }

    @Test
    void everyAppOfALongListIsReached() {
        List<String> two = List.of(makeApp(), makeApp());
        Browser browser = Browser.of(TestGround.TOKEN);
        Pattern more = Pattern.compile("<a class=\"button\" href=\"([^\"]*)\">More</a>");
        Set<String> seen = new HashSet<>();
        String at = "/console/apps?per_page=1";
        while (at != null) {
            String page = browser.page(at);
            two.stream().filter(id -> page.contains("/console/apps/" + id)).forEach(seen::add);
            Matcher next = more.matcher(page);
            at = next.find() ? next.group(1).replace("&amp;", "&").replaceFirst("https?://[^/]*", "") : null;
        }
        assertThat(seen).containsExactlyInAnyOrderElementsOf(two);
        // Where one is chosen there is no next page.
        assertThat(browser.page("/console/databases/" + cluster().id() + "/network?per_page=1"))
                .contains(two.stream().map(id -> "<option value=\"" + id + "\"").toList());
        two.forEach(id -> Api.delete("/v2/apps/" + id));
    }

    /** Backups and drills, which come by themselves, push nothing off the line; with one operation on a page one is enough. */
    @Test
    void whatHappenedIsOnTheRecoveryLineHoweverMuchCameAfterIt() {
        String own = "/mooring/v1/databases/" + cluster().id();
        Awaitility.await("the first backup")
                .atMost(Duration.ofSeconds(60))
                .until(() -> Api.get(own + "/recovery-window").statusCode() == 200);
        assertThat(Api.put(
                                "/v2/databases/" + cluster().id() + "/resize",
                                "{\"size\":\"db-s-1vcpu-2gb\",\"num_nodes\":1}")
                        .statusCode())
                .isLessThan(300);
        awaitDone("resize-cluster");
        Api.post(own + "/backups", "");
        awaitDone("back-up-cluster");
        assertThat(Browser.of(TestGround.TOKEN)
                        .page("/console/databases/" + cluster().id() + "/backups?per_page=1"))
                .contains("<span class=\"dot change\"></span> Resize cluster");
    }

    private static void awaitDone(String kind) {
        Awaitility.await(kind).atMost(Duration.ofSeconds(60)).until(() -> {
            JsonPath newest = Api.get(
                            "/mooring/v1/operations?cluster_id=" + cluster().id())
                    .jsonPath();
            return kind.equals(newest.getString("operations[0].kind"))
                    && "done".equals(newest.getString("operations[0].state"));
        });
    }

    @Test
    void aRefusedFormKeepsWhatWasTypedAndNamesEveryProblem() {
        Browser browser = Browser.of(TestGround.TOKEN);
        Response refused = browser.post(
                "/console/databases/new",
                "_name",
                "create",
                "engine",
                "pg",
                "name",
                "a b",
                "version",
                "9",
                "size",
                "huge",
                "num_nodes",
                "1",
                "region",
                "nyc1");
        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(refused.asString())
                .contains(
                        "Nothing was changed.", "value=\"a b\"", "name: ", "size: ", "invalid cluster engine version");
    }

    @Test
    void aClusterIsDestroyedByItsNameAlone() {
        Browser browser = Browser.of(TestGround.TOKEN);
        String name = Api.uniqueName();
        Response made = browser.post(
                "/console/databases/new",
                "engine",
                "pg",
                "name",
                name,
                "size",
                "db-s-1vcpu-1gb",
                "num_nodes",
                "1",
                "region",
                "nyc1");
        assertThat(made.statusCode()).as(made.asString()).isEqualTo(303);
        String page = made.header("location").replaceFirst("^https?://[^/]+", "");
        assertThat(browser.post(page + "/settings/destroy", "name", cluster().name())
                        .statusCode())
                .isEqualTo(422);
        assertThat(browser.get(page).statusCode()).isEqualTo(200);
        assertThat(browser.post(page + "/settings/destroy", "name", name).statusCode())
                .isEqualTo(303);
        assertThat(browser.get(page).statusCode()).isEqualTo(404);
    }

    @Test
    void anotherTeamsThingsAreNotThere() {
        Response team = Api.post("/mooring/v1/teams", "{\"name\":\"" + Api.uniqueName() + "\"}");
        String id = team.jsonPath().getString("team.id");
        Browser stranger =
                Browser.of(Api.post("/mooring/v1/teams/" + id + "/tokens", "{\"name\":\"first\",\"scopes\":[\"*\"]}")
                        .jsonPath()
                        .getString("token.token"));
        for (String path : pages()) {
            if (path.contains(cluster().id()) || path.contains(app()) || path.contains("/operations/")) {
                assertThat(stranger.get(path).statusCode()).as(path).isEqualTo(404);
            } else {
                assertThat(stranger.page(path))
                        .as(path)
                        .doesNotContain(cluster().id(), app());
            }
        }
        assertThat(Api.delete("/mooring/v1/teams/" + id).statusCode()).isEqualTo(204);
    }
}
