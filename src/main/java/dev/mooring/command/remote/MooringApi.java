package dev.mooring.command.remote;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Mooring's API as one caller. */
public final class MooringApi {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int PAGE = 200;

    private final Installation installation;
    private final HttpClient http;

    public MooringApi(Installation installation) throws Failure {
        this.installation = installation;
        HttpClient.Builder builder =
                HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).version(HttpClient.Version.HTTP_1_1);
        if (installation.url().startsWith("https:") && installation.ca().isPresent()) {
            builder.sslContext(trusting(installation));
        }
        this.http = builder.build();
    }

    public String url() {
        return installation.url();
    }

    /**
     * @param path with its query
     * @throws Failure with the API's own words, when it refuses
     */
    public JsonNode get(String path) throws Failure {
        return send(request(path).GET());
    }

    /** What it says of itself: an answer also when it is not well. */
    public JsonNode health() throws Failure {
        try {
            return JSON.readTree(http.send(request("/q/health").GET().build(), HttpResponse.BodyHandlers.ofString())
                    .body());
        } catch (IOException e) {
            throw away(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failure("interrupted");
        }
    }

    public JsonNode post(String path, ObjectNode body) throws Failure {
        return send(request(path)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.toString())));
    }

    public static ObjectNode object() {
        return JSON.createObjectNode();
    }

    /** Every entry of every page. */
    public List<JsonNode> all(String path, String list) throws Failure {
        List<JsonNode> entries = new ArrayList<>();
        for (int page = 1; ; page++) {
            JsonNode answer = get(path + (path.contains("?") ? "&" : "?") + "per_page=" + PAGE + "&page=" + page);
            answer.path(list).forEach(entries::add);
            if (answer.path(list).size() < PAGE) {
                return entries;
            }
        }
    }

    /** The one of that id; else the first of that name, which may look like an id. */
    public static Optional<JsonNode> byIdOrName(List<JsonNode> entries, String idOrName) {
        return Stream.of("id", "name")
                .flatMap(field -> entries.stream()
                        .filter(entry -> entry.path(field).asText().equals(idOrName)))
                .findFirst();
    }

    /** The one of that id, or the only one of that name. */
    public JsonNode cluster(String nameOrId) throws Failure {
        List<JsonNode> clusters = all("/v2/databases", "databases");
        return byIdOrName(clusters, nameOrId)
                .orElseThrow(() -> new Failure("there is no database cluster " + nameOrId + "; there "
                        + (clusters.isEmpty()
                                ? "is none"
                                : clusters.size() == 1
                                        ? "is "
                                                + clusters.getFirst()
                                                        .path("name")
                                                        .asText()
                                        : "are "
                                                + String.join(
                                                        ", ",
                                                        clusters.stream()
                                                                .map(cluster -> cluster.path("name")
                                                                        .asText())
                                                                .toList()))));
    }

    /** The lines of an answer that does not end, until the connection does. */
    public Stream<String> lines(String path) throws Failure {
        try {
            HttpResponse<Stream<String>> answer = http.send(
                    HttpRequest.newBuilder(uri(path))
                            .header("Authorization", "Bearer " + installation.token())
                            .header("Accept", "text/event-stream")
                            .build(),
                    HttpResponse.BodyHandlers.ofLines());
            if (answer.statusCode() != 200) {
                throw new Failure("status " + answer.statusCode() + " from " + path);
            }
            return answer.body();
        } catch (IOException e) {
            throw away(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failure("interrupted");
        }
    }

    public static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(uri(path))
                .timeout(PATIENCE)
                .header("Authorization", "Bearer " + installation.token());
    }

    private URI uri(String path) {
        return URI.create(installation.url() + path);
    }

    private JsonNode send(HttpRequest.Builder request) throws Failure {
        try {
            HttpResponse<String> answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
            JsonNode body = answer.body().isBlank() ? MissingNode.getInstance() : JSON.readTree(answer.body());
            if (answer.statusCode() >= 400) {
                throw new Failure(body.path("message").asText("status " + answer.statusCode()));
            }
            return body;
        } catch (IOException e) {
            throw away(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failure("interrupted");
        }
    }

    private Failure away(IOException e) {
        return new Failure("no Mooring answers at " + installation.url() + " ("
                + (e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage())
                + "): start it with   mooring up   or set MOORING_URL");
    }

    private static SSLContext trusting(Installation installation) throws Failure {
        try (InputStream file = Files.newInputStream(installation.ca().orElseThrow())) {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null);
            int number = 0;
            for (Certificate certificate :
                    CertificateFactory.getInstance("X.509").generateCertificates(file)) {
                store.setCertificateEntry("ca-" + number++, certificate);
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new Failure(
                    "the certificates of " + installation.ca().orElseThrow() + " cannot be read: " + e.getMessage());
        }
    }
}
