package dev.mooring.dataplane.kubernetes;

import static dev.mooring.dataplane.kubernetes.TestObjects.map;

import dev.mooring.home.CertificateAuthority;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/**
 * A small controller that does to the objects what Strimzi's cluster operator does, as its source has it, and to real brokers what the
 * objects say. Its user operator is {@link ScriptedKafkaUsers}. Tests tell it what goes wrong.
 */
final class ScriptedStrimzi implements AutoCloseable {

    private static final Duration RESYNC = Duration.ofMillis(50);

    /** What Strimzi keeps to itself: a Kafka that sets any of it is refused. */
    private static final List<String> FORBIDDEN = List.of(
            "listeners",
            "advertised.",
            "broker.",
            "listener.",
            "host.name",
            "port",
            "inter.broker.listener.name",
            "sasl.",
            "ssl.",
            "security.",
            "password.",
            "log.dir",
            "zookeeper.",
            "authorizer.",
            "super.user",
            "cruise.control.",
            "node.id",
            "process.roles",
            "controller",
            "metadata.log.dir");

    private final TestObjects objects;
    private final CertificateAuthority authority;
    private final ScriptedKafkaUsers users;
    private final Thread thread;
    private final CountDownLatch end = new CountDownLatch(1);
    private final Map<String, RealBrokers> brokers = new HashMap<>();
    private final Map<String, String> running = new HashMap<>();
    private final Map<String, String> seen = new HashMap<>();

    /** Looks for which a Kafka that has changed is not ready yet. */
    final AtomicInteger slow = new AtomicInteger();

    /** What it refuses every Kafka with; null for nothing. */
    volatile String refusal;

    /** How often brokers were started. */
    final AtomicInteger starts = new AtomicInteger();

    volatile Throwable failure;

    ScriptedStrimzi(KubernetesClient client, CertificateAuthority authority) {
        this.objects = new TestObjects(client);
        this.authority = authority;
        this.users = new ScriptedKafkaUsers(objects);
        this.thread = Thread.ofVirtual().name("scripted-strimzi").start(this::work);
    }

    TestObjects objects() {
        return objects;
    }

    RealBrokers brokers(String cluster) {
        return brokers.get(cluster);
    }

    private void work() {
        boolean over = false;
        while (!over) {
            try {
                look();
                over = end.await(RESYNC.toMillis(), TimeUnit.MILLISECONDS);
            } catch (KubernetesClientException somebodyWasFaster) {
                // It looks again, as a controller does.
            } catch (InterruptedException end) {
                return;
            } catch (Exception | Error e) {
                failure = e;
                return;
            }
        }
    }

    private void look() throws Exception {
        List<String> present = new ArrayList<>();
        for (GenericKubernetesResource kafka :
                objects.of(TestObjects.KAFKAS).list().getItems()) {
            present.add(kafka.getMetadata().getName());
            kafka(kafka);
        }
        for (String gone : brokers.keySet().stream()
                .filter(name -> !present.contains(name))
                .toList()) {
            brokers.remove(gone).close();
            running.remove(gone);
            seen.remove(gone);
        }
        for (ResourceDefinitionContext kind :
                List.of(TestObjects.PODS, TestObjects.CLAIMS, TestObjects.SECRETS, TestObjects.POLICIES)) {
            for (GenericKubernetesResource left : objects.of(kind).list().getItems()) {
                Map<String, String> labels = left.getMetadata().getLabels();
                String owner = labels == null ? null : labels.get("strimzi.io/cluster");
                if (owner != null && !present.contains(owner)) {
                    objects.of(kind).withName(left.getMetadata().getName()).delete();
                }
            }
        }
        users.look(brokers, running);
    }

