package dev.mooring.dataplane.kubernetes.object;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.kubernetes.client.Kind;
import dev.mooring.dataplane.kubernetes.client.KubeObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Who may connect from where: told to the server, and to the network in front of it. */
public final class AccessObjects {

    /** Of the object with the CA. */
    public static final String CERTIFICATES = "ca.crt";

    private static final int STATUS_PORT = 8000;
    private static final int METRICS_PORT = 9187;
    private static final String NAMESPACE_NAME = "kubernetes.io/metadata.name";

    private static final Pattern NETWORK =
            Pattern.compile("(?:(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)(?:\\.(?!/)|(?=/))){4}/(?:3[0-2]|[12]?\\d)");

    /** Of the pods of pools, in the access rules. */
    public static final String POOLERS = "poolers";

    /** Of the pods of apps, in the access rules. */
    private static final String APPS = "apps";

    private AccessObjects() {}

    /**
     * Lines of pg_hba.conf, after those that the operator writes for itself and before its last, which lets in everybody who has a
     * password.
     *
     * @param sources IPv4 networks; null for all
     * @param pods names of the pods that may come too. Which clients connection pools serve is for their own rules
     * @throws IllegalArgumentException for what is no network
     */
    public static List<String> hba(@Nullable List<String> sources, List<String> pods) {
        List<String> lines = new ArrayList<>();
        lines.add("hostssl all " + Names.CONTROL + " all scram-sha-256");
        lines.add("host all " + Names.CONTROL + "," + Names.OWNER + " all reject");
        if (sources == null) {
            lines.add("hostssl replication all all scram-sha-256");
            lines.add("hostnossl all all all reject");
            return lines;
        }
        for (String source : checked(sources)) {
            lines.add("hostssl all all " + source + " scram-sha-256");
            lines.add("hostssl replication all " + source + " scram-sha-256");
        }
        for (String pod : pods) {
            lines.add("hostssl all all ${podselector:" + pod + "} scram-sha-256");
        }
        lines.add("host all all all reject");
        lines.add("host replication all all reject");
        return lines;
    }

    /** The same for a cluster. */
    static List<String> hba(ClusterSpec spec) {
        return hba(networks(spec), List.copyOf(pods(spec).keySet()));
    }

    /**
     * That may connect; null for every network. Loopback, where apps come from on one machine, would be whoever is led into a server's pod
     * from outside.
     */
    public static @Nullable List<String> networks(ClusterSpec spec) {
        List<String> sources = spec.sources();
        ClusterSpec.TrustedApps apps = spec.apps();
        return sources == null || apps == null
                ? sources
                : Stream.concat(
                                sources.stream(),
                                apps.networks().stream().filter(network -> !network.startsWith("127.")))
                        .toList();
    }

    /**
     * Selectors of the pods that the access rules name, by these names. Servers that let in networks have to be told of pods beside these:
     * of the cluster's pools, and of the apps that it trusts, as far as these are in its namespace; the operator looks nowhere else.
     */
    static Map<String, Object> pods(ClusterSpec spec) {
        Map<String, Object> pods = new LinkedHashMap<>();
        if (spec.sources() != null && !spec.pools().isEmpty()) {
            pods.put(POOLERS, Map.of("matchLabels", Names.ofPoolers(spec.id())));
        }
        List<UUID> apps = apps(spec);
        if (!apps.isEmpty()) {
            pods.put(APPS, ofApps(apps));
        }
        return pods;
    }

    /** That are trusted beside networks; none where everybody is. */
    private static List<UUID> apps(ClusterSpec spec) {
        ClusterSpec.TrustedApps apps = spec.apps();
        return spec.sources() == null || apps == null ? List.of() : apps.ids();
    }

    private static Map<String, Object> ofApps(List<UUID> apps) {
        return Map.of(
                "matchExpressions",
                List.of(Map.of(
                        "key",
                        Names.APP_LABEL,
                        "operator",
                        "In",
                        "values",
                        apps.stream().map(UUID::toString).toList())));
    }

