package dev.mooring.dataplane.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.dataplane.kubernetes.client.Kind;
import dev.mooring.dataplane.kubernetes.client.KubeObject;
import dev.mooring.dataplane.kubernetes.client.KubeObjects;
import dev.mooring.dataplane.kubernetes.client.Live;
import dev.mooring.operation.OperationFailed;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/**
 * The rights of the overlay on a Kubernetes that knows RBAC: with all of them Mooring's calls are answered, and each that is taken away is
 * missed by name. Whose kubeconfig it is has to be allowed everything; {@code e2e/kubernetes/rights.sh} runs it.
 */
@Tag("once")
@EnabledIfEnvironmentVariable(
        named = KubernetesRightsTest.KUBECONFIG,
        matches = ".+",
        disabledReason = "needs a Kubernetes with RBAC: e2e/kubernetes/rights.sh")
class KubernetesRightsTest {

    static final String KUBECONFIG = "RIGHTS_KUBECONFIG";

    private static final Path OVERLAY = Path.of("deploy/kustomize/overlays/cloudnativepg/access.yaml");
    /** Whoever authorizes hears of a changed role a little later. */
    private static final Duration HEARD = Duration.ofSeconds(20);

    private static final String NAMESPACE = "mooring-rights-" + Long.toString(System.nanoTime(), 36);
    private static final Map<Kind, KubeObject> OBJECTS = new LinkedHashMap<>();

    private static Config config;
    private static KubernetesClient admin;

    /** What is allowed, and to whom. */
    private record Role(GenericKubernetesResource object, String user) {

        @SuppressWarnings("unchecked")
        List<Map<String, Object>> rules() {
            return (List<Map<String, Object>>) object.getAdditionalProperties().get("rules");
        }
    }

    private record Right(String group, String resource, String verb) {}

    @BeforeAll
    static void start() {
        config = Config.fromKubeconfig(new File(System.getenv(KUBECONFIG)));
        admin = new KubernetesClientBuilder().withConfig(config).build();
        of(named("v1", "Namespace")).serverSideApply();
        for (KubeObject each : RenderedObjectsTest.all(
                RenderedObjectsTest.spec(1, List.of("192.0.2.0/24"), List.of(), Map.of("App.db-1", "app")))) {
            OBJECTS.putIfAbsent(each.kind(), each);
        }
        OBJECTS.put(
                Kind.CONFIG_MAP,
                new KubeObject(Kind.CONFIG_MAP, "authority", Map.of(), Map.of("data", Map.of("ca.crt", "PEM"))));
    }

    @AfterAll
    static void stop() {
        if (admin != null) {
            for (String kind : List.of("ClusterRole", "ClusterRoleBinding")) {
                of(named("rbac.authorization.k8s.io/v1", kind)).delete();
            }
            of(named("v1", "Namespace")).delete();
            admin.close();
        }
    }

    private static GenericKubernetesResource named(String version, String kind) {
        return object("apiVersion: " + version + "\nkind: " + kind + "\nmetadata:\n  name: " + NAMESPACE);
    }

    private static GenericKubernetesResource object(String yaml) {
        return Serialization.unmarshal(yaml, GenericKubernetesResource.class);
    }

    private static Resource<GenericKubernetesResource> of(GenericKubernetesResource object) {
        boolean everywhere =
                object.getKind().startsWith("Cluster") || object.getKind().equals("Namespace");
        String[] version = object.getApiVersion().split("/");
        var all = admin.genericKubernetesResources(new ResourceDefinitionContext.Builder()
                .withGroup(version.length == 1 ? "" : version[0])
                .withVersion(version[version.length - 1])
                .withKind(object.getKind())
                .withPlural(object.getKind().toLowerCase(Locale.ROOT) + "s")
                .withNamespaced(!everywhere)
                .build());
        return everywhere ? all.resource(object) : all.inNamespace(NAMESPACE).resource(object);
    }

    /** The overlay's, in the test's namespace. */
    private static List<Role> roles() throws Exception {
        Map<String, GenericKubernetesResource> roles = new LinkedHashMap<>();
        Map<String, String> users = new LinkedHashMap<>();
        for (String text : Files.readString(OVERLAY)
                .replace("mooring-databases", NAMESPACE)
                .replace("mooring-storage", NAMESPACE)
                .split("(?m)^---$")) {
            GenericKubernetesResource object = object(text);
            if (object.getKind().endsWith("Binding")) {
                Map<?, ?> subject =
                        (Map<?, ?>) ((List<?>) object.getAdditionalProperties().get("subjects")).getFirst();
                Map<?, ?> role = (Map<?, ?>) object.getAdditionalProperties().get("roleRef");
                users.put(
                        role.get("kind") + "/" + role.get("name"),
                        "system:serviceaccount:" + subject.get("namespace") + ":" + subject.get("name"));
            } else {
                roles.put(object.getKind() + "/" + object.getMetadata().getName(), object);
            }
            of(object).forceConflicts().serverSideApply();
        }
        assertThat(roles.keySet()).containsExactlyInAnyOrderElementsOf(users.keySet());
        return roles.entrySet().stream()
                .map(role -> new Role(role.getValue(), users.get(role.getKey())))
                .toList();
    }

