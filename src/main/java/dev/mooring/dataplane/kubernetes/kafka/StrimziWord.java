package dev.mooring.dataplane.kubernetes.kafka;

import dev.mooring.dataplane.kubernetes.client.Live;
import dev.mooring.dataplane.kubernetes.server.OperatorWord.Waiting;
import dev.mooring.operation.OperationFailed;
import java.util.Map;
import java.util.Optional;

/** What Strimzi says of an object: each has the generation that it was looked at with, and whether it is as that says. */
final class StrimziWord {

    private static final String NOT_READY = "NotReady";

    /** What is said as long as nothing is wrong. */
    private static final String CREATING = "Creating";

    private StrimziWord() {}

    /**
     * Whether the object is in force as it is now.
     *
     * @throws OperationFailed when somebody has told Strimzi not to look at it
     */
    static Optional<Waiting> ready(Live live) {
        Optional<Waiting> waiting = seen(live);
        return waiting.isPresent() || live.condition("Ready")
                ? waiting
                : Optional.of(Waiting.on("Strimzi is at work on the " + what(live)));
    }

    /**
     * Whether Strimzi has looked at the object as it is now and has nothing against it. That is all that it says of a node pool.
     *
     * @throws OperationFailed when somebody has told Strimzi not to look at it
     */
    static Optional<Waiting> seen(Live live) {
        if (live.condition("ReconciliationPaused")) {
            throw new OperationFailed("Strimzi does not look at the " + what(live)
                    + ", because somebody has paused it: take its annotation strimzi.io/pause-reconciliation away.");
        }
        if (!live.observed()) {
            return Optional.of(
                    Waiting.on("Strimzi has not looked at the " + what(live) + " yet; is its operator running?"));
        }
        return live.each("status", "conditions").stream()
                .filter(condition -> NOT_READY.equals(condition.get("type")) && "True".equals(condition.get("status")))
                .findFirst()
                .map(condition -> CREATING.equals(condition.get("reason"))
                        ? Waiting.on("Strimzi is making the " + what(live))
                        : Waiting.refused("Strimzi: the " + what(live) + " is not ready: " + words(condition)));
    }

    private static String words(Map<String, Object> condition) {
        return condition.get("reason") + ": " + condition.get("message");
    }

    private static String what(Live live) {
        return live.resource().getKind() + " " + live.name();
    }
}
