package dev.mooring.dataplane.kubernetes;

import static dev.mooring.dataplane.kubernetes.TestObjects.map;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;

/**
 * A small controller that does to the objects what CloudNativePG's does, in its phases and words as they were measured, and to a real
 * PostgreSQL what the objects say. Tests tell it what goes wrong.
 */
final class ScriptedOperator implements AutoCloseable {

    private static final String HEALTHY = "Cluster in healthy state";

    /** How long after a look it looks again. */
    private static final Duration RESYNC = Duration.ofMillis(50);

    private final TestObjects objects;
    private final ScriptedMembers members;
    final ScriptedPoolers poolers;
    final ScriptedRollout rollout;
    final ScriptedUpgrade upgrade;
    final ScriptedArchive archive;
    final ScriptedReplicas replicas;
    private final SharedServer shared;
    private final Thread thread;
    private final CountDownLatch end = new CountDownLatch(1);
    private final Map<String, String> seen = new HashMap<>();

    /** Looks for which a new cluster stays in "Setting up primary". */
    final AtomicInteger slow = new AtomicInteger();
    /** Looks for which roles and databases are refused; they are looked at again as long as they are. */
    final AtomicInteger refusals = new AtomicInteger();

    volatile boolean failJobs;
    /** Whether it looks at nothing. */
    volatile boolean away;

    volatile Throwable failure;
    private final AtomicInteger looked = new AtomicInteger();

    /** It has looked at everything so often again. */
    void awaitLooks(int times) {
        int enough = looked.get() + times;
        Awaitility.await("the operator looks").atMost(Duration.ofSeconds(10)).until(() -> looked.get() > enough);
    }

    TestObjects objects() {
        return objects;
    }

    ScriptedOperator(KubernetesClient client, SharedServer server) {
        this.objects = new TestObjects(client);
        this.shared = server;
        this.replicas = new ScriptedReplicas(objects, server);
        this.members = new ScriptedMembers(objects, replicas::server, refusals);
        this.poolers = new ScriptedPoolers(objects, server);
        this.rollout = new ScriptedRollout(objects);
        this.archive = new ScriptedArchive(objects, server);
        this.upgrade = new ScriptedUpgrade(objects, server, archive);
        this.thread = Thread.ofVirtual().name("scripted-operator").start(this::work);
    }

