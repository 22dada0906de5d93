package dev.mooring.start;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.process.ServerAccount;
import dev.mooring.process.kafka.BrokerFiles;
import dev.mooring.process.kafka.BrokerProcess;
import dev.mooring.process.kafka.JavaRuntime;
import dev.mooring.support.Api;
import dev.mooring.support.Boundary;
import dev.mooring.support.MooringProcess;
import dev.mooring.support.kafka.KafkaCluster;
import dev.mooring.support.kafka.KafkaWriter;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** kill -9 of brokers and of Mooring: no record that was acknowledged is lost or doubled, and what was begun ends as if nothing had happened. */
@Tag("once")
class KafkaKillIT {

    private static final Duration LIMIT = Duration.ofMinutes(4);

    private static MooringProcess mooring;

    @BeforeAll
    static void start() throws Exception {
        mooring = new MooringProcess("29600-29699").start();
    }

    @AfterAll
    static void stop() throws Exception {
        mooring.close();
    }

    @Tag("walk")
    @Test
    void threeBrokersLoseNothingWhoeverIsKilled() throws Exception {
        KafkaCluster kafka = online(create("db-s-2vcpu-4gb", 3));
        Response topic = mooring.api()
                .body("{\"name\": \"ledger\", \"partition_count\": 1, \"replication_factor\": 3,"
                        + " \"config\": {\"min_insync_replicas\": 2}}")
                .post(kafka.path("/topics"));
        assertThat(topic.statusCode()).as(topic.asString()).isEqualTo(201);
        assertThat(topic.jsonPath().getInt("topic.replication_factor")).isEqualTo(3);
        String id = kafka.api().id();
        Set<String> acknowledged = ConcurrentHashMap.newKeySet();
        Properties settings = kafka.settings();
        settings.put("enable.idempotence", "true");
        settings.put("delivery.timeout.ms", "180000");
        settings.put("max.block.ms", "180000");
        try (KafkaProducer<String, String> producer = KafkaCluster.producer(settings)) {
            for (List<Integer> victims : List.of(List.of(1), List.of(2, 3), List.of(1, 2, 3))) {
                send(producer, acknowledged, victims + " before ");
                for (int victim : victims) {
                    broker(id, victim).fence();
                }
                // While they are away and come back.
                send(producer, acknowledged, victims + " after ");
                Awaitility.await("brokers " + victims + " run again")
                        .atMost(LIMIT)
                        .until(() -> victims.stream()
                                .allMatch(victim -> broker(id, victim).alive()));
            }
            pause(kafka, 1, () -> {
                send(producer, acknowledged, "one is paused ");
                return null;
            });
            List<Long> pids = pids(id);
            mooring.kill();
            send(producer, acknowledged, "without Mooring ");
            mooring.start();
            assertThat(pids(id)).isEqualTo(pids);
            send(producer, acknowledged, "with it again ");
            installUpdate(kafka);
            assertThat(pids(id)).doesNotContainAnyElementsOf(pids);
            send(producer, acknowledged, "updated ");
            fillDisk(kafka, 2, () -> {
                send(producer, acknowledged, "a disk is full ");
                return null;
            });
            send(producer, acknowledged, "there is room again ");
        }
        List<String> found = KafkaCluster.read(kafka.settings(), "audit", "ledger", acknowledged.size());
        assertThat(found).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(acknowledged);
        delete(id);
    }

    /** A broker that is there and does nothing: the others go on without it, and it comes back by itself. */
    private static void pause(KafkaCluster kafka, int number, Callable<?> meanwhile) throws Exception {
        long pid = broker(kafka.api().id(), number).pid().orElseThrow();
        signal("STOP", pid);
        try {
            Awaitility.await("it is told")
                    .atMost(LIMIT)
                    .until(() -> mooring.api()
                            .get(topology(kafka))
                            .jsonPath()
                            .getString("topology.nodes[" + (number - 1) + "].state")
                            .equals("halted"));
            meanwhile.call();
        } finally {
            signal("CONT", pid);
        }
        awaitInStep(kafka);
    }

    private static String topology(KafkaCluster kafka) {
        return "/mooring/v1/databases/" + kafka.api().id() + "/topology";
    }

    private static void awaitInStep(KafkaCluster kafka) {
        Awaitility.await("all copies are in step")
                .atMost(LIMIT)
                .untilAsserted(() -> assertThat(mooring.api()
                                .get(kafka.path("/topics/ledger"))
                                .jsonPath()
                                .getList("topic.partitions.in_sync_replicas"))
                        .containsOnly(3));
    }

