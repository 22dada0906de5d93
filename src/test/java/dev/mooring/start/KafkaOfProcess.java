package dev.mooring.start;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.process.ServerAccount;
import dev.mooring.process.kafka.BrokerFiles;
import dev.mooring.process.kafka.BrokerProcess;
import dev.mooring.process.kafka.JavaRuntime;
import dev.mooring.support.Api;
import dev.mooring.support.MooringProcess;
import dev.mooring.support.kafka.KafkaCluster;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** Kafka clusters of a Mooring that is a process of its own. */
abstract class KafkaOfProcess {

    static final Duration LIMIT = Duration.ofMinutes(4);

    static MooringProcess mooring;

    @BeforeAll
    static void start() throws Exception {
        mooring = new MooringProcess("29600-29699", Map.of("MOORING_APPS_KAFKA_TRUSTED_SOURCES", "true")).start();
    }

    @AfterAll
    static void stop() throws Exception {
        mooring.close();
    }

    static String create(String size, int nodes) {
        return create(KafkaCluster.body(Api.uniqueName(), size, nodes));
    }

    static String create(String body) {
        Response created = mooring.api().body(body).post("/v2/databases");
        assertThat(created.statusCode()).as(created.asString()).isEqualTo(201);
        return created.jsonPath().getString("database.id");
    }

    static KafkaCluster online(String id) {
        Awaitility.await("cluster " + id + " online; log: " + mooring.log())
                .atMost(LIMIT)
                .pollInterval(Duration.ofMillis(100))
                .until(
                        () -> {
                            JsonPath now = mooring.get(id).jsonPath();
                            assertThat(now.getString("database.failure")).isNull();
                            return now.getString("database.status");
                        },
                        "online"::equals);
        String ca = mooring.api().get("/v2/databases/" + id + "/ca").jsonPath().getString("ca.certificate");
        return new KafkaCluster(
                Api.TestCluster.of(mooring.get(id).jsonPath()),
                new String(Base64.getDecoder().decode(ca), StandardCharsets.UTF_8));
    }

    static BrokerProcess broker(String cluster, int number) {
        Path folder = mooring.home().cluster(UUID.fromString(cluster)).resolve("broker" + number);
        return new BrokerProcess(
                new JavaRuntime(folder, ""), folder, new BrokerFiles(folder), ServerAccount.choose(null), 0, List.of());
    }

    static void delete(String id) {
        assertThat(mooring.api().delete("/v2/databases/" + id).statusCode()).isEqualTo(204);
        gone(id);
    }

    static void gone(String id) {
        Path folder = mooring.home().cluster(UUID.fromString(id));
        Awaitility.await("nothing is left of " + id).atMost(LIMIT).until(() -> Files.notExists(folder));
        assertThat(ProcessHandle.allProcesses()
                        .filter(process ->
                                process.info().commandLine().orElse("").contains(folder.toString())))
                .isEmpty();
    }
}
