package dev.mooring.dataplane.kubernetes;

import static dev.mooring.dataplane.kubernetes.TestObjects.map;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What CloudNativePG does for an image of another major version, as its source has it: it stops every server, a job upgrades the primary's
 * volume, and the volumes of the others go. A job that has failed stays, and the phase with it, until there is the image before again.
 */
final class ScriptedUpgrade {

    private static final Pattern MAJOR = Pattern.compile(":(\\d+)");
    private static final Map<String, String> JOB_ROLE = Map.of("cnpg.io/jobRole", "major-upgrade");

    private final TestObjects objects;
    private final SharedServer server;
    private final ScriptedArchive archive;

    /** What pg_upgrade ends with; null as long as it succeeds. */
    volatile String failure;
    /** Whether the image of the new version cannot be had. */
    volatile boolean missing;
    /** Whether the job works on and on. */
    volatile boolean held;

    ScriptedUpgrade(TestObjects objects, SharedServer server, ScriptedArchive archive) {
        this.objects = objects;
        this.server = server;
        this.archive = archive;
    }

    private static int major(String image) {
        Matcher found = MAJOR.matcher(image);
        if (!found.find()) {
            throw new IllegalArgumentException(image + " has no version in its tag");
        }
        return Integer.parseInt(found.group(1));
    }

    /** What the operator says of the data, once there are any. */
    static Map<String, Object> data(String image) {
        return Map.of("image", image, "majorVersion", major(image));
    }

    /** @return whether there is more to do than was done at this look */
    boolean goesOn(String cluster, Map<String, Object> spec, Map<String, Object> status, String primary)
            throws Exception {
        Map<String, Object> data = map(status, "pgDataImageInfo");
        String image = spec.get("imageName").toString();
        String job = primary + "-major-upgrade";
        boolean wanted = !data.isEmpty() && major(image) > ((Number) data.get("majorVersion")).intValue();
        GenericKubernetesResource present =
                objects.of(TestObjects.JOBS).withName(job).get();
        if (present != null && succeeded(present)) {
            completed(cluster, spec, job, primary, image);
            return false;
        }
        if (!wanted) {
            if (present != null) {
                end(job);
                tell(cluster, Map.of("image", image));
            }
            return false;
        }
        if (present == null) {
            tell(
                    cluster,
                    Map.of(
                            "phase",
                            "Upgrading Postgres major version",
                            "phaseReason",
                            "Upgrading cluster to major version " + major(image),
                            "image",
                            image,
                            "readyInstances",
                            0,
                            "targetPgDataImageInfo",
                            data(image)));
            if (ScriptedArchive.has(spec)) {
                archive.stopped(spec);
            }
            for (GenericKubernetesResource pod : servers(cluster)) {
                objects.of(TestObjects.PODS)
                        .withName(pod.getMetadata().getName())
                        .delete();
            }
            objects.make(TestObjects.JOBS, cluster, job, JOB_ROLE, Map.of("spec", Map.of()));
            pod(cluster, job, image);
            return true;
        }
        if (failure != null) {
            objects.status(TestObjects.PODS, job, Map.of("phase", "Failed", "containerStatuses", ended(failure)));
            objects.status(
                    TestObjects.JOBS,
                    job,
                    Map.of(
                            "failed",
                            1,
                            "conditions",
                            List.of(Map.of(
                                    "type",
                                    "Failed",
                                    "status",
                                    "True",
                                    "message",
                                    "Job has reached the specified backoff limit"))));
        } else if (!missing && !held) {
            if (ScriptedArchive.has(spec)) {
                archive.ended(cluster);
            }
            server.upgrade(Integer.toString(major(image)));
            objects.status(TestObjects.PODS, job, Map.of("phase", "Succeeded"));
            objects.status(TestObjects.JOBS, job, Map.of("succeeded", 1));
        }
        return true;
    }

    private static boolean succeeded(GenericKubernetesResource job) {
        return Objects.equals(map(job.getAdditionalProperties(), "status").get("succeeded"), 1);
    }

    private void completed(String cluster, Map<String, Object> spec, String job, String primary, String image) {
        for (GenericKubernetesResource claim :
                objects.of(TestObjects.CLAIMS).list().getItems()) {
            String name = claim.getMetadata().getName();
            if (name.startsWith(cluster + "-") && !name.equals(primary)) {
                objects.of(TestObjects.CLAIMS).withName(name).delete();
            }
        }
        tell(cluster, Map.of("pgDataImageInfo", data(image), "phase", "Creating a new replica", "phaseReason", ""));
        end(job);
    }

    private void tell(String cluster, Map<String, Object> news) {
        objects.of(TestObjects.CLUSTERS).withName(cluster).editStatus(object -> {
            Map<String, Object> status = map(object.getAdditionalProperties(), "status");
            if (!news.containsKey("targetPgDataImageInfo")) {
                status.remove("targetPgDataImageInfo");
            }
            status.putAll(news);
            return object;
        });
    }

    private void end(String job) {
        objects.of(TestObjects.PODS).withName(job).delete();
        objects.of(TestObjects.JOBS).withName(job).delete();
    }

    private void pod(String cluster, String job, String image) {
        objects.make(
                TestObjects.PODS,
                cluster,
                job,
                JOB_ROLE,
                Map.of("spec", Map.of("containers", List.of(Map.of("name", "major-upgrade", "image", image)))));
        objects.status(
                TestObjects.PODS,
                job,
                missing
                        ? Map.of(
                                "phase",
                                "Pending",
                                "containerStatuses",
                                List.of(container(
                                        "waiting",
                                        Map.of("reason", "ImagePullBackOff", "message", "Back-off " + image))))
                        : Map.of("phase", "Running"));
    }

    private static List<Object> ended(String message) {
        return List.of(container("terminated", Map.of("exitCode", 1, "message", message)));
    }

    private static Map<String, Object> container(String state, Map<String, Object> what) {
        return Map.of("name", "major-upgrade", "state", Map.of(state, what));
    }

    private List<GenericKubernetesResource> servers(String cluster) {
        return new ArrayList<>(objects.of(TestObjects.PODS)
                .withLabels(Map.of("cnpg.io/cluster", cluster, "cnpg.io/podRole", "instance"))
                .list()
                .getItems());
    }
}
