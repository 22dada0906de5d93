package dev.mooring.access.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.response.Response;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.OffsetDateTime;
import org.junit.jupiter.api.Test;

/** When links and sessions are over. Time passes by moving their ends in the database. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class SessionLifeTest {

    @Inject
    Pool pool;

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
