package dev.mooring.access.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.response.Response;
import io.vertx.core.buffer.Buffer;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** When links and sessions are over. Time passes by moving their ends in the database. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class SessionLifeTest {

    @Inject
    Pool pool;

    @Inject
    Sessions sessions;

    private static Response signIn(String given) {
        return RestAssured.given()
                .redirects()
                .follow(false)
                .header("Sec-Fetch-Site", "same-origin")
                .formParam("token", given)
                .post("/console/session");
    }

    private static int open(String cookie) {
        return RestAssured.given()
                .redirects()
                .follow(false)
                .cookie("mooring-console", cookie)
                .get("/console/apps")
                .statusCode();
    }

    private void run(String sql) {
        pool.query(sql).execute().await().atMost(Duration.ofSeconds(10));
    }

    private OffsetDateTime end() {
        return pool.query("select max(expires_at) from console_session")
                .execute()
                .await()
                .atMost(Duration.ofSeconds(10))
                .iterator()
                .next()
                .getOffsetDateTime(0);
    }

    @Test
    void aLinkIsOverAfterAMinute() {
        String url = Api.post("/mooring/v1/console/links", "").jsonPath().getString("console_link.url");
        run("update console_link set expires_at = expires_at - interval '61 seconds'");
        assertThat(signIn(url.substring(url.indexOf('#') + 1)).statusCode()).isEqualTo(401);
    }

    @Test
    void aSessionSlidesAndEnds() {
        String cookie = signIn(TestGround.TOKEN).cookie("mooring-console");
        run("update console_session set expires_at = now() + interval '1 minute'");
        assertThat(open(cookie)).isEqualTo(200);
        assertThat(end()).isAfter(OffsetDateTime.now().plusHours(11));
        run("update console_session set expires_at = now() - interval '1 second'");
        assertThat(open(cookie)).isEqualTo(303);
    }

    /** Whoever follows what the team does may have signed out at another replica: the row is what counts. */
    @Test
    void aStreamEndsWithItsSession() {
        String left = signIn(TestGround.TOKEN).cookie("mooring-console");
        String old = signIn(TestGround.TOKEN).cookie("mooring-console");
        String stays = signIn(TestGround.TOKEN).cookie("mooring-console");
        CompletableFuture<Void> goesOn = follow(stays);
        CompletableFuture<Void> signedOut = follow(left);
        CompletableFuture<Void> expired = follow(old);
        sessions.end(left).await().atMost(Duration.ofSeconds(10));
        pool.preparedQuery(
                        "update console_session set expires_at = now() - interval '1 second' where hash = sha256($1)")
                .execute(Tuple.of(Buffer.buffer(old)))
                .await()
                .atMost(Duration.ofSeconds(10));
        assertThat(signedOut).succeedsWithin(Duration.ofSeconds(30));
        assertThat(expired).succeedsWithin(Duration.ofSeconds(30));
        assertThat(goesOn).isNotDone();
        assertThat(RestAssured.given()
                        .redirects()
                        .follow(false)
                        .cookie("mooring-console", left)
                        .accept("text/event-stream")
                        .get("/console/events")
                        .statusCode())
                .as("a browser that comes back to it")
                .isEqualTo(401);
        sessions.end(stays).await().atMost(Duration.ofSeconds(10));
        assertThat(goesOn).succeedsWithin(Duration.ofSeconds(30));
    }

    /** Done when the stream has ended. */
    private static CompletableFuture<Void> follow(String cookie) {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create(RestAssured.baseURI + ":" + RestAssured.port + "/console/events"))
                .header("Cookie", "mooring-console=" + cookie)
                .build();
        HttpResponse<InputStream> answer = HttpClient.newHttpClient()
                .sendAsync(request, HttpResponse.BodyHandlers.ofInputStream())
                .join();
        assertThat(answer.statusCode()).isEqualTo(200);
        return CompletableFuture.runAsync(
                () -> {
                    try (InputStream body = answer.body()) {
                        body.transferTo(OutputStream.nullOutputStream());
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                Thread::startVirtualThread);
    }

    @Test
    void nothingThatWouldSignInIsKept() {
        String cookie = signIn(TestGround.TOKEN).cookie("mooring-console");
        String kept = pool.query(
                        "select string_agg(encode(hash, 'escape') || encode(hash, 'hex'), ' ') from console_session")
                .execute()
                .await()
                .atMost(Duration.ofSeconds(10))
                .iterator()
                .next()
                .getString(0);
        assertThat(kept).doesNotContain(cookie);
    }

    @Test
    void signingInIsOnTheTrail() {
        signIn(TestGround.TOKEN);
        assertThat(Api.get("/mooring/v1/audit?team=*&per_page=50").asString())
                .contains("/console/session")
                .doesNotContain(TestGround.TOKEN);
    }
}
