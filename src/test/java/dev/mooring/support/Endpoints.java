package dev.mooring.support;

import static io.restassured.RestAssured.given;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.restassured.RestAssured;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What is served, as the API's own description says. */
public final class Endpoints {

    private static final Pattern PARAMETER = Pattern.compile("\\{(\\w+)}");
    private static final List<String> METHODS = List.of("get", "put", "post", "delete", "patch");

    private static final HttpClient CLIENT = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();

    private Endpoints() {}

    /**
     * @param scopes of which a token needs one; empty for any token, null for nobody in particular
     */
    public record Endpoint(String method, String path, List<String> scopes) {

        public boolean reads() {
            return method.equals("GET");
        }

        public List<String> parameters() {
            return PARAMETER
                    .matcher(path)
                    .results()
                    .map(found -> found.group(1))
                    .toList();
        }

        /** With values for its parameters; what has none gets the one for "*". */
        public String filled(Map<String, String> values) {
            Matcher matcher = PARAMETER.matcher(path);
            return matcher.replaceAll(
                    found -> values.getOrDefault(found.group(1), values.getOrDefault("*", "nothing")));
        }

        @Override
        public String toString() {
            return method + " " + path;
        }
    }

    public static List<Endpoint> all() {
        Map<String, Map<String, Map<String, Object>>> paths = given().accept("application/json")
                .get("/q/openapi?format=json")
                .jsonPath()
                .getMap("paths");
        List<Endpoint> all = new ArrayList<>();
        paths.forEach((path, operations) -> METHODS.forEach(method -> {
            if (operations.containsKey(method)) {
                all.add(new Endpoint(
                        method.toUpperCase(),
                        path,
                        scopes(operations.get(method).get("security"))));
            }
        }));
        return all;
    }

    @SuppressWarnings("unchecked")
    private static List<String> scopes(Object security) {
        return security == null
                ? null
                : ((List<Map<String, List<String>>>) security).getFirst().get("token");
    }

    /** Without following redirects, retrying or reading a stream to its end. */
    public static Answer send(String method, String path, String token, String body)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create(RestAssured.baseURI + ":" + RestAssured.port + path))
                .timeout(Duration.ofSeconds(60))
                .header("Content-Type", "application/json")
                .method(
                        method,
                        body == null || method.equals("GET")
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(body));
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        try {
            HttpResponse<InputStream> answer = CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream text = answer.body()) {
                boolean endless = answer.statusCode() == 200
                        && answer.headers()
                                .firstValue("Content-Type")
                                .orElse("")
                                .startsWith("text/event-stream");
                return new Answer(
                        answer.statusCode(),
                        endless ? "" : new String(text.readAllBytes(), UTF_8),
                        answer.headers().firstValue("Allow").orElse(""));
            }
        } catch (IOException e) {
            throw new IOException(method + " " + path + ": " + e.getMessage(), e);
        }
    }

    /** @param allow methods that the path has, where it lacks the one that was asked for */
    public record Answer(int status, String body, String allow) {}
}