    /** A broker that cannot write any more: the others go on, it is said which and why, and it comes back when there is room. */
    private static void fillDisk(KafkaCluster kafka, int number, Callable<?> meanwhile) throws Exception {
        String id = kafka.api().id();
        mooring.kill();
        Optional<FullBroker> small = FullBroker.moved(
                broker(id, number), Files.createTempDirectory(mooring.log().getParent(), "disk-"));
        mooring.start();
        assertThat(small).as("a file system of its own can be mounted").isPresent();
        awaitInStep(kafka);
        Path filler = small.get().fill();
        Awaitility.await("the broker is told to be down, and why").atMost(LIMIT).untilAsserted(() -> {
            meanwhile.call();
            JsonPath told = mooring.api().get(topology(kafka)).jsonPath();
            assertThat(told.getList("topology.nodes.name")).containsExactly("broker-1", "broker-2", "broker-3");
            assertThat(told.getString("topology.nodes[" + (number - 1) + "].state"))
                    .isEqualTo("down");
            assertThat(told.getString("topology.nodes[" + (number - 1) + "].why"))
                    .contains("its disk is full");
            assertThat(told.getList("topology.nodes.state")).containsOnlyOnce("down");
        });
        assertThat(mooring.anyone().get("/q/health/well").asString()).contains("full " + id + " broker-" + number);
        Files.delete(filler);
        awaitInStep(kafka);
        assertThat(mooring.api().get(topology(kafka)).jsonPath().getList("topology.nodes.state"))
                .containsOnly("running");
        // Nothing that is mounted can be deleted with the cluster.
        mooring.kill();
        small.get().close();
        mooring.start();
    }