    private void kafka(GenericKubernetesResource kafka) throws Exception {
        String name = kafka.getMetadata().getName();
        Map<String, Object> spec = map(map(kafka.getAdditionalProperties(), "spec"), "kafka");
        GenericKubernetesResource pool = objects.of(TestObjects.KAFKA_POOLS).list().getItems().stream()
                .filter(one -> name.equals(one.getMetadata().getLabels().get("strimzi.io/cluster")))
                .findFirst()
                .orElse(null);
        if (paused(kafka)) {
            say(kafka, "ReconciliationPaused", "", "", Map.of());
            return;
        }
        if (pool == null) {
            say(kafka, "NotReady", "InvalidResourceException", "KafkaNodePools are not found", Map.of());
            return;
        }
        String looksLike = kafka.getMetadata().getGeneration() + " "
                + pool.getMetadata().getGeneration() + pool.getMetadata().getUid() + " " + refusal;
        if (looksLike.equals(seen.get(name))) {
            return;
        }
        String wrong = wrong(spec, name);
        if (wrong != null) {
            say(kafka, "NotReady", "InvalidResourceException", wrong, Map.of());
            seen.put(name, looksLike);
            return;
        }
        if (slow.get() > 0) {
            slow.decrementAndGet();
            say(kafka, "NotReady", "Creating", "Kafka cluster is being deployed", Map.of());
            return;
        }
        run(name, spec, pool);
        policy(name, spec);
        RealBrokers real = brokers.get(name);
        // Whoever names none gets that of the version.
        Object metadata = spec.getOrDefault(
                "metadataVersion", spec.get("version").toString().replaceFirst("\\.\\d+$", "-IV0"));
        if (!spec.containsKey("metadataVersion")) {
            real.raise();
        }
        say(
                kafka,
                "Ready",
                "",
                "",
                Map.of(
                        "clusterId",
                        real.clusterId(),
                        "kafkaVersion",
                        spec.get("version"),
                        "kafkaMetadataVersion",
                        metadata,
                        "listeners",
                        List.of(listener("clients", real.clients()), listener("control", real.control()))));
        objects.status(
                TestObjects.KAFKA_POOLS,
                pool.getMetadata().getName(),
                Map.of(
                        "observedGeneration", pool.getMetadata().getGeneration(),
                        "clusterId", real.clusterId(),
                        "nodeIds",
                                java.util.stream.IntStream.range(0, replicas(pool))
                                        .boxed()
                                        .toList(),
                        "replicas", replicas(pool),
                        "roles", List.of("controller", "broker")));
        seen.put(name, looksLike);
    }

    private static boolean paused(GenericKubernetesResource object) {
        Map<String, String> annotations = object.getMetadata().getAnnotations();
        return annotations != null && "true".equals(annotations.get("strimzi.io/pause-reconciliation"));
    }

    private String wrong(Map<String, Object> spec, String name) {
        List<String> forbidden = map(spec, "config").keySet().stream()
                .filter(key -> FORBIDDEN.stream().anyMatch(key::startsWith))
                .filter(key -> !key.startsWith("broker.session"))
                .toList();
        if (!forbidden.isEmpty()) {
            return "the configuration has forbidden options: " + forbidden;
        }
        return refusal;
    }

    private static int replicas(GenericKubernetesResource pool) {
        return ((Number) map(pool.getAdditionalProperties(), "spec").get("replicas")).intValue();
    }

    /** Brokers are restarted where their settings, their version or their size have changed. */
    private void run(String name, Map<String, Object> spec, GenericKubernetesResource pool) throws Exception {
        Map<String, String> config = new TreeMap<>();
        map(spec, "config").forEach((key, value) -> config.put(key, value.toString()));
        List<String> superUsers = ((List<?>) map(spec, "authorization").get("superUsers"))
                .stream().map(Object::toString).toList();
        Map<String, Object> wanted = map(pool.getAdditionalProperties(), "spec");
        objects.make(
                TestObjects.SECRETS,
                name + "-cluster-ca-cert",
                labels(name),
                Map.of("data", Map.of("ca.crt", TestObjects.base64(authority.bundle()))));
        String looksLike = config + " " + superUsers + " " + spec.get("version") + " " + wanted.get("resources");
        if (!looksLike.equals(running.get(name))) {
            if (!brokers.containsKey(name)) {
                brokers.put(name, new RealBrokers(authority, replicas(pool)));
            }
            brokers.get(name).run(spec.get("version").toString(), superUsers, config);
            starts.incrementAndGet();
            running.put(name, looksLike);
        }
        String size = ((Map<?, ?>) ((List<?>) map(wanted, "storage").get("volumes")).getFirst())
                .get("size")
                .toString();
        for (int id = 0; id < replicas(pool); id++) {
            String pod = name + "-" + pool.getMetadata().getName() + "-" + id;
            GenericKubernetesResource there =
                    objects.of(TestObjects.PODS).withName(pod).get();
            Map<String, Object> body = Map.of(
                    "spec",
                    Map.of("containers", List.of(Map.of("name", "kafka", "resources", wanted.get("resources")))));
            if (there != null && !same(there, wanted.get("resources"))) {
                objects.of(TestObjects.PODS).withName(pod).delete();
            }
            objects.make(TestObjects.PODS, pod, labels(name), body);
            objects.status(
                    TestObjects.PODS, pod, Map.of("conditions", List.of(Map.of("type", "Ready", "status", "True"))));
            objects.make(
                    TestObjects.CLAIMS,
                    "data-0-" + pod,
                    labels(name),
                    Map.of("spec", Map.of("storageClassName", "grows")));
            objects.status(TestObjects.CLAIMS, "data-0-" + pod, Map.of("capacity", Map.of("storage", size)));
        }
    }

