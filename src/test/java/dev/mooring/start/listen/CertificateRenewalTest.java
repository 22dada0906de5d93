package dev.mooring.start.listen;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.home.Authorities;
import dev.mooring.home.RenewableCertificates;
import dev.mooring.operation.Node;
import dev.mooring.support.Api;
import dev.mooring.support.Certificates;
import dev.mooring.support.TestGround;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.arc.All;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import jakarta.inject.Inject;
import java.net.URI;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** With a clock that is moved: every certificate is replaced when its time has come, and no server notices. */
@QuarkusTest
@QuarkusTestResource(TestGround.class)
class CertificateRenewalTest {

    @TestHTTPResource(value = "/", tls = true)
    URI api;

    @Inject
    @All
    List<RenewableCertificates> kinds;

    @Inject
    Authorities authorities;

    @Inject
    Node node;

    @Test
    void everyCertificateIsRenewedAtTwoThirdsOfItsLifeWithoutARestart() throws Exception {
        Api.TestCluster cluster = Api.cluster("15");
        int metricsPort = Api.get(cluster.path("")).jsonPath().getInt("database.metrics_endpoints[0].port");
        X509Certificate server = Certificates.ofServer(cluster.host(), cluster.port());
        X509Certificate endpoint = Certificates.ofEndpoint(cluster.host(), metricsPort);
        X509Certificate own = Certificates.ofEndpoint(api.getHost(), api.getPort());
        String started = cluster.query("select pg_postmaster_start_time()");
        Duration life = Duration.between(
                server.getNotBefore().toInstant(), server.getNotAfter().toInstant());
        Instant due = server.getNotBefore().toInstant().plus(life.dividedBy(3).multipliedBy(2));

        assertThat(lookAt(due.minus(Duration.ofDays(1))).failures()).isEmpty();
        assertThat(Certificates.ofServer(cluster.host(), cluster.port())).isEqualTo(server);
        assertThat(Certificates.ofEndpoint(cluster.host(), metricsPort)).isEqualTo(endpoint);
        assertThat(Certificates.ofEndpoint(api.getHost(), api.getPort())).isEqualTo(own);

        CertificateRenewal.State state = lookAt(due.plus(Duration.ofDays(1)));
        assertThat(state.failures()).isEmpty();
        assertThat(state.ends()).containsKeys("api", "api-ca", "clusters", "clusters-ca", "metrics");
        // In the moment in which it takes the new certificate, Vert.x turns connections away.
        Awaitility.await("the new certificates")
                .atMost(Duration.ofSeconds(10))
                .ignoreExceptions()
                .untilAsserted(() -> {
                    assertThat(Certificates.ofServer(cluster.host(), cluster.port()))
                            .isNotEqualTo(server);
                    assertThat(Certificates.ofEndpoint(cluster.host(), metricsPort))
                            .isNotEqualTo(endpoint);
                    assertThat(Certificates.ofEndpoint(api.getHost(), api.getPort()))
                            .isNotEqualTo(own);
                });
        assertThat(Certificates.names(cluster.host(), cluster.port()))
                .containsExactlyElementsOf(server.getSubjectAlternativeNames().stream()
                        .map(name -> String.valueOf(name.get(1)))
                        .toList());
        assertThat(cluster.query("select pg_postmaster_start_time()")).isEqualTo(started);
        cluster.delete();
    }

    @Test
    void healthAndMetricsSayWhenTheFirstOneEnds() {
        Awaitility.await("the look at the start").atMost(Duration.ofSeconds(10)).untilAsserted(() -> {
            var checks = RestAssured.get("/q/health").jsonPath();
            assertThat(checks.getString("checks.find { it.name == 'certificates' }.data.api-ca"))
                    .isNotNull();
            assertThat(checks.getString("checks.find { it.name == 'certificates' }.status"))
                    .isEqualTo("UP");
        });
        assertThat(Api.get("/q/metrics").asString())
                .containsPattern("mooring_certificates_expiry_seconds\\{kind=\"api\"\\} [67]\\.\\d+E7")
                .contains("mooring_certificates_expiry_seconds{kind=\"clusters-ca\"}");
    }

    @Test
    void theEndOfAClusterMadeSinceTheLastLookIsToldAtOnce() throws Exception {
        Api.TestCluster cluster = Api.cluster("15");
        Instant end = Certificates.ofServer(cluster.host(), cluster.port())
                .getNotAfter()
                .toInstant();

        String told = RestAssured.get("/q/health")
                .jsonPath()
                .getString("checks.find { it.name == 'certificates' }.data.clusters");

        assertThat(Instant.parse(told)).isBeforeOrEqualTo(end);
        assertThat(Api.get("/q/metrics").asString())
                .containsPattern("mooring_certificates_expiry_seconds\\{kind=\"clusters\"\\} \\d");
        cluster.delete();
    }

    private CertificateRenewal.State lookAt(Instant moment) {
        Clock clock = Clock.offset(Clock.systemUTC(), Duration.between(Instant.now(), moment));
        CertificateRenewal renewal = new CertificateRenewal(kinds, authorities, node, clock, new SimpleMeterRegistry());
        renewal.check();
        return renewal.state();
    }
}