    /**
     * Who may come to a cluster that has trusted sources, as network policies have it: networks, and the pods of apps. These are known by
     * their labels alone, so that no other pod comes from the same network.
     *
     * @param sources of the spec
     * @param namespace of the pods of apps
     */
    public static List<Object> peers(List<String> sources, ClusterSpec spec, String namespace) {
        List<Object> peers = new ArrayList<>();
        checked(sources).forEach(source -> peers.add(Map.of("ipBlock", Map.of("cidr", source))));
        List<UUID> apps = apps(spec);
        if (!apps.isEmpty()) {
            peers.add(Map.of(
                    "namespaceSelector",
                    Map.of("matchLabels", Map.of(NAMESPACE_NAME, namespace)),
                    "podSelector",
                    ofApps(apps)));
        }
        return peers;
    }

    /**
     * @param pem who signs for the servers
     * @param renewal which of the operator's it is
     */
    public static KubeObject authority(UUID cluster, String pem, String renewal) {
        return new KubeObject(
                Kind.CONFIG_MAP,
                Names.authority(cluster),
                Names.copied(cluster, renewal),
                Map.of("data", Map.of(CERTIFICATES, pem)));
    }

    /**
     * For the servers and for the pods of pools: the operator calls both the cluster's.
     *
     * @param operator namespace of the operator
     * @param control namespace of Mooring's own pods
     * @param apps namespace of the pods of apps
     */
    public static KubeObject policy(ClusterSpec spec, String operator, String control, String apps) {
        List<Object> ingress = new ArrayList<>();
        ingress.add(rule(
                List.of(Map.of("podSelector", Map.of("matchLabels", Names.ofOperator(spec.id())))),
                Names.PORT,
                STATUS_PORT));
        ingress.add(rule(
                List.of(Map.of("namespaceSelector", Map.of("matchLabels", Map.of(NAMESPACE_NAME, operator)))),
                Names.PORT,
                STATUS_PORT,
                METRICS_PORT));
        ingress.add(rule(List.of(control(control)), Names.PORT, METRICS_PORT));
        if (spec.sources() == null) {
            ingress.add(rule(List.of(), Names.PORT));
        } else {
            List<Object> peers = peers(spec.sources(), spec, apps);
            if (!peers.isEmpty()) {
                ingress.add(rule(peers, Names.PORT));
            }
        }
        return new KubeObject(
                Kind.NETWORK_POLICY,
                Names.cluster(spec.id()),
                Names.labels(spec.id()),
                Map.of(
                        "spec",
                        Map.of(
                                "podSelector",
                                Map.of("matchLabels", Names.ofOperator(spec.id())),
                                "policyTypes",
                                List.of("Ingress"),
                                "ingress",
                                ingress)));
    }

    /** Mooring's own pods, in that namespace. */
    public static Map<String, Object> control(String namespace) {
        return Map.of(
                "namespaceSelector",
                Map.of("matchLabels", Map.of(NAMESPACE_NAME, namespace)),
                "podSelector",
                Map.of("matchLabels", Map.of("app.kubernetes.io/name", "mooring")));
    }

    /** @param from nobody in particular for everybody */
    private static Map<String, Object> rule(List<?> from, int... ports) {
        Map<String, Object> rule = new LinkedHashMap<>();
        if (!from.isEmpty()) {
            rule.put("from", from);
        }
        List<Object> open = new ArrayList<>();
        for (int port : ports) {
            open.add(Map.of("protocol", "TCP", "port", port));
        }
        rule.put("ports", open);
        return rule;
    }

    /** @throws IllegalArgumentException for what is no network */
    public static List<String> checked(List<String> sources) {
        for (String source : sources) {
            if (!NETWORK.matcher(source).matches()) {
                throw new IllegalArgumentException("not an IPv4 network such as 192.0.2.0/24: " + source);
            }
        }
        return sources;
    }
}