    private void work() {
        boolean over = false;
        while (!over) {
            try {
                if (!away) {
                    look();
                    looked.incrementAndGet();
                }
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
        for (GenericKubernetesResource cluster :
                objects.of(TestObjects.CLUSTERS).list().getItems()) {
            present.add(cluster.getMetadata().getName());
            if (!paused(cluster)) {
                cluster(cluster);
            }
        }
        for (ResourceDefinitionContext kind : List.of(TestObjects.PODS, TestObjects.CLAIMS, TestObjects.JOBS)) {
            for (GenericKubernetesResource left : objects.of(kind).list().getItems()) {
                String owner = left.getMetadata().getLabels().get("cnpg.io/cluster");
                // Others have pods beside the clusters'.
                if (owner != null && !present.contains(owner)) {
                    objects.of(kind).withName(left.getMetadata().getName()).delete();
                    if (kind == TestObjects.CLAIMS) {
                        objects.of(TestObjects.SECRETS).withName(owner + "-ca").delete();
                        ended(owner);
                    }
                }
            }
        }
        members.look(present);
        poolers.look();
        archive.look(present);
    }

    private static boolean paused(GenericKubernetesResource cluster) {
        Map<String, String> annotations = cluster.getMetadata().getAnnotations();
        return annotations != null && "disabled".equals(annotations.get("cnpg.io/reconciliationLoop"));
    }

    private void ended(String cluster) throws Exception {
        boolean served = seen.remove(cluster) != null;
        if (!replicas.end(cluster)) {
            if (served) {
                archive.ended(cluster);
            }
            shared.empty();
        }
    }

    private void cluster(GenericKubernetesResource cluster) throws Exception {
        String name = cluster.getMetadata().getName();
        Map<String, Object> spec = map(cluster.getAdditionalProperties(), "spec");
        Map<String, List<String>> addresses = poolers.addresses(spec);
        Map<String, Object> status = map(cluster.getAdditionalProperties(), "status");
        String primary = status.getOrDefault("targetPrimary", name + "-1").toString();
        String looksLike =
                cluster.getMetadata().getGeneration() + " " + addresses + " " + primary + " " + archive.failing;
        if (looksLike.equals(seen.get(name)) && HEALTHY.equals(status.get("phase"))) {
            return;
        }
        int instances = ((Number) spec.get("instances")).intValue();
        if (failJobs) {
            objects.make(TestObjects.JOBS, name, name + "-1-initdb", Map.of(), Map.of("spec", Map.of()));
            objects.status(
                    TestObjects.JOBS,
                    name + "-1-initdb",
                    Map.of(
                            "failed",
                            3,
                            "conditions",
                            List.of(Map.of(
                                    "type",
                                    "Failed",
                                    "status",
                                    "True",
                                    "message",
                                    "Job has reached the specified backoff limit"))));
            objects.status(TestObjects.CLUSTERS, name, Map.of("phase", "Setting up primary"));
            return;
        }
        if (slow.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            objects.status(
                    TestObjects.CLUSTERS,
                    name,
                    Map.of("phase", "Setting up primary", "instances", 0, "readyInstances", 0));
            return;
        }
        if (replicas.goesOn(name, spec)) {
            return;
        }
        SharedServer server = replicas.server(name);
        if (!server.any("select 1 from pg_roles where rolname = 'doadmin'")) {
            rollout.begin(server, spec.get("imageName").toString());
            if (!archive.recovers(spec)) {
                initdb(map(map(spec, "bootstrap"), "initdb"));
            }
        }
        if (upgrade.goesOn(name, spec, status, primary) || rollout.goesOn(server, name, spec, primary)) {
            return;
        }
        objects.make(
                TestObjects.SECRETS,
                name,
                name + "-ca",
                Map.of(),
                Map.of("data", Map.of("ca.crt", TestObjects.base64(server.authority()))));
        // One after the other, and it stays healthy in its own word for a while after a change.
        Map<String, Object> storage = map(spec, "storage");
        for (int i = 1; i <= instances; i++) {
            pod(server.port(), name, i, spec, primary);
            objects.make(
                    TestObjects.CLAIMS,
                    name,
                    name + "-" + i,
                    Map.of(),
                    Map.of("spec", Map.of("storageClassName", "grows")));
            objects.status(
                    TestObjects.CLAIMS, name + "-" + i, Map.of("capacity", Map.of("storage", storage.get("size"))));
        }
        for (GenericKubernetesResource pod : rollout.pods(name)) {
            int serial = Integer.parseInt(pod.getMetadata().getName().substring(name.length() + 1));
            if (serial > instances) {
                objects.of(TestObjects.PODS)
                        .withName(pod.getMetadata().getName())
                        .delete();
                objects.of(TestObjects.CLAIMS)
                        .withName(pod.getMetadata().getName())
                        .delete();
            }
        }
        if (rollout.waits(name, primary)) {
            return;
        }
        Map<String, Object> postgresql = map(spec, "postgresql");
        server.configure(map(postgresql, "parameters"), expanded((List<?>) postgresql.get("pg_hba"), addresses));
        told(name, addresses);
        objects.status(
                TestObjects.CLUSTERS,
                name,
                Map.of(
                        "phase",
                        HEALTHY,
                        "pgDataImageInfo",
                        ScriptedUpgrade.data(spec.get("imageName").toString()),
                        "instances",
                        instances,
                        "readyInstances",
                        instances,
                        "currentPrimary",
                        primary,
                        "targetPrimary",
                        primary,
                        "currentPrimaryTimestamp",
                        Instant.now().plusMillis(7).toString(),
                        "certificates",
                        Map.of("serverCASecret", name + "-ca"),
                        "conditions",
                        archive.conditions(
                                name,
                                spec,
                                Map.of(
                                        "type", "Ready",
                                        "status", "True",
                                        "reason", "ClusterIsReady",
                                        "message", "Cluster is Ready",
                                        "lastTransitionTime", "2026-11-28T00:00:00Z"))));
        seen.put(name, looksLike);
    }

    /** A line for each address of the pods that it speaks of; none where there are none. */
    private static List<String> expanded(List<?> rules, Map<String, List<String>> addresses) {
        List<String> lines = new ArrayList<>();
        for (Object rule : rules) {
            String line = rule.toString();
            int at = line.indexOf("${podselector:");
            if (at < 0) {
                lines.add(line);
            } else {
                String reference = line.substring(at, line.indexOf('}') + 1);
                String called = reference.substring("${podselector:".length(), reference.length() - 1);
                addresses.get(called).forEach(address -> lines.add(line.replace(reference, address + "/32")));
            }
        }
        return lines;
    }

    private void told(String cluster, Map<String, List<String>> addresses) {
        List<Object> references = new ArrayList<>();
        addresses.forEach((called, found) -> references.add(Map.of("name", called, "ips", found)));
        objects.status(TestObjects.CLUSTERS, cluster, Map.of("podSelectorRefs", references));
    }

    private void initdb(Map<String, Object> initdb) throws Exception {
        String owner = initdb.get("owner").toString();
        shared.run("create role " + SharedServer.quoted(owner) + " login password '"
                + objects.password(map(initdb, "secret").get("name").toString()) + "'");
        shared.run("create database "
                + SharedServer.quoted(initdb.get("database").toString()) + " owner " + SharedServer.quoted(owner));
    }

    private void pod(int port, String cluster, int serial, Map<String, Object> spec, String primary) {
        String name = cluster + "-" + serial;
        Map<String, Object> container = new LinkedHashMap<>();
        container.put("name", "postgres");
        container.put("image", spec.get("imageName"));
        container.put("resources", spec.get("resources"));
        container.put("ports", List.of(Map.of("name", "postgresql", "containerPort", port)));
        GenericKubernetesResource present =
                objects.of(TestObjects.PODS).withName(name).get();
        Map<String, Object> wanted = new LinkedHashMap<>(Map.of("containers", List.of(container)));
        if (ScriptedArchive.has(spec)) {
            wanted.put("initContainers", ScriptedArchive.sidecars(spec));
        }
        if (present != null && ScriptedRollout.stuck(present)) {
            // It waits for it, whatever it is told meanwhile.
            return;
        }
        boolean placed = true;
        if (present != null && !present.getAdditionalProperties().get("spec").equals(wanted)) {
            objects.of(TestObjects.PODS).withName(name).delete();
            placed = !rollout.full;
        }
        objects.make(TestObjects.PODS, cluster, name, Map.of("cnpg.io/podRole", "instance"), Map.of("spec", wanted));
        objects.of(TestObjects.PODS).withName(name).edit(pod -> {
            // What is inherited is put there, and never taken away.
            pod.getMetadata().getLabels().putAll(inherited(spec));
            pod.getMetadata().getLabels().put("cnpg.io/instanceRole", name.equals(primary) ? "primary" : "replica");
            return pod;
        });
        objects.status(TestObjects.PODS, name, placed ? ScriptedRollout.RUNNING : ScriptedRollout.UNPLACED);
    }

    private static Map<String, String> inherited(Map<String, Object> spec) {
        Map<String, String> labels = new HashMap<>();
        map(map(spec, "inheritedMetadata"), "labels").forEach((name, value) -> labels.put(name, value.toString()));
        return labels;
    }

    @Override
    public void close() throws Exception {
        end.countDown();
        thread.join();
        poolers.close();
        replicas.close();
        objects.close();
    }
}
