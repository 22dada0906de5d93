package dev.mooring.console;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A browser that has signed in, without scripts: it keeps its cookie, follows no redirect, and sends what forms send. */
public record Browser(String cookie) {

    static final String COOKIE = "mooring-console";
    private static final Map<String, String> FORM_TOKENS = new ConcurrentHashMap<>();
    private static final Pattern FORM = Pattern.compile("name=\"_form\" value=\"([0-9a-f]{64})\"");

    public static Browser of(String token) {
        Response answer = signIn(token);
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(303);
        return new Browser(answer.cookie(COOKIE));
    }

    static Response signIn(String given) {
        return plain().formParam("token", given)
                .formParam("next", "/console/databases")
                .post("/console/session");
    }

    /** Sends what a browser sends from a page of the same origin. */
    static RequestSpecification plain() {
        return given().redirects()
                .follow(false)
                .header("Sec-Fetch-Site", "same-origin")
                .contentType("application/x-www-form-urlencoded; charset=utf-8");
    }

    RequestSpecification request() {
        return plain().cookie(COOKIE, cookie);
    }

    public Response get(String path) {
        return request().get(path);
    }

    public String page(String path) {
        Response answer = get(path);
        assertThat(answer.statusCode()).as(path + "\n" + answer.asString()).isEqualTo(200);
        return answer.asString();
    }

    /** As old as the session: it is looked up once. */
    String formToken() {
        return FORM_TOKENS.computeIfAbsent(cookie, its -> readFormToken());
    }

    private String readFormToken() {
        Matcher token = FORM.matcher(get("/console/apps").asString());
        assertThat(token.find()).isTrue();
        return token.group(1);
    }

    /** @param fields names and values, in turn */
    public Response post(String path, String... fields) {
        RequestSpecification request = request().formParam("_form", formToken());
        for (int i = 0; i < fields.length; i += 2) {
            request.formParam(fields[i], fields[i + 1]);
        }
        return request.post(path);
    }

    static String token(String... scopes) {
        return tokenNamed("browser", scopes);
    }

    static String tokenNamed(String name, String... scopes) {
        Response made = Api.post(
                "/mooring/v1/tokens",
                "{\"name\":\"" + name.replace("\"", "\\\"") + "\",\"scopes\":[\"" + String.join("\",\"", scopes)
                        + "\"]}");
        assertThat(made.statusCode()).as(made.asString()).isEqualTo(201);
        return made.jsonPath().getString("token.token");
    }
}
