package dev.mooring.console;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Who gets into the console, how, and that nobody else's page gets anything done there. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class ConsoleAccessTest {

    private static final Pattern ROOT = Pattern.compile("\n@Path\\(\"([^\"]+)\"\\)\n");
    private static final Pattern FORM = Pattern.compile("\n    @POST\n(?:    @Path\\(\"([^\"]+)\"\\)\n)?");

    @Test
    void aLinkSignsInOnce() {
        Response link = Api.post("/mooring/v1/console/links", "");
        assertThat(link.statusCode()).as(link.asString()).isEqualTo(201);
        String url = link.jsonPath().getString("console_link.url");
        assertThat(url).matches("http://[^/]+/console/login#mrl_[0-9a-f]{64}");
        String code = url.substring(url.indexOf('#') + 1);

        Response first = Browser.signIn(code);
        assertThat(first.statusCode()).isEqualTo(303);
        assertThat(first.header("location")).endsWith("/console/databases");
        assertThat(first.header("set-cookie")).contains("HTTPOnly", "SameSite=Strict", "Path=/console");
        Response second = Browser.signIn(code);
        assertThat(second.statusCode()).isEqualTo(401);
        assertThat(second.asString()).contains("has been used already");
        assertThat(second.header("set-cookie")).isNull();
        assertThat(new Browser(first.cookie(Browser.COOKIE)).page("/console/databases"))
                .contains("Database Clusters");
    }

    @Test
    void aTokenSignsInAndNothingElseDoes() {
        assertThat(Browser.of(Browser.token("database:read")).page("/console/databases"))
                .contains("Database Clusters");
        for (String given : List.of("mrg_unknown", "mrl_" + "0".repeat(64), "", " ")) {
            Response answer = Browser.signIn(given);
            assertThat(answer.statusCode()).as(given).isEqualTo(401);
            assertThat(answer.header("set-cookie")).isNull();
        }
    }

    @Test
    void whoHasNotSignedInIsAskedToAndComesBack() {
        Response answer = Browser.plain().get("/console/operations?page=2");
        assertThat(answer.statusCode()).isEqualTo(303);
        assertThat(answer.header("location")).endsWith("/console/login?next=%2Fconsole%2Foperations%3Fpage%3D2");
        Response in = Browser.plain()
                .formParam("token", TestGround.TOKEN)
                .formParam("next", "/console/operations?page=2")
                .post("/console/session");
        assertThat(in.header("location")).endsWith("/console/operations?page=2");
        for (String elsewhere :
                List.of("https://evil.example/", "//evil.example/console/", "/console/\\evil", "/v2/databases")) {
            assertThat(Browser.plain()
                            .formParam("token", TestGround.TOKEN)
                            .formParam("next", elsewhere)
                            .post("/console/session")
                            .header("location"))
                    .as(elsewhere)
                    .endsWith("/console/databases");
        }
    }

    @Test
    void theCookieCountsForTheConsoleAlone() {
        Browser browser = Browser.of(TestGround.TOKEN);
        for (String path : List.of(
                "/v2/databases",
                "/v2/apps",
                "/mooring/v1/operations",
                "/v1alpha1/default/applications",
                "/q/metrics",
                "/console/../v2/databases",
                "/console/%2e%2e/v2/databases",
                "/console/..%2fv2/databases",
                "//console/../v2/databases")) {
            Response answer = given().urlEncodingEnabled(false)
                    .cookie(Browser.COOKIE, browser.cookie())
                    .get(path);
            assertThat(answer.statusCode()).as(path).isIn(401, 404);
        }
        // And a token in a header is for the API: pages are for sessions.
        assertThat(given().redirects()
                        .follow(false)
                        .header("Authorization", "Bearer " + TestGround.TOKEN)
                        .get("/console/databases")
                        .statusCode())
                .isEqualTo(303);
    }

    @Test
    void aRevokedTokenEndsItsSessionsAtOnce() {
        Response made = Api.post("/mooring/v1/tokens", "{\"name\":\"short\",\"scopes\":[\"database:read\"]}");
        Browser browser = Browser.of(made.jsonPath().getString("token.token"));
        browser.page("/console/databases");
        assertThat(Api.delete("/mooring/v1/tokens/" + made.jsonPath().getString("token.id"))
                        .statusCode())
                .isEqualTo(204);
        assertThat(browser.get("/console/databases").statusCode()).isEqualTo(303);
    }

    @Test
    void signingOutEndsTheSessionItself() {
        Browser browser = Browser.of(TestGround.TOKEN);
        Response out = browser.post("/console/logout");
        assertThat(out.statusCode()).isEqualTo(303);
        assertThat(out.header("set-cookie")).contains("Max-Age=0");
        assertThat(browser.get("/console/databases").statusCode()).isEqualTo(303);
    }

    @Test
    void nothingIsWrittenForAnotherOrigin() {
        Browser browser = Browser.of(TestGround.TOKEN);
        String form = browser.formToken();
        String name = Api.uniqueName();
        for (String site : List.of("cross-site", "same-site", "none")) {
            assertThat(given().header("Sec-Fetch-Site", site)
                            .header("Origin", "http://localhost")
                            .cookie(Browser.COOKIE, browser.cookie())
                            .formParam("_form", form)
                            .formParam("name", name)
                            .post("/console/databases/new")
                            .statusCode())
                    .as(site)
                    .isEqualTo(403);
        }
        for (String origin : new String[] {null, "null", "https://evil.example", "http://localhost:1"}) {
            var request = given().cookie(Browser.COOKIE, browser.cookie())
                    .formParam("_form", form)
                    .formParam("name", name);
            if (origin != null) {
                request.header("Origin", origin);
            }
            assertThat(request.post("/console/databases/new").statusCode())
                    .as(origin)
                    .isEqualTo(403);
        }
        assertThat(Api.get("/v2/databases").asString()).doesNotContain(name);
    }

    /** Of all that there are, so that one which is added is asked too. */
    @Test
    void noFormWorksWithoutTheTokenOfItsSession() throws IOException {
        Browser browser = Browser.of(TestGround.TOKEN);
        String anothers = Browser.of(TestGround.TOKEN).formToken();
        Set<String> forms = forms();
        assertThat(forms).hasSizeGreaterThan(25);
        for (String path : forms) {
            for (String token : List.of("", anothers)) {
                Response answer = browser.request()
                        .formParam("_form", token)
                        .formParam("name", "kept-text")
                        .post(path.replaceAll("\\{\\w+}", UUID.randomUUID().toString()));
                assertThat(answer.statusCode()).as(path).isEqualTo(403);
                assertThat(answer.asString()).as(path).contains("nothing was done yet", "kept-text");
            }
            assertThat(Browser.plain()
                            .formParam("name", "kept-text")
                            .post(path.replaceAll("\\{\\w+}", UUID.randomUUID().toString()))
                            .statusCode())
                    .as(path)
                    .isEqualTo(401);
        }
    }

    static Set<String> forms() throws IOException {
        Set<String> paths = new TreeSet<>();
        try (Stream<java.nio.file.Path> files =
                Files.walk(java.nio.file.Path.of("src/main/java/dev/mooring/console"))) {
            for (java.nio.file.Path file : files.filter(Files::isRegularFile).toList()) {
                String source = Files.readString(file);
                Matcher type = ROOT.matcher(source);
                if (type.find()) {
                    FORM.matcher(source)
                            .results()
                            .forEach(form ->
                                    paths.add(type.group(1) + (form.group(1) == null ? "" : "/" + form.group(1))));
                }
            }
        }
        paths.remove("/console/session");
        return paths;
    }

    @Test
    void whatWasTypedOutlivesTheSession() {
        Response answer = Browser.plain()
                .formParam("name", "typed & <kept>")
                .formParam("_form", "0")
                .post("/console/databases/new");
        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(answer.asString()).contains("What you typed is kept", "typed &amp; &lt;kept&gt;");
        Response in = Browser.plain()
                .formParam("token", TestGround.TOKEN)
                .formParam("_action", "/console/databases/new")
                .formParam("name", "typed & <kept>")
                .post("/console/session");
        assertThat(in.statusCode()).isEqualTo(200);
        assertThat(in.asString())
                .contains("action=\"/console/databases/new\"", "typed &amp; &lt;kept&gt;", "name=\"_form\"")
                .doesNotContain(TestGround.TOKEN);
    }

    @Test
    void everyAnswerSaysWhatABrowserMayDoWithIt() {
        Browser browser = Browser.of(TestGround.TOKEN);
        for (String path : List.of(
                "/console",
                "/console/login",
                "/console/databases",
                "/console/databases/nothing",
                "/console/no/such/page")) {
            Response answer = browser.get(path);
            assertThat(answer.header("Content-Security-Policy"))
                    .as(path)
                    .startsWith(
                            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';")
                    .contains(
                            "form-action 'self'",
                            "frame-ancestors 'none'",
                            "require-trusted-types-for 'script'",
                            "trusted-types 'none'")
                    .doesNotContain("unsafe");
            assertThat(answer.header("Cache-Control")).as(path).isEqualTo("no-store");
            assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
            assertThat(answer.header("Referrer-Policy")).isEqualTo("no-referrer");
            assertThat(answer.header("X-Frame-Options")).isEqualTo("DENY");
        }
        String page = browser.page("/console/databases");
        assertThat(page).doesNotContain("<script>", "<style", " style=", "onclick");
        String style = page.replaceAll("(?s).*href=\"(/console/assets/console-[0-9a-f]+\\.css)\".*", "$1");
        Response asset = given().get(style);
        assertThat(asset.statusCode()).isEqualTo(200);
        assertThat(asset.header("Cache-Control")).contains("immutable");
    }

    @Test
    void offLoopbackPlainHttpLetsNobodyIn() {
        for (String host :
                List.of("mooring.example", "192.0.2.1:8080", "localhost.evil.example", "127.0.0.1.evil.example")) {
            Response answer = given().header("Host", host)
                    .header("Sec-Fetch-Site", "same-origin")
                    .formParam("token", TestGround.TOKEN)
                    .post("/console/session");
            assertThat(answer.statusCode()).as(host).isEqualTo(403);
            assertThat(answer.asString()).contains("Use https, port ");
            assertThat(answer.header("set-cookie")).isNull();
        }
    }
}
