package dev.mooring.start;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.support.Api;
import dev.mooring.support.Certificates;
import dev.mooring.support.MooringProcess;
import dev.mooring.support.TestGround;
import io.restassured.response.Response;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Who reaches the API, and how, over the life of one installation. */
class BindIT {

    /** Another address of this machine, on which whoever listens on 127.0.0.1 alone does not answer. */
    private static final String ELSEWHERE = "127.0.0.2";

    @Test
    void itServesThisMachineAloneUntilASettingOpensItAndTheNetworkNeverInTheClear() throws Exception {
        try (MooringProcess mooring = new MooringProcess("28950-28999")) {
            mooring.start();
            assertThatThrownBy(() -> mooring.anyoneAt(ELSEWHERE, false).get("/q/health/live"))
                    .isInstanceOf(ConnectException.class);
            assertThatThrownBy(() -> mooring.anyoneAt(ELSEWHERE, true).get("/q/health/live"))
                    .isInstanceOf(ConnectException.class);
            assertThat(mooring.anyoneAt("127.0.0.1", true).get("/q/health/live").statusCode())
                    .isEqualTo(200);
            assertThat(mooring.anyone().get("/q/metrics").statusCode()).isEqualTo(401);
            aBodyWithoutALengthHasABoundOverHttp2(mooring);
            String cluster = trustingAnApp(mooring);
            mooring.connect(cluster).close();
            mooring.interrupt();

            assertThat(refusal(mooring)).contains("MOORING_BIND=0.0.0.0", "plain http", "MOORING_TLS_TERMINATED=true");

            // Apps live elsewhere from now on, too: what their trusted sources let in follows.
            mooring.set("MOORING_HTTPS", null)
                    .set("MOORING_APPS_NETWORKS", "192.0.2.0/24")
                    .startWithoutWaiting();
            awaitReady(mooring, true);
            assertThatThrownBy(() -> mooring.anyone().get("/q/health/live")).isInstanceOf(ConnectException.class);
            Awaitility.await("apps' old network is locked out")
                    .atMost(Duration.ofSeconds(30))
                    .ignoreExceptionsMatching(e -> !(e instanceof SQLException))
                    .untilAsserted(() -> assertThatThrownBy(
                                    () -> mooring.connectAgain(cluster).close())
                            .hasMessageContaining("no pg_hba.conf entry"));
            mooring.interrupt();

            mooring.set("MOORING_HTTPS", "false")
                    .set("MOORING_TLS_TERMINATED", "true")
                    .set("MOORING_METRICS_PUBLIC", "true")
                    .set("MOORING_CONSOLE", "false")
                    .startWithoutWaiting();
            awaitReady(mooring, false);
            assertThat(mooring.anyoneAt(ELSEWHERE, false).get("/console/login").statusCode())
                    .isEqualTo(404);
            assertThat(mooring.anyoneAt(ELSEWHERE, false).get("/q/metrics").asString())
                    .contains("mooring_operations_due");
            assertThatThrownBy(() -> mooring.anyoneAt(ELSEWHERE, true).get("/q/health/live"))
                    .isInstanceOf(ConnectException.class);
        }
    }

    private static void aBodyWithoutALengthHasABoundOverHttp2(MooringProcess mooring) throws Exception {
        byte[] spaces = new byte[16 << 20];
        Arrays.fill(spaces, (byte) ' ');
        try (HttpClient client =
                HttpClient.newBuilder().sslContext(Certificates.unverified()).build()) {
            URI root = URI.create("https://localhost:" + mooring.sslPort() + "/");
            HttpResponse<String> welcome =
                    client.send(HttpRequest.newBuilder(root).build(), HttpResponse.BodyHandlers.ofString());
            assertThat(welcome.version()).isEqualTo(HttpClient.Version.HTTP_2);
            assertThat(welcome.body()).contains("mooring");
            HttpRequest tooLarge = HttpRequest.newBuilder(root.resolve("/v2/apps/propose"))
                    .header("Authorization", "Bearer " + TestGround.TOKEN)
                    .POST(HttpRequest.BodyPublishers.fromPublisher(HttpRequest.BodyPublishers.ofByteArray(spaces)))
                    .build();
            int status;
            try {
                status = client.send(tooLarge, HttpResponse.BodyHandlers.ofString())
                        .statusCode();
            } catch (IOException hungUp) {
                status = 413;
            }
            assertThat(status).isEqualTo(413);
        }
    }

    private static String trustingAnApp(MooringProcess mooring) {
        String id = mooring.create(Api.uniqueName()).jsonPath().getString("database.id");
        mooring.awaitOnline(id);
        Response trusted = mooring.api()
                .body("{\"rules\":[{\"type\":\"app\",\"value\":\"2f6c5a3e-0000-4000-8000-000000000001\"}]}")
                .put("/v2/databases/" + id + "/firewall");
        assertThat(trusted.statusCode()).as(trusted.asString()).isEqualTo(204);
        return id;
    }

    /** Why it does not start. */
    private static String refusal(MooringProcess mooring) throws Exception {
        Path folder = TestGround.newFolder();
        Path log = folder.resolve("log");
        Process process = mooring.set("MOORING_BIND", "0.0.0.0")
                .set("MOORING_HTTPS", "false")
                .launch(log);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(1);
        return Files.readString(log);
    }

    private static void awaitReady(MooringProcess mooring, boolean https) {
        Awaitility.await("ready; log: " + mooring.log())
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(100))
                .ignoreExceptions()
                .until(() -> mooring.anyoneAt(ELSEWHERE, https)
                                .get("/q/health/ready")
                                .statusCode()
                        == 200);
    }
}
