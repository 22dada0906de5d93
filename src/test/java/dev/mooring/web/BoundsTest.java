package dev.mooring.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.response.Response;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever somebody sends has an end, whether or not it says so in advance. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class BoundsTest {

    private static final long MEBIBYTE = 1 << 20;
    private static final long SENT = 40 * MEBIBYTE;

    /** Spaces without end in front of what would be JSON. */
    private static final class Endless extends InputStream {
        private long sent;

        @Override
        public int read() {
            return sent++ < SENT ? ' ' : -1;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) {
            int count = (int) Math.min(length, SENT - sent);
            java.util.Arrays.fill(bytes, offset, offset + Math.max(0, count), (byte) ' ');
            sent += Math.max(0, count);
            return count <= 0 ? -1 : count;
        }
    }

    /** The status, or 413 where the server has hung up on a body that went on. */
    private static int send(String method, String path, InputStream body) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                            HttpRequest.newBuilder(URI.create(RestAssured.baseURI + ":" + RestAssured.port + path))
                                    .header("Authorization", "Bearer " + TestGround.TOKEN)
                                    .header("Content-Type", "application/json")
                                    .method(method, HttpRequest.BodyPublishers.ofInputStream(() -> body))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .statusCode();
        } catch (IOException hungUp) {
            return 413;
        }
    }

    @ParameterizedTest
    @CsvSource({
        "POST,/v2/databases",
        "POST,/v2/apps",
        "POST,/v2/apps/propose",
        "PUT,/v2/apps/00000000-0000-0000-0000-000000000000",
        "POST,/v2/tags",
        "POST,/mooring/v1/tokens",
        "PUT,/v2/databases/00000000-0000-0000-0000-000000000000/firewall"
    })
    void aBodyWithoutALengthHasABound(String method, String path) throws Exception {
        Endless body = new Endless();
        List<String> logged = new CopyOnWriteArrayList<>();
        Handler log = noting(logged);
        Logger.getLogger("").addHandler(log);
        try {
            assertThat(send(method, path, body)).isEqualTo(413);
            assertThat(body.sent).isLessThan(SENT);
            // What is answered twice is told after the client has its answer, and before the next one has.
            Api.get("/");
        } finally {
            Logger.getLogger("").removeHandler(log);
        }
        assertThat(logged).as("what is logged of it").isEmpty();
    }

    /** Of the application where it runs in this process. */
    private static Handler noting(List<String> logged) {
        return new Handler() {
            @Override
            public void publish(LogRecord entry) {
                if (entry.getLevel().intValue() >= Level.WARNING.intValue()) {
                    logged.add(entry.getLoggerName() + ": " + entry.getMessage() + " " + entry.getThrown());
                }
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
    }

    /** What comes with a request that asks for an upgrade of the connection could not be held back. */
    @Test
    void plainHttpIsNotUpgraded() throws Exception {
        try (Socket socket = new Socket("localhost", RestAssured.port)) {
            socket.getOutputStream()
                    .write(("GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                                    + "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            assertThat(head(socket)).startsWith("HTTP/1.1 200");
        }
    }

    /** Each sends a byte of its head now and then, which is all that it takes to hold a server that waits for the rest. */
    @Test
    @Tag("once")
    void slowConnectionsAreNotKept() throws Exception {
        Api.get("/");
        List<Socket> slow = new ArrayList<>();
        try {
            for (int i = 0; i < 400; i++) {
                slow.add(new Socket("localhost", RestAssured.port));
                slow.getLast().getOutputStream().write("GET / HTTP/1.1\r\nX: ".getBytes(StandardCharsets.US_ASCII));
            }
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofSeconds(1))
                    .until(() -> {
                        slow.removeIf(BoundsTest::hasHungUp);
                        return slow.isEmpty();
                    });
            assertThat(Api.get("/v2/databases").statusCode()).isEqualTo(200);
        } finally {
            for (Socket socket : slow) {
                socket.close();
            }
        }
    }

    private static boolean hasHungUp(Socket socket) {
        try {
            socket.getOutputStream().write('x');
            socket.setSoTimeout(1);
            return socket.getInputStream().read() < 0;
        } catch (SocketTimeoutException stillOpen) {
            return false;
        } catch (IOException reset) {
            return true;
        }
    }

    @Test
    void aLengthThatIsTooLongIsRefusedAtOnce() throws Exception {
        try (Socket socket = new Socket("localhost", RestAssured.port)) {
            socket.getOutputStream()
                    .write(("POST /v2/apps HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + TestGround.TOKEN
                                    + "\r\nContent-Length: 9000000\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            assertThat(head(socket)).contains("413");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"header", "headers", "line"})
    void headersHaveABound(String what) throws Exception {
        String many =
                IntStream.range(0, 20_000).mapToObj(i -> "x-h" + i + ": y\r\n").collect(Collectors.joining());
        String request = switch (what) {
            case "header" -> "GET /v2/databases HTTP/1.1\r\nHost: x\r\nx: " + "y".repeat(1 << 20) + "\r\n\r\n";
            case "headers" -> "GET /v2/databases HTTP/1.1\r\nHost: x\r\n" + many + "\r\n";
            default -> "GET /v2/databases?" + "y".repeat(1 << 20) + " HTTP/1.1\r\nHost: x\r\n\r\n";
        };
        try (Socket socket = new Socket("localhost", RestAssured.port)) {
            try {
                socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            } catch (IOException hungUp) {
                return;
            }
            assertThat(head(socket)).matches("(HTTP/1\\.\\d 4\\d\\d.*)?");
        }
    }

    @ParameterizedTest
    @CsvSource({"/v2/databases,message,id,request_id", "/v1alpha1/default/applications,message,statusCode,requestID"})
    void whoIsTooLongIsTold(String path, String message, String kind, String request) {
        Response line = Api.as(TestGround.TOKEN).get(path + "?x=" + "y".repeat(9_000));
        assertThat(line.statusCode()).isEqualTo(414);
        assertThat(line.jsonPath().getString(message)).contains("at most 8000 characters");
        assertThat(line.jsonPath().getString(kind)).isNotEmpty();
        assertThat(line.jsonPath().getString(request)).isEqualTo(line.header("x-request-id"));
        Response headers =
                Api.as(TestGround.TOKEN).header("x-long", "y".repeat(30_000)).get(path);
        assertThat(headers.statusCode()).isEqualTo(431);
        assertThat(headers.jsonPath().getString(message)).contains("at most 20480 bytes");
        assertThat(Api.as(TestGround.TOKEN)
                        .get(path + "?x=" + "y".repeat(7_000))
                        .statusCode())
                .isEqualTo(200);
    }

    private static String head(Socket socket) throws IOException {
        socket.setSoTimeout(20_000);
        try {
            String text = new String(socket.getInputStream().readNBytes(64), StandardCharsets.US_ASCII);
            return text.lines().findFirst().orElse("");
        } catch (java.net.SocketException hungUp) {
            return "";
        }
    }

    @Test
    void aCompressedBodyIsNotUnpacked() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(bytes)) {
            new Endless().transferTo(zip);
        }
        Response answer = Api.as(TestGround.TOKEN)
                .header("Content-Encoding", "gzip")
                .body(new ByteArrayInputStream(bytes.toByteArray()))
                .post("/v2/databases");
        assertThat(answer.statusCode()).isIn(400, 415);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v2/databases", "/v2/apps", "/v2/apps/propose", "/v2/tags", "/mooring/v1/tokens"})
    void whatIsDeepOrHugeIsRefused(String path) throws Exception {
        for (String body : new String[] {
            "{\"name\":" + "[".repeat(500_000) + "]".repeat(500_000) + "}",
            "{\"name\":" + "{\"a\":".repeat(500_000) + "1" + "}".repeat(500_000) + "}",
            "{\"num_nodes\":1e999999999,\"name\":1e999999999,\"spec\":{\"name\":1e999999999}}",
            "{\"num_nodes\":" + "9".repeat(500_000) + ",\"name\":" + "9".repeat(500_000) + "}"
        }) {
            int status = send("POST", path, new ByteArrayInputStream(body.getBytes(StandardCharsets.US_ASCII)));
            // A number may be a name; what matters is that nobody calculates with it.
            assertThat(status).as(path).isIn(201, 400, 413, 422);
        }
    }

    private static Response propose(String envs) {
        return Api.as(TestGround.TOKEN)
                .body("{\"spec\":{\"name\":\"bounds\",\"envs\":[" + envs + "],\"services\":[{\"name\":\"web\","
                        + "\"git\":{\"repo_clone_url\":\"https://example.com/x.git\"}}]}}")
                .post("/v2/apps/propose");
    }

    private static String env(String key, String value) {
        return "{\"key\":\"" + key + "\",\"value\":\"" + value + "\"}";
    }

    @Test
    void whatReferencesMakeOfVariablesHasABound() {
        String big = env("BIG", "x".repeat(100_000));
        Response answer = propose(big + ","
                + IntStream.range(0, 9_000)
                        .mapToObj(i -> env("V" + i, "${BIG}"))
                        .collect(Collectors.joining(",")));
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.jsonPath().getString("message"))
                .contains("with the variable V9 the resolved environment of this component has more than 1048576");
        assertThat(propose(big + "," + env("A", "${BIG}")).statusCode()).isEqualTo(200);
    }

    @Test
    void soHasTheirNumberBehindEachOther() {
        for (boolean backwards : new boolean[] {false, true}) {
            Response answer = propose(IntStream.range(0, 12_000)
                    .mapToObj(i -> backwards
                            ? env("V" + i, i == 0 ? "x" : "${V" + (i - 1) + "}")
                            : env("V" + i, "${V" + (i + 1) + "}"))
                    .collect(Collectors.joining(",")));
            assertThat(answer.statusCode()).isEqualTo(400);
            assertThat(answer.jsonPath().getString("message")).contains("more than 100 times");
        }
    }

    @Test
    void aliasesOfYamlAreRefused() {
        StringBuilder laughs = new StringBuilder("name: x\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for (int i = 1; i < 12; i++) {
            laughs.append("a%d: &a%d [%s]\n".formatted(i, i, ("*a" + (i - 1) + ",").repeat(9) + "*a" + (i - 1)));
        }
        Response answer = RestAssured.given()
                .auth()
                .oauth2(TestGround.TOKEN)
                .contentType("application/yaml")
                .body(laughs.toString().getBytes(StandardCharsets.UTF_8))
                .post("/v2/apps/propose");
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.asString()).contains("aliases");
    }

    @ParameterizedTest
    @CsvSource({
        "http://github.com/x.git,must not be of the scheme http",
        "git@github.com:x/y.git,must not be of the scheme ssh",
        "https://169.254.169.254/x.git,must not lead to 169.254.169.254",
        "https://me:hidden@10.0.0.1/x.git,must not lead to 10.0.0.1",
        "https://2130706433/x.git,must name its host by a name or by an address in its usual form"
    })
    void aSourceInsideIsRefused(String url, String rule) {
        Response answer = Api.as(TestGround.TOKEN)
                .body("{\"spec\":{\"name\":\"outbound\",\"services\":[{\"name\":\"web\",\"git\":{\"repo_clone_url\":\""
                        + url + "\"}}]}}")
                .post("/v2/apps/propose");
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.jsonPath().getString("message"))
                .contains("services[0].git.repo_clone_url: " + rule)
                .doesNotContain("hidden");
    }
}