    private static void signal(String name, long pid) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(pid))
                        .start()
                        .waitFor())
                .isZero();
    }

    /** Of a version that is not this one's any more, as far as its manifest says. */
    private static void installUpdate(KafkaCluster kafka) throws Exception {
        Path manifest =
                mooring.home().cluster(UUID.fromString(kafka.api().id())).resolve("kafka.json");
        Files.writeString(
                manifest,
                Files.readString(manifest).replaceFirst("\"version\":\"4\\.4\\.\\d+\"", "\"version\":\"4.4.999\""));
        assertThat(mooring.api().put(kafka.path("/install_update")).statusCode())
                .isEqualTo(204);
        Awaitility.await("the update is installed").atMost(LIMIT).untilAsserted(() -> {
            JsonPath newest = mooring.api()
                    .get("/mooring/v1/operations?cluster_id=" + kafka.api().id())
                    .jsonPath();
            assertThat(newest.getString("operations[0].kind")).isEqualTo("install-update");
            assertThat(newest.getString("operations[0].state")).isEqualTo("done");
        });
    }

    /** One broker of the version before: upgraded, then given two more, with kill -9 of Mooring before every step of both. */
    @Tag("walk")
    @Test
    void upgradingAndGrowing() throws Exception {
        KafkaCluster kafka = online(create(KafkaCluster.body(Api.uniqueName(), KafkaCluster.SMALLEST, 1)
                .replaceFirst("\\{", "{\"version\": \"4.3\", ")));
        String id = kafka.api().id();
        mooring.api().body("{\"name\": \"ledger\", \"partition_count\": 3}").post(kafka.path("/topics"));
        try (KafkaWriter writer = new KafkaWriter(kafka, "ledger")) {
            walk(kafka, "/upgrade", "{\"version\": \"4.4\"}", "upgrade-cluster", "CHECK", "RESTART", "RAISE");
            assertThat(mooring.get(id).jsonPath().getString("database.version")).isEqualTo("4.4");
            writer.awaitMore(20);
            walk(
                    kafka,
                    "/resize",
                    "{\"size\": \"db-s-2vcpu-4gb\", \"num_nodes\": 3}",
                    "resize-cluster",
                    "CHECK",
                    "ADD",
                    "JOIN",
                    "SPREAD",
                    "APPLY",
                    "RESTART");
            writer.awaitMore(20);
            assertThat(mooring.api()
                            .get(kafka.path("/topics/ledger"))
                            .jsonPath()
                            .getList("topic.partitions.in_sync_replicas"))
                    .containsOnly(3);
            List<String> acknowledged = writer.stop();
            assertThat(KafkaCluster.read(kafka.settings(), "audit", "ledger", acknowledged.size()))
                    .doesNotHaveDuplicates()
                    .containsExactlyInAnyOrderElementsOf(acknowledged);
        }
        delete(id);
    }

    private static void walk(KafkaCluster kafka, String path, String body, String kind, String... steps)
            throws Exception {
        try (Boundary boundary = Boundary.before(mooring, kind, "running", steps[0])) {
            Thread asks = Thread.ofVirtual().start(() -> askFor(kafka, path, body));
            for (int i = 0; i < steps.length; i++) {
                assertThat(boundary.awaitReachedUnless(() -> false)).isTrue();
                mooring.kill();
                if (i + 1 < steps.length) {
                    boundary.abandonFor(kind, "running", steps[i + 1]);
                } else {
                    boundary.abandon();
                }
                mooring.start();
            }
            asks.join();
        }
        Awaitility.await(kind).atMost(LIMIT).untilAsserted(() -> {
            JsonPath newest = mooring.api()
                    .get("/mooring/v1/operations?cluster_id=" + kafka.api().id())
                    .jsonPath();
            assertThat(newest.getString("operations[0].kind")).isEqualTo(kind);
            assertThat(newest.getString("operations[0].state"))
                    .as(newest.prettify())
                    .isEqualTo("done");
        });
        online(kafka.api().id());
    }

    private static void askFor(KafkaCluster kafka, String path, String body) {
        try {
            mooring.api().body(body).put(kafka.path(path));
        } catch (Exception cutOff) {
            assertThat(cutOff).isNotNull();
        }
    }

    /** Every step of the programs, and the end. */
    @Tag("walk")
    @ParameterizedTest
    @ValueSource(strings = {"CHECK", "WRITE", "START", "SET_UP", "done"})
    void creating(String step) throws Exception {
        String id;
        try (Boundary boundary = before("provision-cluster", step)) {
            id = create(KafkaCluster.SMALLEST, 1);
            boundary.awaitReached();
            killAndStart(boundary);
        }
        KafkaCluster kafka = online(id);
        mooring.api().body("{\"name\": \"first\"}").post(kafka.path("/topics"));
        KafkaCluster.send(kafka.settings(), "first", "served");
        assertThat(KafkaCluster.read(kafka.settings(), "one", "first", 1)).containsExactly("served");
        delete(id);
    }

    @Tag("walk")
    @ParameterizedTest
    @ValueSource(strings = {"WAIT_FOR_OTHERS", "STOP", "REMOVE", "done"})
    void destroying(String step) throws Exception {
        String id = create(KafkaCluster.SMALLEST, 1);
        online(id);
        try (Boundary boundary = before("destroy-cluster", step)) {
            assertThat(mooring.api().delete("/v2/databases/" + id).statusCode()).isEqualTo(204);
            boundary.awaitReached();
            killAndStart(boundary);
        }
        gone(id);
    }

    @Tag("walk")
    @ParameterizedTest
    @ValueSource(strings = {"APPLY", "RESTART", "done"})
    void changing(String step) throws Exception {
        String id = create(KafkaCluster.SMALLEST, 1);
        KafkaCluster kafka = online(id);
        try (Boundary boundary = before("apply-settings", step)) {
            Thread asks = Thread.ofVirtual().start(() -> ask(kafka));
            boundary.awaitReached();
            killAndStart(boundary);
            asks.join();
        }
        Awaitility.await("the setting is in force")
                .atMost(LIMIT)
                .until(() -> mooring.api().get(kafka.path("/config")).jsonPath().getInt("config.num_partitions") == 3);
        delete(id);
    }

    private static void ask(KafkaCluster kafka) {
        try {
            mooring.api().body("{\"config\": {\"num_partitions\": 3}}").patch(kafka.path("/config"));
        } catch (Exception cutOff) {
            assertThat(cutOff).isNotNull();
        }
    }

    private static Boundary before(String kind, String step) throws Exception {
        return step.equals("done")
                ? Boundary.before(mooring, kind, "done", null)
                : Boundary.before(mooring, kind, "running", step);
    }

    private static void killAndStart(Boundary boundary) throws Exception {
        mooring.kill();
        boundary.abandon();
        mooring.start();
    }

    private static String create(String size, int nodes) {
        return create(KafkaCluster.body(Api.uniqueName(), size, nodes));
    }

    private static String create(String body) {
        Response created = mooring.api().body(body).post("/v2/databases");
        assertThat(created.statusCode()).as(created.asString()).isEqualTo(201);
        return created.jsonPath().getString("database.id");
    }

    private static KafkaCluster online(String id) {
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

    /** Returns when all are acknowledged. */
    private static void send(KafkaProducer<String, String> producer, Set<String> acknowledged, String words)
            throws Exception {
        var answers = IntStream.range(0, 50)
                .mapToObj(i -> words + i)
                .map(value -> producer.send(new ProducerRecord<>("ledger", value), (written, failure) -> {
                    if (failure == null) {
                        acknowledged.add(value);
                    }
                }))
                .toList();
        for (var answer : answers) {
            answer.get();
        }
    }

    private static BrokerProcess broker(String cluster, int number) {
        Path folder = mooring.home().cluster(UUID.fromString(cluster)).resolve("broker" + number);
        return new BrokerProcess(
                new JavaRuntime(folder, ""), folder, new BrokerFiles(folder), ServerAccount.choose(null), 0, List.of());
    }

    private static List<Long> pids(String cluster) {
        return IntStream.rangeClosed(1, 3)
                .mapToObj(number -> broker(cluster, number).pid().orElseThrow())
                .toList();
    }

    private static void delete(String id) {
        assertThat(mooring.api().delete("/v2/databases/" + id).statusCode()).isEqualTo(204);
        gone(id);
    }

    private static void gone(String id) {
        Path folder = mooring.home().cluster(UUID.fromString(id));
        Awaitility.await("nothing is left of " + id).atMost(LIMIT).until(() -> Files.notExists(folder));
        assertThat(ProcessHandle.allProcesses()
                        .filter(process ->
                                process.info().commandLine().orElse("").contains(folder.toString())))
                .isEmpty();
    }
}
