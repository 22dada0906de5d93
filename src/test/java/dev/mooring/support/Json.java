package dev.mooring.support;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.restassured.RestAssured;
import io.restassured.response.Response;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Optional;
import java.util.stream.StreamSupport;

/**
 * Answers that are asked for again and again until something has come. REST Assured makes a client for each request, and its paths are
 * scripts that are compiled each time, which on a small machine took a third of what the tests had of the processors.
 */
public final class Json {

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private Json() {}

    public static JsonNode of(Response answer) {
        return read(answer.asString());
    }

    /** What the application under test answers its administrator, whatever its status. */
    public static JsonNode get(String path) {
        try {
            return read(CLIENT.send(
                            HttpRequest.newBuilder(URI.create(RestAssured.baseURI + ":" + RestAssured.port + path))
                                    .header("Authorization", "Bearer " + TestGround.TOKEN)
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** The newest operation of a kind on a cluster. */
    public static Optional<JsonNode> newest(String cluster, String kind) {
        return StreamSupport.stream(
                        get("/mooring/v1/operations?cluster_id=" + cluster)
                                .path("operations")
                                .spliterator(),
                        false)
                .filter(operation -> operation.path("kind").asText().equals(kind))
                .findFirst();
    }

    private static JsonNode read(String answer) {
        try {
            return MAPPER.readTree(answer);
        } catch (JsonProcessingException e) {
            throw new AssertionError("no JSON: " + answer, e);
        }
    }
}
