package dev.mooring.dataplane.kubernetes.client;

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
import java.net.HttpURLConnection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The objects of one namespace. Blocks. Every call fails with {@link Away} while the API server cannot be asked, and with
 * {@link dev.mooring.operation.OperationFailed} for what it refuses for good.
 */
@Singleton
public class KubeObjects {

    /** Who owns the fields that are applied. */
    public static final String MANAGER = "mooring";

    /** Its value says nothing but that the object was touched. */
    private static final String TOUCHED = "mooring.dev/touched";

    /** Its value is the operation that was taken back when the object was last written for that. */
    private static final String TAKEN_BACK = "mooring.dev/taken-back";

    /** A version that no object has any more: what is applied with it is made, and changes nothing that is there. */
    private static final String NEVER = "1";

    /** Controllers write what they say of an object all the time. */
    private static final int TRIES = 5;

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

    /**
     * Makes the object what it should be, whatever others have made of its fields; the same once more changes nothing. One that somebody
     * has written since it was read is read again, and written only as long as the {@link Fence} lets.
     */
    public Live apply(KubeObject object) {
        return write(object, find(object.kind(), object.name()), false);
    }

    /**
     * The same for what was made of the object as it was read.
     *
     * @param seen empty for one that is to be made; fails with {@link Away} when somebody has changed it since
     */
    public Live apply(KubeObject object, Optional<Live> seen) {
        return write(object, seen, true);
    }

    private Live write(KubeObject object, Optional<Live> first, boolean asSeen) {
        String what = "apply " + object.kind().kind() + " " + object.name();
        Optional<Live> seen = first;
        for (int attempt = 1; ; attempt++) {
            try {
                if (seen.isEmpty() && object.kind().pause().isPresent()) {
                    // Made at rest: should it come into being long after it was sent, nobody does anything for it.
                    seen = Optional.of(send(object, seen, object.kind().atRest()));
                }
                return send(object, seen, Map.of());
            } catch (KubernetesClientException e) {
                if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                    throw Answers.translated(object.kind(), what, namespace, e);
                }
                Optional<Live> now = find(object.kind(), object.name());
                if (attempt == TRIES || (asSeen && !same(seen, now))) {
                    throw new Away("Kubernetes does not " + what + ": somebody else has just changed it", e);
                }
                seen = now;
            }
        }
    }

    /** What its controller says of it may be another. */
    private static boolean same(Optional<Live> seen, Optional<Live> now) {
        return seen.isPresent()
                && now.isPresent()
                && seen.get().uid().equals(now.get().uid())
                && Objects.equals(seen.get().generation(), now.get().generation());
    }

    private Live send(KubeObject object, Optional<Live> seen, Map<String, String> more) {
        Fence fence = Fence.current();
        Map<String, String> annotations = new HashMap<>(more);
        Optional.ofNullable(fence.takenBack())
                .or(() -> seen.flatMap(live -> live.annotation(TAKEN_BACK)))
                .ifPresent(operation -> annotations.put(TAKEN_BACK, operation));
        GenericKubernetesResource resource = new GenericKubernetesResource();
        resource.setApiVersion(object.kind().apiVersion());
        resource.setKind(object.kind().kind());
        resource.setMetadata(new ObjectMetaBuilder()
                .withName(object.name())
                .withNamespace(namespace)
                .withLabels(object.labels())
                .withAnnotations(annotations.isEmpty() ? null : annotations)
                .withUid(seen.map(Live::uid).orElse(null))
                .withResourceVersion(seen.map(Live::resourceVersion).orElse(NEVER))
                .build());
        resource.setAdditionalProperties(new LinkedHashMap<>(object.body()));
        fence.holds().run();
        return new Live(of(object.kind())
                .resource(resource)
                .fieldValidation(Validation.STRICT)
                .fieldManager(MANAGER)
                .forceConflicts()
                .serverSideApply());
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
        change(
                kind,
                "change the state of " + kind.kind() + " " + seen.name(),
                () -> of(kind).withName(seen.name())
                        .subresource("status")
                        .patch(PatchContext.of(PatchType.JSON_MERGE), patch));
    }

    /** Adds one label and leaves the rest of the object as it is. */
    public void label(Kind kind, String name, String label, String value) {
        String patch = Serialization.asJson(Map.of("metadata", Map.of("labels", Map.of(label, value))));
        change(
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
        change(
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

    /** Returns at once; who has to clean up may take its time. Nothing happens when there is none, or when it is ending. */
    public void delete(Kind kind, String name) {
        for (int attempt = 1; ; attempt++) {
            Optional<Live> seen = find(kind, name).filter(live -> !live.going());
            if (seen.isEmpty() || deleted(kind, seen.get(), attempt == TRIES)) {
                return;
            }
        }
    }

    /** The same of the object as it was read: fails with {@link Away} when somebody has changed it since. */
    public void delete(Kind kind, Live seen) {
        deleted(kind, seen, true);
    }

    private boolean deleted(Kind kind, Live seen, boolean last) {
        Fence.current().holds().run();
        try {
            of(kind).withName(seen.name())
                    .lockResourceVersion(seen.resourceVersion())
                    .delete();
            return true;
        } catch (KubernetesClientException e) {
            String what = "delete " + kind.kind() + " " + seen.name();
            if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                throw Answers.translated(kind, what, namespace, e);
            }
            if (last) {
                throw new Away("Kubernetes does not " + what + ": somebody else has just changed it", e);
            }
            return false;
        }
    }

    /** For what waits for a controller that has nothing to do for it any more. */
    public void release(Kind kind, String name) {
        change(kind, "release " + kind.kind() + " " + name, () -> {
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
            throw Answers.translated(kind, what, namespace, e);
        }
    }

    /** The same for what writes, by itself bound to nothing that was read. */
    private void change(Kind kind, String what, Supplier<?> question) {
        Fence.current().holds().run();
        ask(kind, what, question);
    }
}