    @SuppressWarnings("unchecked")
    private static Set<Right> rights(List<Map<String, Object>> rules) {
        Set<Right> rights = new HashSet<>();
        for (Map<String, Object> rule : rules) {
            for (String group : (List<String>) rule.get("apiGroups")) {
                for (String resource : (List<String>) rule.get("resources")) {
                    for (String verb : (List<String>) rule.get("verbs")) {
                        rights.add(new Right(group, resource, verb));
                    }
                }
            }
        }
        return rights;
    }

    private static List<Map<String, Object>> rules(Set<Right> rights) {
        List<Map<String, Object>> rules = new ArrayList<>();
        for (Right right : rights) {
            rules.add(Map.of(
                    "apiGroups", List.of(right.group()),
                    "resources", List.of(right.resource()),
                    "verbs", List.of(right.verb())));
        }
        return rules;
    }

    @Test
    void eachRightThatIsTakenAwayIsMissedByName() throws Exception {
        for (Role role : roles()) {
            Set<Right> all = rights(role.rules());
            assertThat(all).isNotEmpty();
            try (KubernetesClient client = new KubernetesClientBuilder()
                    .withConfig(new ConfigBuilder(config)
                            .withImpersonateUsername(role.user())
                            .build())
                    .build()) {
                KubeObjects objects = new KubeObjects(() -> client, NAMESPACE);
                for (Right right : all) {
                    Awaitility.await(right + " of " + role.user())
                            .atMost(HEARD)
                            .untilAsserted(() ->
                                    assertThatCode(() -> use(objects, right)).doesNotThrowAnyException());
                    Set<Right> others = new HashSet<>(all);
                    others.remove(right);
                    give(role, others);
                    Awaitility.await("without " + right)
                            .atMost(HEARD)
                            .untilAsserted(() -> assertThatThrownBy(() -> use(objects, right))
                                    .isInstanceOf(OperationFailed.class)
                                    .hasMessageContaining(
                                            "cannot " + right.verb() + " resource \"" + right.resource() + "\"")
                                    .hasMessageContaining("deploy/kustomize/overlays/cloudnativepg"));
                    give(role, all);
                }
            }
        }
    }

    private static void give(Role role, Set<Right> rights) {
        role.object().getMetadata().setManagedFields(null);
        role.object().setAdditionalProperty("rules", rules(rights));
        of(role.object()).forceConflicts().serverSideApply();
    }

    /** What Mooring does with that right. */
    private static void use(KubeObjects objects, Right right) {
        if (right.resource().equals("clusters/status")) {
            Live cluster = new KubeObjects(() -> admin, NAMESPACE).apply(OBJECTS.get(Kind.CLUSTER));
            objects.patchStatus(Kind.CLUSTER, cluster, Map.of("phase", "Switchover in progress"));
            return;
        }
        Kind kind = Stream.of(Kind.values())
                .filter(candidate -> candidate.plural().equals(right.resource()))
                .findFirst()
                .orElseThrow(() -> new AssertionError("the overlay allows what Mooring has no use for: " + right));
        KubeObject object = OBJECTS.get(kind);
        switch (right.verb()) {
            case "get" -> objects.find(kind, "any");
            case "list" -> objects.list(kind, Map.of("any", "label"));
            case "create" ->
                objects.apply(new KubeObject(
                        kind, "new-" + UUID.randomUUID().toString().substring(0, 8), object.labels(), object.body()));
            case "patch" -> {
                new KubeObjects(() -> admin, NAMESPACE).apply(object);
                objects.apply(object);
            }
            case "delete" -> {
                GenericKubernetesResource any = new GenericKubernetesResource();
                any.setMetadata(new ObjectMetaBuilder()
                        .withName("any")
                        .withResourceVersion("1")
                        .build());
                objects.delete(kind, new Live(any));
            }
            default -> throw new AssertionError("Mooring has no use for " + right);
        }
    }
}
