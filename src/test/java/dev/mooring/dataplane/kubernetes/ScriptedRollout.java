package dev.mooring.dataplane.kubernetes;

import static dev.mooring.dataplane.kubernetes.TestObjects.map;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What CloudNativePG does for another image: one pod after the other, those of standby nodes first; the primary's after a switchover where
 * there is another one. It waits for a pod that does not come up, whatever it is told meanwhile.
 */
final class ScriptedRollout {

    private static final Pattern VERSION = Pattern.compile(":(\\d+\\.\\d+)");

    private final TestObjects objects;

    /** Whether no other image than those that run already can be had. */
    volatile boolean missing;

    /** Whether the server in the image is another one than its tag says. */
    volatile boolean mislabelled;

    /** Whether no node has room for a pod that is another one than the one before it. */
    volatile boolean full;

    static final Map<String, Object> RUNNING = Map.of(
            "phase", "Running",
            "podIP", "127.0.0.1",
            "conditions", List.of(Map.of("type", "Ready", "status", "True")));

    static final Map<String, Object> UNPLACED = Map.of(
            "phase",
            "Pending",
            "conditions",
            List.of(Map.of(
                    "type", "PodScheduled",
                    "status", "False",
                    "reason", "Unschedulable",
                    "message", "0/3 nodes are available: 3 Insufficient memory")));

    ScriptedRollout(TestObjects objects) {
        this.objects = objects;
    }

    /** The first servers of a cluster run its image. */
    void begin(SharedServer server, String image) throws Exception {
        Matcher version = VERSION.matcher(image);
        if (!version.find()) {
            throw new IllegalArgumentException(image + " has no version in its tag");
        }
        server.become(version.group(1));
    }

    /**
     * @param server that of the cluster
     * @return whether there is more to do than was done at this look
     */
    boolean goesOn(SharedServer server, String cluster, Map<String, Object> spec, String primary) throws Exception {
        String image = spec.get("imageName").toString();
        List<GenericKubernetesResource> pods = pods(cluster);
        Optional<GenericKubernetesResource> old = pods.stream()
                .filter(pod -> !image(pod).equals(image))
                .min(Comparator.comparing(pod -> pod.getMetadata().getName().equals(primary)));
        if (waits(cluster, primary)) {
            return true;
        }
        if (old.isEmpty()) {
            return false;
        }
        String name = old.get().getMetadata().getName();
        if (name.equals(primary) && pods.size() > 1) {
            String heir = pods.stream()
                    .map(pod -> pod.getMetadata().getName())
                    .filter(other -> !other.equals(primary))
                    .findFirst()
                    .orElseThrow();
            for (GenericKubernetesResource pod : pods) {
                String each = pod.getMetadata().getName();
                objects.of(TestObjects.PODS).withName(each).edit(edited -> {
                    edited.getMetadata()
                            .getLabels()
                            .put("cnpg.io/instanceRole", each.equals(heir) ? "primary" : "replica");
                    return edited;
                });
            }
            told(cluster, "Switchover in progress", pods.size(), heir);
            return true;
        }
        if (!missing && !mislabelled) {
            begin(server, image);
        }
        replace(cluster, old.get(), image);
        told(cluster, "Upgrading cluster", pods.size() - 1, primary);
        return true;
    }

    private void replace(String cluster, GenericKubernetesResource old, String image) {
        String name = old.getMetadata().getName();
        Map<String, Object> container = new LinkedHashMap<>(container(old));
        container.put("image", image);
        Map<String, String> labels = new HashMap<>(old.getMetadata().getLabels());
        objects.of(TestObjects.PODS).withName(name).delete();
        objects.make(TestObjects.PODS, cluster, name, labels, Map.of("spec", Map.of("containers", List.of(container))));
        objects.status(
                TestObjects.PODS,
                name,
                missing
                        ? Map.of(
                                "phase",
                                "Pending",
                                "containerStatuses",
                                List.of(Map.of(
                                        "name",
                                        "postgres",
                                        "state",
                                        Map.of(
                                                "waiting",
                                                Map.of(
                                                        "reason",
                                                        "ImagePullBackOff",
                                                        "message",
                                                        "Back-off pulling image " + image)))))
                        : RUNNING);
    }

    /** Whether a pod does not come up. */
    boolean waits(String cluster, String primary) {
        List<GenericKubernetesResource> pods = pods(cluster);
        boolean waits = pods.stream().anyMatch(ScriptedRollout::stuck);
        if (waits) {
            told(cluster, "Upgrading cluster", pods.size() - 1, primary);
        }
        return waits;
    }

    private void told(String cluster, String phase, int ready, String primary) {
        objects.status(
                TestObjects.CLUSTERS,
                cluster,
                Map.of("phase", phase, "readyInstances", ready, "currentPrimary", primary, "targetPrimary", primary));
    }

    List<GenericKubernetesResource> pods(String cluster) {
        return objects.of(TestObjects.PODS)
                .withLabels(Map.of("cnpg.io/cluster", cluster, "cnpg.io/podRole", "instance"))
                .list()
                .getItems();
    }

    static boolean stuck(GenericKubernetesResource pod) {
        Map<String, Object> status = map(pod.getAdditionalProperties(), "status");
        return status.containsKey("containerStatuses") || "Pending".equals(status.get("phase"));
    }

    static String image(GenericKubernetesResource pod) {
        return container(pod).get("image").toString();
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> container(GenericKubernetesResource pod) {
        return (Map<String, Object>)
                ((List<?>) map(pod.getAdditionalProperties(), "spec").get("containers")).getFirst();
    }
}