    private static boolean same(GenericKubernetesResource pod, Object resources) {
        return ((List<?>) map(pod.getAdditionalProperties(), "spec").get("containers"))
                .stream().allMatch(container -> resources.equals(((Map<?, ?>) container).get("resources")));
    }

    private static Map<String, String> labels(String cluster) {
        return Map.of("strimzi.io/cluster", cluster, "strimzi.io/name", cluster + "-kafka");
    }

    /** One rule for each listener. */
    private void policy(String name, Map<String, Object> spec) {
        List<Object> ingress = new ArrayList<>();
        for (Object one : (List<?>) spec.get("listeners")) {
            Map<?, ?> listener = (Map<?, ?>) one;
            Map<String, Object> rule = new LinkedHashMap<>();
            if (listener.get("networkPolicyPeers") != null) {
                rule.put("from", listener.get("networkPolicyPeers"));
            }
            rule.put("ports", List.of(Map.of("protocol", "TCP", "port", listener.get("port"))));
            ingress.add(rule);
        }
        String policy = name + "-network-policy-kafka";
        objects.of(TestObjects.POLICIES).withName(policy).delete();
        objects.make(
                TestObjects.POLICIES,
                policy,
                labels(name),
                Map.of("spec", Map.of("podSelector", Map.of("matchLabels", labels(name)), "ingress", ingress)));
    }

    private static Map<String, Object> listener(String name, String bootstrap) {
        return Map.of("name", name, "bootstrapServers", bootstrap);
    }

    private void say(
            GenericKubernetesResource kafka, String type, String reason, String message, Map<String, Object> more) {
        Map<String, Object> status = new HashMap<>(more);
        status.put("observedGeneration", kafka.getMetadata().getGeneration());
        status.put("conditions", List.of(condition(type, reason, message)));
        objects.status(TestObjects.KAFKAS, kafka.getMetadata().getName(), status);
    }

    static Map<String, Object> condition(String type, String reason, String message) {
        Map<String, Object> condition = new LinkedHashMap<>(Map.of("type", type, "status", "True"));
        if (!reason.isEmpty()) {
            condition.put("reason", reason);
            condition.put("message", message);
        }
        return condition;
    }

    /** The addresses that may come to a listener, as its rule in the policy has them; null for everybody. */
    List<?> peers(String cluster, int port) {
        Map<String, Object> spec = map(
                objects.of(TestObjects.POLICIES)
                        .withName(cluster + "-network-policy-kafka")
                        .get()
                        .getAdditionalProperties(),
                "spec");
        return (List<?>) ((List<?>) spec.get("ingress"))
                .stream()
                        .map(rule -> (Map<?, ?>) rule)
                        .filter(rule -> rule.get("ports").toString().contains("port=" + port))
                        .collect(Collectors.collectingAndThen(
                                Collectors.toList(), rules -> rules.getFirst().get("from")));
    }

    @Override
    public void close() throws Exception {
        end.countDown();
        thread.join(Duration.ofMinutes(2));
        for (RealBrokers left : brokers.values()) {
            left.close();
        }
        objects.close();
    }
}
