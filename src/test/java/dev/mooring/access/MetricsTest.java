package dev.mooring.access;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.Api;
import dev.mooring.support.TestGround;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Mooring's own metrics are not for everybody. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class MetricsTest {

    /** However the path is written. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/q/metrics",
                "/q/metrics/",
                "/q/metrics/all",
                "/q//metrics",
                "/q/./metrics",
                "//q/metrics",
                "/q/metrics;x=1",
                "/q/%6detrics"
            })
    void withoutATokenTheyAreRefused(String path) {
        Response refused = given().urlEncodingEnabled(false).get(path);
        assertThat(refused.statusCode()).isIn(401, 404);
        assertThat(refused.asString()).doesNotContain("jvm_", "http_server", "mooring_operations");
    }

    @Test
    void aTokenNeedsTheirScope() {
        Response none = given().get("/q/metrics");
        assertThat(none.statusCode()).isEqualTo(401);
        assertThat(none.header("www-authenticate")).isEqualTo("Bearer");
        assertThat(Api.as(token("database:read")).get("/q/metrics").statusCode())
                .isEqualTo(403);
        Response metrics = Api.as(token("metrics:read")).get("/q/metrics");
        assertThat(metrics.statusCode()).isEqualTo(200);
        assertThat(metrics.asString()).contains("mooring_operations_due");
        assertThat(Api.as(token("metrics:read")).get("/v2/databases").statusCode())
                .isEqualTo(403);
    }

    @Test
    void healthAndTheDescriptionOfTheApiAreForEverybody() {
        assertThat(given().get("/q/health/ready").statusCode()).isEqualTo(200);
        assertThat(given().get("/q/openapi").statusCode()).isEqualTo(200);
    }

    private static String token(String scope) {
        Response made = Api.post(
                "/mooring/v1/tokens", "{\"name\": \"%s\", \"scopes\": [\"%s\"]}".formatted(Api.uniqueName(), scope));
        assertThat(made.statusCode()).as(made.asString()).isEqualTo(201);
        return made.jsonPath().getString("token.token");
    }
}
