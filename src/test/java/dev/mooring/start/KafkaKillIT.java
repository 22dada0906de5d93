package dev.mooring.start;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.support.kafka.KafkaCluster;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.nio.file.Files;
import java.nio.file.Path;
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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Brokers and Mooring are killed, stopped and without room: no record that was acknowledged is lost or doubled. */
@Tag("once")
class KafkaKillIT extends KafkaOfProcess {

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
            // It is started again and again, and ends each time.
            assertThat(told.getString("topology.nodes[" + (number - 1) + "].state"))
                    .isIn("down", "starting");
            assertThat(told.getString("topology.nodes[" + (number - 1) + "].why"))
                    .contains("its disk is full");
            assertThat(told.getList("topology.nodes.findAll { it.why == null }.state"))
                    .containsExactly("running", "running");
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

    private static List<Long> pids(String cluster) {
        return IntStream.rangeClosed(1, 3)
                .mapToObj(number -> broker(cluster, number).pid().orElseThrow())
                .toList();
    }
}
