package dev.mooring.dataplane.kubernetes.client;

import dev.mooring.operation.OperationFailed;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.FieldValidateable.Validation;
import io.fabric8.kubernetes.client.dsl.MixedOperation;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The objects of one namespace. Blocks. Every call fails with {@link Away} while the API server cannot be asked, and with
 * {@link OperationFailed} for what it refuses for good.
 */
@Singleton
public class KubeObjects {

    /** Who owns the fields that are applied. */
    public static final String MANAGER = "mooring";

    /** Its value says nothing but that the object was touched. */
    private static final String TOUCHED = "mooring.dev/touched";

    private static final int BAD_REQUEST = 400;
    private static final int FORBIDDEN = 403;
    private static final int NOT_FOUND = 404;
    private static final int INVALID = 422;

    private final Supplier<KubernetesClient> client;
    private final String namespace;

    /** No connection, and no client, before the first call. */
    @Inject
    KubeObjects(Instance<KubernetesClient> client, KubernetesSettings settings) {
        this(client::get, settings.namespace());
    }

    public KubeObjects(Supplier<KubernetesClient> client, String namespace) {
        this.client = client;
        this.namespace = namespace;
    }

    public String namespace() {
        return namespace;
    }

    /** Those of another namespace of the same Kubernetes. */
    public KubeObjects in(String other) {
        return new KubeObjects(client, other);
    }

    /** Makes the object what it should be, whatever others have made of its fields; the same once more changes nothing. */
    public Live apply(KubeObject object) {
        GenericKubernetesResource resource = new GenericKubernetesResource();
        resource.setApiVersion(object.kind().apiVersion());
        resource.setKind(object.kind().kind());
        resource.setMetadata(new ObjectMetaBuilder()
                .withName(object.name())
                .withNamespace(namespace)
                .withLabels(object.labels())
                .build());
        resource.setAdditionalProperties(new LinkedHashMap<>(object.body()));
        return ask(
                object.kind(),
                "apply " + object.kind().kind() + " " + object.name(),
                () -> new Live(of(object.kind())
                        .resource(resource)
                        .fieldValidation(Validation.STRICT)
                        .fieldManager(MANAGER)
                        .forceConflicts()
                        .serverSideApply()));
    }

    public Optional<Live> find(Kind kind, String name) {
        return ask(
                kind,
                "read " + kind.kind() + " " + name,
                () -> Optional.ofNullable(of(kind).withName(name).get()).map(Live::new));
    }

    /**
     * Changes what an object's controller says of it.
     *
     * @param seen as it was read: fails with {@link Away} when somebody has changed it since
     */
    public void patchStatus(Kind kind, Live seen, Map<String, Object> status) {
        String patch = Serialization.asJson(
                Map.of("metadata", Map.of("resourceVersion", seen.resourceVersion()), "status", status));
        ask(
                kind,
                "change the state of " + kind.kind() + " " + seen.name(),
                () -> of(kind).withName(seen.name())
                        .subresource("status")
                        .patch(PatchContext.of(PatchType.JSON_MERGE), patch));
    }

    /** Adds one label and leaves the rest of the object as it is. */
    public void label(Kind kind, String name, String label, String value) {
        String patch = Serialization.asJson(Map.of("metadata", Map.of("labels", Map.of(label, value))));
        ask(
                kind,
                "label " + kind.kind() + " " + name,
                () -> of(kind).withName(name).patch(PatchContext.of(PatchType.JSON_MERGE), patch));
    }

    /**
     * Makes its controller look at an object again that stays as it is: what a controller has refused, it tries again only after a
     * while.
     */
    public void touch(Kind kind, Live seen) {
        String patch = Serialization.asJson(
                Map.of("metadata", Map.of("annotations", Map.of(TOUCHED, seen.resourceVersion()))));
        ask(
                kind,
                "annotate " + kind.kind() + " " + seen.name(),
                () -> of(kind).withName(seen.name()).patch(PatchContext.of(PatchType.JSON_MERGE), patch));
    }

    /** Those that have all of the labels. */
    public List<Live> list(Kind kind, Map<String, String> labels) {
        return ask(
                kind,
                "list " + kind.kind(),
                () -> of(kind).withLabels(labels).list().getItems().stream()
                        .map(Live::new)
                        .toList());
    }

    /** Returns at once; who has to clean up may take its time. Nothing happens when there is none. */
    public void delete(Kind kind, String name) {
        ask(
                kind,
                "delete " + kind.kind() + " " + name,
                () -> of(kind).withName(name).delete());
    }

    /** For what waits for a controller that has nothing to do for it any more. */
    public void release(Kind kind, String name) {
        ask(kind, "release " + kind.kind() + " " + name, () -> {
            Resource<GenericKubernetesResource> found = of(kind).withName(name);
            return found.get() == null
                    ? null
                    : found.edit(resource -> {
                        resource.getMetadata().setFinalizers(List.of());
                        return resource;
                    });
        });
    }

    private NonNamespaceOperation<
                    GenericKubernetesResource, GenericKubernetesResourceList, Resource<GenericKubernetesResource>>
            of(Kind kind) {
        MixedOperation<GenericKubernetesResource, GenericKubernetesResourceList, Resource<GenericKubernetesResource>>
                everywhere = client.get().genericKubernetesResources(kind.context());
        return kind.namespaced() ? everywhere.inNamespace(namespace) : everywhere;
    }

    private <T> T ask(Kind kind, String what, Supplier<T> question) {
        try {
            return question.get();
        } catch (KubernetesClientException e) {
            throw translated(kind, what, e);
        }
    }

    private RuntimeException translated(Kind kind, String what, KubernetesClientException e) {
        String said = e.getStatus() == null || e.getStatus().getMessage() == null
                ? unanswered(e)
                : e.getStatus().getMessage();
        return switch (e.getCode()) {
            case BAD_REQUEST, INVALID -> new OperationFailed("Kubernetes refuses to " + what + ": " + said, e);
            case FORBIDDEN ->
                new OperationFailed(
                        "Kubernetes refuses to " + what + " in the namespace " + namespace + ": " + said
                                + ". What Mooring has to be allowed is in deploy/kustomize/overlays/cloudnativepg.",
                        e);
            case NOT_FOUND ->
                new OperationFailed(
                        "Kubernetes cannot " + what + ": it has no namespace " + namespace + ", or " + kind.bringer()
                                + " is not installed: " + said,
                        e);
            // Strict validation says it so.
            default ->
                said.contains("field not declared in schema") || said.contains("unknown field")
                        ? new OperationFailed("Kubernetes refuses to " + what + ": " + said, e)
                        : new Away("Kubernetes cannot " + what + " just now: " + said, e);
        };
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
