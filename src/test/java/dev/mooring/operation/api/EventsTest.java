package dev.mooring.operation.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.path.json.JsonPath;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The stream of everything that moves in a team. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class EventsTest {

    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    private record Event(String id, JsonPath operation) {
        String subject() {
            return operation.getString("subject_id");
        }

        String kind() {
            return operation.getString("kind");
        }

        String state() {
            return operation.getString("state");
        }
    }

    /** A client that reads until it is closed. */
    private static final class Stream implements AutoCloseable {

        final List<Event> events = new CopyOnWriteArrayList<>();
        private final InputStream body;
        private final BufferedReader reader;
        private volatile boolean ended;

        Stream(String token, String last) throws IOException, InterruptedException {
            HttpRequest.Builder request = HttpRequest.newBuilder(
                            URI.create(RestAssured.baseURI + ":" + RestAssured.port + "/mooring/v1/events"))
                    .header("Authorization", "Bearer " + token);
            if (last != null) {
                request.header("Last-Event-ID", last);
            }
            HttpResponse<InputStream> answer = CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.headers().firstValue("content-type").orElse("")).startsWith("text/event-stream");
            body = answer.body();
            reader = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
            Thread.ofVirtual().start(this::read);
        }

        private void read() {
            String id = null;
            StringBuilder data = new StringBuilder();
            try {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    if (line.startsWith("id:")) {
                        id = line.substring(3).strip();
                    } else if (line.startsWith("data:")) {
                        data.append(line.substring(5));
                    } else if (line.isEmpty() && !data.isEmpty()) {
                        events.add(new Event(id, new JsonPath(data.toString())));
                        data.setLength(0);
                    }
                }
            } catch (IOException e) {
                // Closed by the test.
            }
            ended = true;
        }

        Event await(String subject, String kind, String state) {
            return Awaitility.await(kind + " " + state)
                    .atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofMillis(20))
                    .until(
                            () -> events.stream()
                                    .filter(event -> event.subject().equals(subject)
                                            && event.kind().equals(kind)
                                            && event.state().equals(state))
                                    .findFirst()
                                    .orElse(null),
                            java.util.Objects::nonNull);
        }

        void awaitEnd() {
            Awaitility.await("end of the stream").atMost(Duration.ofSeconds(60)).until(() -> ended);
        }

        @Override
        public void close() throws IOException {
            // The reader itself would wait for the line that is being read.
            body.close();
        }
    }

    /** One without components: what it takes is an operation, and no server. */
    private static String app() {
        var made = Api.post("/v2/apps", "{\"spec\":{\"name\":\"" + Api.uniqueName() + "\",\"region\":\"nyc\"}}");
        assertThat(made.statusCode()).as(made.asString()).isEqualTo(200);
        return made.jsonPath().getString("app.id");
    }

    @Test
    void whoFollowsIsToldAndWhoComesBackIsToldWhatWasMissed() throws Exception {
        String stranger = stranger();
        try (Stream others = new Stream(stranger, null)) {
            Event done;
            String app;
            try (Stream all = new Stream(TestGround.TOKEN, null)) {
                app = app();
                done = all.await(app, "deploy-app", "done");
                assertThat(done.operation().getString("steps[0].finished_at")).isNotBlank();
            }
            Api.delete("/v2/apps/" + app);
            try (Stream again = new Stream(TestGround.TOKEN, done.id())) {
                again.await(app, "remove-app", "done");
            }
            assertThat(others.events).isEmpty();
        }
    }

    /** States of one operation come in the order in which it had them. */
    @Test
    void nothingOldComesAfterSomethingNew() throws Exception {
        try (Stream all = new Stream(TestGround.TOKEN, null)) {
            String app = app();
            Api.delete("/v2/apps/" + app);
            all.await(app, "remove-app", "done");
            all.events.stream()
                    .map(event -> event.operation().getString("id"))
                    .distinct()
                    .forEach(id -> assertThat(all.events.stream()
                                    .filter(event ->
                                            event.operation().getString("id").equals(id))
                                    .map(event ->
                                            event.operation().getList("steps").size())
                                    .toList())
                            .isSorted());
        }
    }

    @Test
    void aRevokedTokenEndsItsStream() throws Exception {
        var made = Api.post("/mooring/v1/tokens", "{\"name\":\"short\",\"scopes\":[\"database:read\"]}");
        try (Stream stream = new Stream(made.jsonPath().getString("token.token"), null)) {
            Api.delete("/mooring/v1/tokens/" + made.jsonPath().getString("token.id"));
            stream.awaitEnd();
        }
    }

    @Test
    void aMarkThatIsNoneIsRefused() {
        assertThat(Api.as(TestGround.TOKEN)
                        .header("Last-Event-ID", "yesterday")
                        .get("/mooring/v1/events")
                        .statusCode())
                .isEqualTo(400);
    }

    private static String stranger() {
        String id = Api.post("/mooring/v1/teams", "{\"name\":\"" + Api.uniqueName() + "\"}")
                .jsonPath()
                .getString("team.id");
        return Api.post("/mooring/v1/teams/" + id + "/tokens", "{\"name\":\"first\",\"scopes\":[\"*\"]}")
                .jsonPath()
                .getString("token.token");
    }
}
