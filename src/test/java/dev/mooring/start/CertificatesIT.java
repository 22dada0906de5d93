package dev.mooring.start;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.home.Authorities;
import dev.mooring.home.MooringHome;
import dev.mooring.home.Vault;
import dev.mooring.process.ServerAccount;
import dev.mooring.process.postgres.Engine;
import dev.mooring.process.postgres.Postmaster;
import dev.mooring.support.Api;
import dev.mooring.support.Certificates;
import dev.mooring.support.MooringProcess;
import dev.mooring.support.TestGround;
import io.restassured.response.Response;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Homes that Mooring finds at its start: of an earlier version, and with certificates that have become old. */
@Tag("once")
class CertificatesIT {

    private static final Duration SOON = Duration.ofSeconds(15);
    private static final Duration OLD = Duration.ofDays(600);

    private static MooringProcess mooring;
    private static MooringHome home;
    private static String id;
    private static int port;
    private static int metricsPort;
    private static ClusterFolder folder;

    @BeforeAll
    static void aCluster() throws Exception {
        mooring = new MooringProcess("28200-28299").start();
        home = mooring.home();
        id = mooring.create(Api.uniqueName()).jsonPath().getString("database.id");
        mooring.awaitOnline(id);
        port = mooring.get(id).jsonPath().getInt("database.connection.port");
        metricsPort = mooring.get(id).jsonPath().getInt("database.metrics_endpoints[0].port");
        folder = ClusterFolder.of(home, UUID.fromString(id));
    }

    @AfterAll
    static void stop() throws Exception {
        mooring.close();
    }

    @Test
    void aHomeOfTheTimeOfOneCaGoesOn() throws Exception {
        String ca = ca();
        mooring.interrupt();
        Path tls = home.tls();
        Path clusters = tls.resolve("authorities/clusters");
        Files.delete(tls.resolve("clusters-ca.crt"));
        Files.move(clusters.resolve("1.crt"), tls.resolve("ca.crt"), StandardCopyOption.REPLACE_EXISTING);
        Files.move(clusters.resolve("1.key.sealed"), tls.resolve("ca.key.sealed"));
        MooringHome.deleteTree(tls.resolve("authorities"));
        Files.delete(tls.resolve("api.pem"));
        Files.delete(tls.resolve("metrics.pem"));
        String pem = Files.readString(folder.certificate().file());
        int key = pem.indexOf("-----BEGIN PRIVATE KEY");
        data("server.crt", pem.substring(0, key));
        data("server.key", pem.substring(key));
        data(
                "postgresql.conf",
                Files.readString(folder.data().resolve("postgresql.conf"))
                        .replaceAll("ssl_cert_file = .*", "ssl_cert_file = 'server.crt'")
                        .replaceAll("ssl_key_file = .*", "ssl_key_file = 'server.key'"));
        MooringHome.deleteTree(folder.tls());
        postmaster().reload();
        X509Certificate exposed = Certificates.ofServer("localhost", port);
        long pid = postmaster().pid().orElseThrow();

        mooring.start();

        Awaitility.await("another key")
                .atMost(SOON)
                .untilAsserted(() -> assertThat(
                                Certificates.ofServer("localhost", port).getPublicKey())
                        .isNotEqualTo(exposed.getPublicKey()));
        assertThat(ca()).isEqualTo(ca);
        Certificates.ofServer("localhost", port).verify(certificate(ca).getPublicKey());
        Certificates.ofEndpoint("localhost", metricsPort).verify(certificate(ca).getPublicKey());
        String api = Files.readString(tls.resolve("ca.crt"));
        assertThat(api).isNotEqualTo(ca);
        Certificates.ofEndpoint("localhost", mooring.sslPort())
                .verify(certificate(api).getPublicKey());
        assertThat(postmaster().pid()).hasValue(pid);
        assertThat(folder.data().resolve("server.key")).doesNotExist();
        assertThat(tls.resolve("ca.key.sealed")).doesNotExist();
    }

