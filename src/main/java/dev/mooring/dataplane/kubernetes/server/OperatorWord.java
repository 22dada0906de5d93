package dev.mooring.dataplane.kubernetes.server;

import dev.mooring.dataplane.kubernetes.client.Kind;
import dev.mooring.dataplane.kubernetes.client.KubeObjects;
import dev.mooring.dataplane.kubernetes.client.Live;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.dataplane.kubernetes.object.PoolObjects;
import dev.mooring.operation.OperationFailed;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What the operator says of a cluster: whether it is as it should be, what it waits for, and what it has given up. */
public record OperatorWord(KubeObjects objects, UUID cluster) {

    private static final String HEALTHY = "Cluster in healthy state";
    private static final int FAILED_TRIES = 3;

    /** As the operator writes moments. */
    private static final DateTimeFormatter MICROS =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSSXXX").withZone(ZoneOffset.UTC);

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

    /**
     * Which server takes writes.
     *
     * @param seen the cluster of which this was read
     * @param current that does
     * @param target that is to
     * @param tookMs from the wish for the current one to its promotion, in milliseconds, by the operator's clocks; null when it does not say
     */
    public record Primary(
            Live seen,
            String current,
            String target,
            @Nullable Long tookMs) {}

    /** @throws OperationFailed when there is no such cluster any more */
    public Primary primary() {
        Live live = live();
        return new Primary(
                live,
                live.text("status", "currentPrimary").orElse(""),
                live.text("status", "targetPrimary").orElse(""),
                took(live));
    }

    private static @Nullable Long took(Live live) {
        try {
            return Duration.between(
                            Instant.parse(live.text("status", "targetPrimaryTimestamp")
                                    .orElse("")),
                            Instant.parse(live.text("status", "currentPrimaryTimestamp")
                                    .orElse("")))
                    .toMillis();
        } catch (DateTimeParseException e) {
            return null;
        }
    }

    /**
     * Tells the operator who is to be the primary: in the state of the cluster, because there is no other place for it. Nothing happens when
     * somebody else wants another one meanwhile.
     */
    public void promote(String instance, Instant now) {
        Live live = live();
        List<Object> conditions = new ArrayList<>();
        for (Map<String, Object> condition : live.each("status", "conditions")) {
            Map<String, Object> changed = new LinkedHashMap<>(condition);
            if ("Ready".equals(condition.get("type"))) {
                changed.put("status", "False");
                changed.put("reason", "ClusterIsNotReady");
                changed.put("message", "Cluster Is Not Ready");
                changed.put(
                        "lastTransitionTime",
                        now.truncatedTo(ChronoUnit.SECONDS).toString());
            }
            conditions.add(changed);
        }
        objects.patchStatus(
                Kind.CLUSTER,
                live,
                Map.of(
                        "targetPrimary",
                        instance,
                        "targetPrimaryTimestamp",
                        MICROS.format(now),
                        "phase",
                        "Switchover in progress",
                        "phaseReason",
                        "Switching over to " + instance,
                        "conditions",
                        conditions));
    }

    /**
     * Takes that back. Nothing happens when the operator, or somebody else, has changed anything of the cluster since.
     *
     * @param primary as it was seen before it was found that nobody had acted on the wish
     */
    public void keep(Primary primary) {
        objects.patchStatus(
                Kind.CLUSTER,
                primary.seen(),
                Map.of("targetPrimary", primary.current(), "phaseReason", primary.current() + " stays the primary"));
    }

    private Live live() {
        return objects.find(Kind.CLUSTER, Names.cluster(cluster))
                .orElseThrow(() -> new OperationFailed("the Cluster " + Names.cluster(cluster) + " of the namespace "
                        + objects.namespace() + " is gone; nothing was changed"));
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
        return objects.list(Kind.POD, Names.ofOperator(cluster)).stream()
                .filter(pod -> !pod.label(Names.POD_ROLE).orElse("").equals(Names.POOLER_ROLE))
                .flatMap(pod -> trouble(pod).stream())
                .findFirst();
    }

    /** What keeps a pod from starting; empty where nothing is known to. */
    public static Optional<Waiting> trouble(Live pod) {
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
                return Optional.of(Waiting.on("no node takes the pod " + pod.name() + ": " + condition.get("message")));
            }
        }
        return Optional.empty();
    }

    /**
     * Of a connection pool, as far as it can be seen without asking it.
     *
     * @param pools how many pods it is to have
     */
    public Optional<Waiting> pool(Live pooler, int pools) {
        if (pooler.text("status", "phase").orElse("").equals("failed")) {
            return Optional.of(Waiting.refused("CloudNativePG cannot run the connection pool " + pooler.name() + ": "
                    + pooler.text("status", "phaseReason").orElse("it does not say why")));
        }
        Optional<String> error = pooler.text("status", "error").filter(text -> !text.isBlank());
        if (error.isPresent()) {
            return Optional.of(
                    Waiting.refused("CloudNativePG refuses the connection pool " + pooler.name() + ": " + error.get()));
        }
        Optional<String> access = pooler.text("spec", "template", "metadata", "annotations", PoolObjects.ACCESS);
        List<Live> pods = objects.list(Kind.POD, Map.of(Names.POOLER_LABEL, pooler.name())).stream()
                .filter(pod ->
                        !pod.going() || !pod.annotation(PoolObjects.ACCESS).equals(access))
                .toList();
        Optional<Waiting> trouble =
                pods.stream().flatMap(pod -> trouble(pod).stream()).findFirst();
        if (trouble.isPresent()) {
            return trouble;
        }
        if (pods.stream().anyMatch(pod -> !pod.annotation(PoolObjects.ACCESS).equals(access))) {
            return Optional.of(Waiting.on("clients of the connection pool " + pooler.name()
                    + " that may not come any more are being sent away"));
        }
        long ready = pods.stream().filter(pod -> pod.condition("Ready")).count();
        return ready == pools && pods.size() == pools
                ? Optional.empty()
                : Optional.of(Waiting.on(
                        ready + " of " + pods.size() + " pods of the connection pool " + pooler.name() + " are ready"));
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
        Optional<String> applied = object.text("status", "applied");
        // It names the generation that it has applied, and none that it has refused.
        if (applied.filter("false"::equals).isPresent()) {
            return Optional.of(Waiting.refused("CloudNativePG refuses the " + what + ": "
                    + object.text("status", "message").orElse("it does not say why")));
        }
        return applied.isPresent() && object.observed()
                ? Optional.empty()
                : Optional.of(Waiting.on("CloudNativePG has not looked at the " + what + " yet"));
    }
}
