package dev.mooring.dataplane.kubernetes.server;

import dev.mooring.dataplane.ClusterNode;
import dev.mooring.dataplane.kubernetes.client.Kind;
import dev.mooring.dataplane.kubernetes.client.KubeObjects;
import dev.mooring.dataplane.kubernetes.client.Live;
import dev.mooring.dataplane.kubernetes.object.AccessObjects;
import dev.mooring.dataplane.kubernetes.object.ArchiveObjects;
import dev.mooring.dataplane.kubernetes.object.Names;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The servers of a cluster, which are pods. */
public record Instances(KubeObjects objects, UUID cluster) {

    private static final String SERVER = "postgres";
    private static final String POOLER = "pgbouncer";
    private static final String ROLE = "cnpg.io/instanceRole";

    /**
     * One server, or a pool in front of it.
     *
     * @param address empty before it has one
     * @param image of its container
     * @param resources what its container may use; empty when it says nothing
     * @param follows whether it follows another cluster
     * @param archives whether the plugin's container is beside it, through which its WAL is archived
     */
    public record Instance(
            String name,
            boolean primary,
            String address,
            int port,
            boolean ready,
            String phase,
            String image,
            Map<?, ?> resources,
            boolean archives,
            boolean follows) {}

    /** The primary first. */
    public List<Instance> all() {
        List<Instance> instances = new ArrayList<>();
        for (Live pod : objects.list(Kind.POD, Names.ofOperator(cluster))) {
            if (pod.label(Names.POD_ROLE).orElse("").equals("instance") && !pod.going()) {
                instances.add(instance(pod, SERVER, "postgresql"));
            }
        }
        instances.sort(Comparator.comparing(Instance::primary).reversed().thenComparing(Instance::name));
        return instances;
    }

    /**
     * The pods of the cluster's pools.
     *
     * @param pooler the object that it is of; null for those of all
     */
    public List<Instance> poolers(@Nullable String pooler) {
        Map<String, String> labels = new HashMap<>(Names.ofPoolers(cluster));
        if (pooler != null) {
            labels.put(Names.POOLER_LABEL, pooler);
        }
        return objects.list(Kind.POD, labels).stream()
                .filter(pod -> !pod.going())
                .map(pod -> instance(pod, POOLER, POOLER))
                .toList();
    }

    /** Addresses of an app's pods beside the cluster; empty ones of pods that have none yet. */
    List<String> ofApp(UUID app) {
        return objects.list(Kind.POD, Map.of(Names.APP_LABEL, app.toString())).stream()
                .filter(pod -> !pod.going())
                .map(pod -> pod.text("status", "podIP").orElse(""))
                .toList();
    }

    /**
     * @param server the container that serves
     * @param portName of its port for clients
     */
    private static Instance instance(Live pod, String server, String portName) {
        int port = Names.PORT;
        String image = "";
        Map<?, ?> resources = Map.of();
        for (Map<String, Object> container : pod.each("spec", "containers")) {
            if (server.equals(container.get("name"))) {
                port = port(container, portName, port);
                image = String.valueOf(container.get("image"));
                if (container.get("resources") instanceof Map<?, ?> given) {
                    resources = given;
                }
            }
        }
        return new Instance(
                pod.name(),
                pod.label(ROLE).orElse("").equals("primary"),
                pod.text("status", "podIP").orElse(""),
                port,
                pod.condition("Ready"),
                pod.text("status", "phase").orElse("Pending"),
                image,
                resources,
                archives(pod),
                pod.label(Names.FOLLOWS_LABEL)
                        .filter(followed -> !followed.equals(Names.FOLLOWS_NONE))
                        .isPresent());
    }

    /** It begins before the server, and goes on beside it. */
    private static boolean archives(Live pod) {
        return Stream.of("initContainers", "containers")
                .flatMap(containers -> pod.each("spec", containers).stream())
                .anyMatch(container -> ArchiveObjects.SIDECAR.equals(container.get("name")));
    }

    private static int port(Map<String, Object> container, String name, int usual) {
        if (container.get("ports") instanceof List<?> ports) {
            for (Object one : ports) {
                if (one instanceof Map<?, ?> port
                        && name.equals(port.get("name"))
                        && port.get("containerPort") instanceof Number number) {
                    return number.intValue();
                }
            }
        }
        return usual;
    }

    /** As the API tells of them. */
    public List<ClusterNode> nodes() {
        return all().stream()
                .map(instance -> new ClusterNode(
                        instance.name(),
                        role(instance),
                        instance.address(),
                        instance.port(),
                        instance.ready()
                                ? role(instance) == ClusterNode.Role.PRIMARY ? "running" : "following"
                                : "starting",
                        instance.ready() ? null : "its pod is " + instance.phase(),
                        null,
                        null))
                .toList();
    }

    /** Of those that follow another cluster, too, the operator calls one the primary. */
    private static ClusterNode.Role role(Instance instance) {
        if (instance.follows()) {
            return ClusterNode.Role.REPLICA;
        }
        return instance.primary() ? ClusterNode.Role.PRIMARY : ClusterNode.Role.STANDBY;
    }

    /** What {@link #authority} said last when a worker looked, for whoever may not read secrets; empty before that. */
    public Optional<String> publishedAuthority() {
        return objects.find(Kind.CONFIG_MAP, Names.authority(cluster))
                .flatMap(live -> live.text("data", AccessObjects.CERTIFICATES));
    }

    /** PEM of who signs for the servers; empty before the operator has made it. It is in a secret, with the CA's key: for workers only. */
    public Optional<String> authority() {
        return objects.find(Kind.CLUSTER, Names.cluster(cluster)).flatMap(this::authority);
    }

    /** The same of a Cluster that has been read. */
    public Optional<String> authority(Live live) {
        return objects.find(Kind.SECRET, authoritySecret(live))
                .flatMap(secret -> secret.text("data", "ca.crt"))
                .map(base64 -> new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8));
    }

    private static String authoritySecret(Live live) {
        return live.text("status", "certificates", "serverCASecret").orElse(live.name() + "-ca");
    }

    /** Another one when CloudNativePG has renewed the CA: it says until when it is good. */
    public static String renewal(Live live) {
        String secret = authoritySecret(live);
        return Names.hash(secret + " "
                + live.text("status", "certificates", "expirations", secret).orElse(""));
    }

    /** What Mooring itself logs in with; empty before it was made. */
    Optional<String> controlPassword() {
        return objects.find(Kind.SECRET, Names.user(cluster, Names.CONTROL))
                .flatMap(live -> live.text("data", "password"))
                .map(base64 -> new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8));
    }
}
