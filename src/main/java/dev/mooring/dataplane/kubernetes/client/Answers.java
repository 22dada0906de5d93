package dev.mooring.dataplane.kubernetes.client;

import dev.mooring.operation.OperationFailed;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.StatusDetails;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.Optional;

/** What it means when the API server does not do what it is asked: whether that passes, and who can do something about it. */
final class Answers {

    private static final int INVALID = 422;
    private static final int TOO_MANY = 429;
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    private Answers() {}

    /**
     * @param kind that is asked about
     * @param what was asked, such as {@code read Cluster pg-1}
     */
    static RuntimeException translated(Kind kind, String what, String namespace, KubernetesClientException e) {
        String said = Optional.ofNullable(e.getStatus()).map(Status::getMessage).orElseGet(() -> unanswered(e));
        return switch (e.getCode()) {
            case HttpURLConnection.HTTP_BAD_REQUEST, INVALID -> refused(what, said, e);
            case HttpURLConnection.HTTP_FORBIDDEN -> forbidden(what, said, namespace, e);
            case HttpURLConnection.HTTP_UNAUTHORIZED ->
                new Away(
                        "Kubernetes does not know who Mooring is, and so does not " + what + ": " + said
                                + ". Its login has run out or was taken away: give it another one in its kubeconfig, or in a"
                                + " cluster look at its service account. It is tried until then",
                        e);
            case HttpURLConnection.HTTP_NOT_FOUND ->
                new OperationFailed(
                        "Kubernetes cannot " + what + ": it has no namespace " + namespace + ", or " + kind.bringer()
                                + " is not installed: " + said,
                        e);
            // Strict validation says it so.
            default ->
                said.contains("field not declared in schema") || said.contains("unknown field")
                        ? refused(what, said, e)
                        : new Away(
                                "Kubernetes cannot " + what + " just now"
                                        + (e.getCode() == TOO_MANY ? ", it has too much to do: " : ": ") + said,
                                false,
                                pause(e),
                                e);
        };
    }

    /** Four whose code is the same: the API server tells them apart in words alone. */
    private static RuntimeException forbidden(String what, String said, String namespace, KubernetesClientException e) {
        if (said.contains("exceeded quota") || said.contains("failed quota")) {
            return new Away(
                    "the quota of the namespace " + namespace + " leaves no room to " + what + ": " + said
                            + ". Give it more (kubectl get resourcequota), or delete what is not needed",
                    true,
                    Duration.ZERO,
                    e);
        }
        if (said.contains("because it is being terminated")) {
            return new OperationFailed(
                    "Kubernetes refuses to " + what + ": somebody has deleted the namespace " + namespace
                            + ", with all that is in it: " + said,
                    e);
        }
        if (said.contains("admission webhook")
                || said.contains("ValidatingAdmissionPolicy")
                || said.contains("violates PodSecurity")) {
            return refused(what, said, e);
        }
        return new OperationFailed(
                "Kubernetes refuses to " + what + " in the namespace " + namespace + ": " + said
                        + ". What Mooring has to be allowed is in deploy/kustomize/overlays/cloudnativepg.",
                e);
    }

    private static OperationFailed refused(String what, String said, KubernetesClientException e) {
        return new OperationFailed("Kubernetes refuses to " + what + ": " + said, e);
    }

    private static Duration pause(KubernetesClientException e) {
        Duration wished = Optional.ofNullable(e.getStatus())
                .map(Status::getDetails)
                .map(StatusDetails::getRetryAfterSeconds)
                .map(Duration::ofSeconds)
                .orElse(Duration.ZERO);
        return wished.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : wished;
    }

    /** The client's own words say nothing of why it did not get as far as an answer, such as a kubeconfig that it cannot read. */
    @SuppressWarnings("ReferenceEquality") // the same failure, not an equal one
    private static String unanswered(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        return cause == e
                ? String.valueOf(e.getMessage())
                : e.getMessage() + " "
                        + (cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage());
    }
}
