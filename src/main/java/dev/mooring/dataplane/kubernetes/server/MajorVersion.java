package dev.mooring.dataplane.kubernetes.server;

import dev.mooring.dataplane.kubernetes.client.Kind;
import dev.mooring.dataplane.kubernetes.client.KubeObjects;
import dev.mooring.dataplane.kubernetes.client.Live;
import dev.mooring.dataplane.kubernetes.object.Names;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * How far the operator has come with another major version: it stops every server, and a job runs pg_upgrade on the primary's volume. That
 * the cluster is healthy says nothing of it, and the phase does not change when the job fails.
 */
public record MajorVersion(KubeObjects objects, UUID cluster) {

    private static final String JOB_ROLE = "cnpg.io/jobRole";
    private static final String UPGRADE = "major-upgrade";

    /** Whether the data are those of that major version: there is no way back then. */
    public boolean reached(String major) {
        return objects.find(Kind.CLUSTER, Names.cluster(cluster))
                .filter(live -> live.text("status", "pgDataImageInfo", "majorVersion")
                        .filter(major::equals)
                        .isPresent())
                .isPresent();
    }

    /** Whether the job works on the data just now, or has brought it to an end and the operator has not said so yet: nobody may end it. */
    public boolean running() {
        return objects.list(Kind.POD, ofJob()).stream()
                        .anyMatch(pod -> pod.text("status", "phase").orElse("").matches("Running|Succeeded"))
                || jobs().stream().anyMatch(job -> job.number("status", "succeeded") > 0);
    }

    /**
     * That the job has failed, in the operator's words: it is not tried again. What pg_upgrade itself says is in the log of its pod alone,
     * which goes with the job.
     */
    public Optional<String> failure() {
        for (Live job : jobs()) {
            if (job.condition("Failed") || job.number("status", "failed") > 0) {
                List<String> words = new ArrayList<>();
                job.each("status", "conditions").stream()
                        .filter(condition -> "Failed".equals(condition.get("type")))
                        .forEach(condition -> words.add(String.valueOf(condition.get("message"))));
                objects.list(Kind.POD, ofJob()).forEach(pod -> words.addAll(last(pod)));
                return Optional.of("CloudNativePG's job " + job.name() + " has failed"
                        + (words.isEmpty() ? "" : ": " + String.join("; ", words)));
            }
        }
        return Optional.empty();
    }

    /** What the containers of a pod said at their end. */
    private static List<String> last(Live pod) {
        List<String> words = new ArrayList<>();
        for (String containers : List.of("initContainerStatuses", "containerStatuses")) {
            for (Map<String, Object> container : pod.each("status", containers)) {
                if (container.get("state") instanceof Map<?, ?> state
                        && state.get("terminated") instanceof Map<?, ?> end
                        && !"0".equals(String.valueOf(end.get("exitCode")))) {
                    words.add("the container " + container.get("name") + " of " + pod.name() + " ended with "
                            + end.get("exitCode")
                            + Optional.ofNullable(end.get("message"))
                                    .map(message -> ": " + message)
                                    .orElse(""));
                }
            }
        }
        return words;
    }

    private List<Live> jobs() {
        return objects.list(Kind.JOB, ofJob());
    }

    private Map<String, String> ofJob() {
        Map<String, String> labels = new HashMap<>(Names.ofOperator(cluster));
        labels.put(JOB_ROLE, UPGRADE);
        return labels;
    }
}
