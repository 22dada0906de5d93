package dev.mooring.dataplane.kubernetes.server;

import dev.mooring.dataplane.kubernetes.client.Kind;
import dev.mooring.dataplane.kubernetes.client.KubeObjects;
import dev.mooring.dataplane.kubernetes.client.Live;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.operation.OperationFailed;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** What the operator says of a cluster: whether it is as it should be, what it waits for, and what it has given up. */
public record OperatorWord(KubeObjects objects, UUID cluster) {

    private static final String HEALTHY = "Cluster in healthy state";
    private static final int FAILED_TRIES = 3;

    /** Of which nothing comes any more, however long one waits. */
    private static final List<String> GIVEN_UP = List.of(
            "Cluster is unrecoverable",
            "Invalid cluster definition",
            "Cluster has incomplete or invalid image catalog",
            "Cluster cannot proceed to reconciliation due to an unknown plugin",
            "Cluster cannot execute instance online upgrade due to missing architecture binary");

    /**
     * What there is to wait for.
     *
     * @param refused whether something is wrong that may pass, rather than just not done yet
     */
    public record Waiting(String why, boolean refused) {
        public static Waiting on(String why) {
            return new Waiting(why, false);
        }

        public static Waiting refused(String why) {
            return new Waiting(why, true);
        }
    }

    /**
     * The operator's state has no revision: that it is healthy says nothing of whether it has seen what was applied. So this is half of
     * what is to be waited for; the other half is an effect.
     *
     * @param instances how many there should be
     * @return empty when it is healthy with so many
     * @throws OperationFailed when the operator has given up
     */
    public Optional<Waiting> healthy(int instances) {
        Optional<Live> found = objects.find(Kind.CLUSTER, Names.cluster(cluster));
        if (found.isEmpty()) {
            return Optional.of(Waiting.on("the Cluster is not there"));
        }
        Live live = found.get();
        String phase = live.text("status", "phase").orElse("");
        String reason =
                live.text("status", "phaseReason").map(text -> ": " + text).orElse("");
        if (GIVEN_UP.stream().anyMatch(phase::startsWith)) {
            throw new OperationFailed("CloudNativePG has given up: " + phase + reason + ".");
        }
        String primary = live.text("status", "currentPrimary").orElse("");
        if (phase.equals(HEALTHY)
                && live.condition("Ready")
                && live.number("status", "instances") == instances
                && live.number("status", "readyInstances") == instances
                && !primary.isEmpty()
                && primary.equals(live.text("status", "targetPrimary").orElse(""))) {
            return Optional.empty();
        }
        refuseFailedJob();
        Optional<Waiting> pod = trouble();
        if (pod.isPresent()) {
            return pod;
        }
        String ready = live.number("status", "readyInstances") + " of " + instances + " servers are ready";
        return Optional.of(
                phase.isEmpty()
                        ? Waiting.on("CloudNativePG has not begun yet; is its operator running?")
                        : Waiting.on("CloudNativePG: " + phase + reason + ", " + ready));
    }

    /** A job that makes a server is tried several times, and meanwhile the operator says that it is at work. */
    private void refuseFailedJob() {
        for (Live job : objects.list(Kind.JOB, Names.ofOperator(cluster))) {
            if (job.condition("Failed") || job.number("status", "failed") >= FAILED_TRIES) {
                String why = job.each("status", "conditions").stream()
                        .filter(condition -> "Failed".equals(condition.get("type")))
                        .map(condition -> ": " + condition.get("message"))
                        .findFirst()
                        .orElse("");
                throw new OperationFailed("the job " + job.name() + " has failed "
                        + Math.max(1, job.number("status", "failed")) + " times" + why + ".");
            }
        }
    }

    private Optional<Waiting> trouble() {
        for (Live pod : objects.list(Kind.POD, Names.ofOperator(cluster))) {
            for (String containers : List.of("initContainerStatuses", "containerStatuses")) {
                for (Map<String, Object> container : pod.each("status", containers)) {
                    Optional<Waiting> waiting = trouble(pod, container);
                    if (waiting.isPresent()) {
                        return waiting;
                    }
                }
            }
            for (Map<String, Object> condition : pod.each("status", "conditions")) {
                if ("PodScheduled".equals(condition.get("type")) && "False".equals(condition.get("status"))) {
                    return Optional.of(
                            Waiting.on("no node takes the pod " + pod.name() + ": " + condition.get("message")));
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<Waiting> trouble(Live pod, Map<String, Object> container) {
        return container.get("state") instanceof Map<?, ?> state
                        && state.get("waiting") instanceof Map<?, ?> waiting
                        && String.valueOf(waiting.get("reason"))
                                .matches("ImagePullBackOff|ErrImagePull|InvalidImageName")
                ? Optional.of(Waiting.refused("the image of pod " + pod.name() + " cannot be had: "
                        + waiting.get("reason") + " " + waiting.get("message")))
                : Optional.empty();
    }

    /** Of a role or a database: whether it is as the object says. */
    public static Optional<Waiting> applied(Live object) {
        String what = object.resource().getKind() + " of "
                + object.text("spec", "name").orElse(object.name());
        if (!object.observed() || object.text("status", "applied").isEmpty()) {
            return Optional.of(Waiting.on("CloudNativePG has not looked at the " + what + " yet"));
        }
        return object.is("status", "applied")
                ? Optional.empty()
                : Optional.of(Waiting.refused("CloudNativePG refuses the " + what + ": "
                        + object.text("status", "message").orElse("it does not say why")));
    }
}