    @Test
    void whatHasBecomeOldIsReplacedAtTheNextStart() throws Exception {
        mooring.interrupt();
        Authorities then =
                new Authorities(home, Vault.open(home, null), Clock.offset(Clock.systemUTC(), OLD.negated()));
        Files.writeString(folder.certificate().file(), then.clusters().issue(List.of("localhost", "old.example.com")));
        Files.writeString(home.tls().resolve("metrics.pem"), then.clusters().issue(List.of("localhost", "127.0.0.1")));
        Files.writeString(home.tls().resolve("api.pem"), then.api().issue(List.of("localhost")));
        postmaster().reload();
        Awaitility.await("the old one")
                .atMost(SOON)
                .until(() -> Certificates.names("localhost", port).contains("old.example.com"));
        long pid = postmaster().pid().orElseThrow();

        mooring.start();

        Date recent = Date.from(Instant.now().minus(Duration.ofDays(1)));
        Awaitility.await("new ones").atMost(SOON).ignoreExceptions().untilAsserted(() -> {
            for (X509Certificate shown : List.of(
                    Certificates.ofServer("localhost", port),
                    Certificates.ofEndpoint("localhost", metricsPort),
                    Certificates.ofEndpoint("localhost", mooring.sslPort()))) {
                assertThat(shown.getNotBefore()).isAfter(recent);
            }
        });
        assertThat(Certificates.names("localhost", port)).containsExactly("localhost", "old.example.com");
        assertThat(postmaster().pid()).hasValue(pid);
        assertThat(mooring.anyone()
                        .get("/q/health/well")
                        .jsonPath()
                        .getString("checks.find { it.name == 'certificates' }.status"))
                .isEqualTo("UP");
        Awaitility.await("an event")
                .atMost(SOON)
                .untilAsserted(() -> assertThat(mooring.api()
                                .get("/mooring/v1/databases/" + id + "/events")
                                .jsonPath()
                                .getList("events.event_type"))
                        .contains("cluster_certificate_renew"));
    }

    /** Browsers keep a cookie of that prefix for this host and https alone, whoever else would set or read one. */
    @Test
    void aSessionOverHttpsLivesInACookieOfThisHostAlone() {
        String name = "__Host-mooring-console";
        Response in = mooring.anyoneAt("localhost", true)
                .redirects()
                .follow(false)
                .header("Sec-Fetch-Site", "same-origin")
                .formParam("token", TestGround.TOKEN)
                .post("/console/session");
        assertThat(in.statusCode()).as(in.asString()).isEqualTo(303);
        assertThat(in.headers().getValues("set-cookie"))
                .singleElement()
                .satisfies(cookie -> assertThat(cookie.split("; "))
                        .hasSize(5)
                        .contains("Path=/", "Secure", "HTTPOnly", "SameSite=Strict")
                        .anyMatch(part -> part.matches(name + "=[0-9a-f]{64}")));
        String secret = in.cookie(name);
        assertThat(page(true, name, secret)).isEqualTo(200);
        assertThat(page(true, "mooring-console", secret))
                .as("one that plain http could have set")
                .isEqualTo(303);
        assertThat(page(false, name, secret)).isEqualTo(303);
    }

    private static int page(boolean https, String cookie, String secret) {
        return mooring.anyoneAt("localhost", https)
                .redirects()
                .follow(false)
                .cookie(cookie, secret)
                .get("/console/apps")
                .statusCode();
    }

    private String ca() {
        return new String(
                Base64.getDecoder()
                        .decode(mooring.api()
                                .get("/v2/databases/" + id + "/ca")
                                .jsonPath()
                                .getString("ca.certificate")),
                StandardCharsets.UTF_8);
    }

    private void data(String name, String content) throws Exception {
        Path file = folder.data().resolve(name);
        Files.writeString(file, content);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        Files.setOwner(file, Files.getOwner(folder.data()));
    }

    private Postmaster postmaster() {
        return new Postmaster(
                new Engine("", "", folder.data()), folder.data(), folder.startLog(), ServerAccount.choose(null));
    }

    private static X509Certificate certificate(String pem) throws Exception {
        return (X509Certificate) CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(pem.getBytes(StandardCharsets.UTF_8)));
    }
}
