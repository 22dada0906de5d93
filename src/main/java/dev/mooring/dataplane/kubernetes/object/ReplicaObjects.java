package dev.mooring.dataplane.kubernetes.object;

import dev.mooring.dataplane.kubernetes.client.Kind;
import dev.mooring.dataplane.kubernetes.client.KubeObject;
import dev.mooring.engine.postgres.PostgresEngine;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Read-only nodes, which are Clusters of their own in CloudNativePG's replica mode. */
public final class ReplicaObjects {

    private static final String KEY = "key";

    private ReplicaObjects() {}

    /**
     * What a Cluster was copied of.
     *
     * @param source the Cluster, which is in the same namespace; the external cluster has its name as well
     * @param label which cluster it follows; {@link Names#FOLLOWS_NONE} when it does not any more
     * @param archive from where WAL comes that the source does not have any more
     */
    public record Copied(String source, String label, ArchiveObjects.@Nullable Recovered archive) {

        public boolean follows() {
            return !label.equals(Names.FOLLOWS_NONE);
        }

        Map<String, String> labels() {
            return Map.of(Names.FOLLOWS_LABEL, label);
        }
    }

    /** The same at every revision; without the secret a promotion would give the administrator another password. */
    static Map<String, Object> bootstrap(UUID cluster, Copied copied) {
        return Map.of(
                "source",
                copied.source(),
                "database",
                PostgresEngine.FIRST_DATABASE,
                "owner",
                PostgresEngine.ADMIN,
                "secret",
                Map.of("name", Names.user(cluster, PostgresEngine.ADMIN)));
    }

    /** By the address that the source's primary always has, with the certificate that the operator makes for its own standby nodes. */
    static List<Object> source(Copied copied) {
        String source = copied.source();
        Map<String, Object> external = new LinkedHashMap<>();
        external.put("name", source);
        external.put(
                "connectionParameters",
                Map.of(
                        "host",
                        source + "-rw",
                        "user",
                        "streaming_replica",
                        "dbname",
                        "postgres",
                        "sslmode",
                        "verify-full"));
        external.put("sslKey", Map.of("name", source + "-replication", KEY, "tls.key"));
        external.put("sslCert", Map.of("name", source + "-replication", KEY, "tls.crt"));
        external.put("sslRootCert", Map.of("name", source + "-ca", KEY, AccessObjects.CERTIFICATES));
        if (copied.archive() != null) {
            external.put(
                    "plugin",
                    ArchiveObjects.plugin(
                            copied.archive().store(), copied.archive().server()));
        }
        return List.of(external);
    }

    /** What lets its pods come to the source's servers, beside the source's own policy. */
    public static KubeObject way(UUID cluster, UUID source) {
        return new KubeObject(
                Kind.NETWORK_POLICY,
                Names.way(cluster),
                Names.labels(cluster),
                Map.of(
                        "spec",
                        Map.of(
                                "podSelector",
                                Map.of("matchLabels", Names.ofOperator(source)),
                                "policyTypes",
                                List.of("Ingress"),
                                "ingress",
                                List.of(Map.of(
                                        "from",
                                        List.of(Map.of(
                                                "podSelector", Map.of("matchLabels", Names.ofOperator(cluster)))),
                                        "ports",
                                        List.of(Map.of("protocol", "TCP", "port", Names.PORT)))))));
    }
}
