package dev.mooring.dataplane.kubernetes;

import static dev.mooring.dataplane.kubernetes.TestObjects.map;

import dev.mooring.dataplane.archive.ArchiveStore;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What CloudNativePG and its plugin barman-cloud do for backups and recoveries: phases and words as they were measured, objects in a real
 * S3, and of each cluster that goes the data as its servers leave them.
 */
final class ScriptedArchive {

    static final String PLUGIN = "barman-cloud.cloudnative-pg.io";

    /** As the plugin names one, within a server's folder. */
    static final String LAST_SEGMENT = "/wals/0000000100000000/000000010000000000000005.gz";

    private final TestObjects objects;
    private final SharedServer server;
    private final Map<String, String> names = new HashMap<>();
    private final Map<String, Path> left = new HashMap<>();

    /** Where backups go. */
    volatile ArchiveStore store;
    /** Why no backup can be made; null as long as they can. */
    volatile String failure;
    /** Why WAL is not archived; null as long as it is. */
    volatile String failing;

    ScriptedArchive(TestObjects objects, SharedServer server) {
        this.objects = objects;
        this.server = server;
    }

    static boolean has(Map<String, Object> spec) {
        return spec.containsKey("plugins");
    }

    /** What stands beside the servers, and what the operator says of it. */
    static List<Object> sidecars(Map<String, Object> spec) {
        return has(spec)
                ? List.of(Map.of("name", "plugin-barman-cloud", "image", "plugin", "restartPolicy", "Always"))
                : List.of();
    }

    List<Object> conditions(String cluster, Map<String, Object> spec, Map<String, Object> ready) {
        List<Object> all = new ArrayList<>(List.of(ready));
        if (has(spec)) {
            names.put(cluster, parameters((List<?>) spec.get("plugins")).get("serverName"));
            boolean fails = failing != null;
            all.add(Map.of(
                    "type", "ContinuousArchiving",
                    "status", fails ? "False" : "True",
                    "reason", fails ? "ContinuousArchivingFailing" : "ContinuousArchivingSuccess",
                    "message", fails ? failing : "Continuous archiving is working",
                    "lastTransitionTime", now()));
        }
        return all;
    }

    @SuppressWarnings("unchecked")
    private static Map<String, String> parameters(List<?> plugins) {
        Map<String, Object> plugin = (Map<String, Object>) plugins.getFirst();
        if (!PLUGIN.equals(plugin.get("name"))) {
            throw new IllegalStateException("an unknown plugin: " + plugin);
        }
        return (Map<String, String>) plugin.get("parameters");
    }

    private static String now() {
        return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    }

    void look(List<String> present) throws Exception {
        for (GenericKubernetesResource backup :
                objects.of(TestObjects.BACKUPS).list().getItems()) {
            String name = backup.getMetadata().getName();
            Map<String, Object> spec = map(backup.getAdditionalProperties(), "spec");
            String cluster = map(spec, "cluster").get("name").toString();
            if (!present.contains(cluster)) {
                continue;
            }
            Map<String, Object> status = map(backup.getAdditionalProperties(), "status");
            String phase = String.valueOf(status.get("phase"));
            if (phase.equals("null")) {
                objects.status(
                        TestObjects.BACKUPS,
                        name,
                        failure != null
                                ? Map.of("phase", "failed", "error", failure)
                                : Map.of("phase", "started", "startedAt", now(), "method", "plugin"));
            } else if (phase.equals("started") && lasted(status)) {
                complete(name, cluster);
            }
        }
    }

    /** None is done before a whole second has passed in it, as none is in reality: moments before its end are told in seconds. */
    private static boolean lasted(Map<String, Object> status) {
        return !Instant.parse(status.get("startedAt").toString()).plusSeconds(2).isAfter(Instant.now());
    }

    private void complete(String name, String cluster) throws Exception {
        String archived = names.get(cluster);
        String id = "b-" + name.substring(name.length() - 12);
        store.put(
                "cloudnativepg/" + archived + "/base/" + id + "/data.tar.gz",
                out -> out.write("a base backup".getBytes(StandardCharsets.UTF_8)));
        String stopped = now();
        objects.status(TestObjects.BACKUPS, name, Map.of("phase", "completed", "backupId", id, "stoppedAt", stopped));
        objects.of(TestObjects.OBJECT_STORES).withName(cluster + "-archive").editStatus(object -> {
            Map<String, Object> window =
                    map(map(map(object.getAdditionalProperties(), "status"), "serverRecoveryWindow"), archived);
            window.putIfAbsent("firstRecoverabilityPoint", stopped);
            window.put("lastSuccessfulBackupTime", stopped);
            return object;
        });
    }

    /** As the plugin does it, when the retention has passed for all backups but the last. */
    void forgetAllButTheLast(String cluster) {
        objects.of(TestObjects.OBJECT_STORES).withName(cluster + "-archive").editStatus(object -> {
            Map<String, Object> window = map(
                    map(map(object.getAdditionalProperties(), "status"), "serverRecoveryWindow"), names.get(cluster));
            window.put("firstRecoverabilityPoint", window.get("lastSuccessfulBackupTime"));
            return object;
        });
    }

    /** The last segment of servers that stop goes where their Cluster says at that moment. */
    void stopped(Map<String, Object> spec) throws Exception {
        store.put(
                "cloudnativepg/" + parameters((List<?>) spec.get("plugins")).get("serverName") + LAST_SEGMENT,
                out -> out.write("WAL".getBytes(StandardCharsets.UTF_8)));
    }

    /** The cluster's servers have stopped. */
    void ended(String cluster) throws Exception {
        if (names.containsKey(cluster)) {
            left.put(names.get(cluster), server.copy());
        }
    }

    /** @return whether a new cluster begins with what another one has left */
    boolean recovers(Map<String, Object> spec) throws Exception {
        Map<String, Object> bootstrap = map(spec, "bootstrap");
        if (!bootstrap.containsKey("recovery")) {
            return false;
        }
        Map<String, Object> recovery = map(bootstrap, "recovery");
        Map<?, ?> external = (Map<?, ?>) ((List<?>) spec.get("externalClusters")).getFirst();
        if (!external.get("name").equals(recovery.get("source"))) {
            throw new IllegalStateException("a source that is not there: " + recovery);
        }
        Map<String, String> parameters = parameters(List.of(external.get("plugin")));
        String path = map(
                        map(
                                objects.of(TestObjects.OBJECT_STORES)
                                        .withName(parameters.get("barmanObjectName"))
                                        .get()
                                        .getAdditionalProperties(),
                                "spec"),
                        "configuration")
                .get("destinationPath")
                .toString();
        if (!path.endsWith("/cloudnativepg")
                || store.list("cloudnativepg/" + parameters.get("serverName") + "/base")
                        .isEmpty()) {
            throw new IllegalStateException("there is no backup in " + path + " of " + parameters);
        }
        server.become(left.get(parameters.get("serverName")));
        Map<String, Object> secret = new LinkedHashMap<>(map(recovery, "secret"));
        server.run("alter role doadmin password '"
                + objects.password(secret.get("name").toString()) + "'");
        return true;
    }
}
