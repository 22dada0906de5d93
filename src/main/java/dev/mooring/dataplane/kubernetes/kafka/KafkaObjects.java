package dev.mooring.dataplane.kubernetes.kafka;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.kafka.BrokerDefaults;
import dev.mooring.dataplane.kubernetes.client.Kind;
import dev.mooring.dataplane.kubernetes.client.KubeObject;
import dev.mooring.dataplane.kubernetes.object.AccessObjects;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.engine.kafka.KafkaConfig;
import dev.mooring.engine.kafka.KafkaEngine;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Strimzi's objects of a cluster. */
public final class KafkaObjects {

    static final String CLIENTS = "clients";
    static final String CONTROL = "control";

    /** In the secret with the password of Mooring's own user. */
    static final String PASSWORD = "password";

    private static final String NOBODY = "mooring.dev/nobody";

    private KafkaObjects() {}

    /**
     * What stays as a cluster has it, whatever the settings say by now.
     *
     * @param version exact
     * @param metadata the form of the brokers' metadata that stays though the version is a newer one; null for that of the version
     * @param storageClass null for the default one
     * @param storageMib of each broker's volume, which never gets smaller
     */
    public record Kept(
            String version,
            @Nullable String metadata,
            @Nullable String storageClass,
            int storageMib) {}

    /** Of the cluster's properties, those that are set for every broker. */
    static Map<String, String> settings(ClusterSpec spec) {
        int brokers = KafkaEngine.brokers(spec.size());
        Map<String, String> all = new TreeMap<>(BrokerDefaults.of(brokers));
        all.putAll(KafkaConfig.clamped(spec.parameters(), brokers));
        return all;
    }

    /**
     * @param control namespace of Mooring's own pods
     * @param apps namespace of the pods of apps
     */
    public static KubeObject kafka(ClusterSpec spec, Kept kept, String control, String apps) {
        Map<String, Object> clients = listener(CLIENTS, KafkaNames.PORT);
        if (!spec.hostNames().isEmpty()) {
            clients.put("configuration", Map.of("bootstrap", Map.of("alternativeNames", spec.hostNames())));
        }
        List<String> sources = spec.sources();
        if (sources != null) {
            clients.put("networkPolicyPeers", peers(sources, spec, apps));
        }
        Map<String, Object> own = listener(CONTROL, KafkaNames.CONTROL_PORT);
        own.put("networkPolicyPeers", List.of(AccessObjects.control(control)));
        Map<String, Object> kafka = new LinkedHashMap<>();
        kafka.put("version", kept.version());
        if (kept.metadata() != null) {
            kafka.put("metadataVersion", kept.metadata());
        }
        kafka.put("listeners", List.of(clients, own));
        // Not the administrator: a superuser changes settings of brokers, which name files, classes and login modules.
        kafka.put("authorization", Map.of("type", "simple", "superUsers", List.of(KafkaNames.control(spec.id()))));
        kafka.put("config", settings(spec));
        return new KubeObject(
                Kind.KAFKA,
                KafkaNames.cluster(spec.id()),
                Names.labels(spec.id()),
                Map.of("spec", Map.of("kafka", kafka, "entityOperator", userOperator(spec.id()))));
    }

    private static Map<String, Object> listener(String name, int port) {
        Map<String, Object> listener = new LinkedHashMap<>();
        listener.put("name", name);
        listener.put("port", port);
        listener.put("type", "internal");
        listener.put("tls", true);
        listener.put("authentication", Map.of("type", "scram-sha-512"));
        return listener;
    }

    /** An empty list would be everybody. */
    private static List<Object> peers(List<String> sources, ClusterSpec spec, String apps) {
        List<Object> peers = AccessObjects.peers(sources, spec, apps);
        return peers.isEmpty() ? List.of(Map.of("podSelector", Map.of("matchLabels", Map.of(NOBODY, "true")))) : peers;
    }

    /**
     * A KafkaUser is called what the user logs in as, and so there could be only one {@code doadmin} in a namespace. It is made for
     * Mooring alone, which makes the others by Kafka's own protocol; Strimzi would delete whom it does not know, unless it is told not to.
     */
    private static Map<String, Object> userOperator(UUID id) {
        return Map.of(
                "userOperator",
                Map.of(),
                "template",
                Map.of(
                        "userOperatorContainer",
                        Map.of(
                                "env",
                                List.of(Map.of(
                                        "name",
                                        "STRIMZI_IGNORED_USERS_PATTERN",
                                        "value",
                                        "^(?!" + KafkaNames.control(id) + "$).*$")))));
    }

    /** Every broker is a controller too. */
    public static KubeObject pool(ClusterSpec spec, Kept kept) {
        Map<String, Object> volume = new LinkedHashMap<>();
        volume.put("id", 0);
        volume.put("type", "persistent-claim");
        volume.put("size", Math.max(spec.size().storageMib(), kept.storageMib()) + "Mi");
        volume.put("deleteClaim", true);
        volume.put("kraftMetadata", "shared");
        if (kept.storageClass() != null) {
            volume.put("class", kept.storageClass());
        }
        Map<String, Object> resources = Map.of(
                "memory",
                spec.size().memoryMib() + "Mi",
                "cpu",
                Integer.toString(spec.size().cpus()));
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("replicas", KafkaEngine.brokers(spec.size()));
        body.put("roles", List.of("controller", "broker"));
        body.put("storage", Map.of("type", "jbod", "volumes", List.of(volume)));
        body.put("resources", Map.of("requests", resources, "limits", resources));
        body.put("template", Map.of("pod", Map.of("affinity", apart(spec.id()))));
        return new KubeObject(Kind.KAFKA_POOL, KafkaNames.pool(spec.id()), ofOperator(spec.id()), Map.of("spec", body));
    }

    /** Not on one node of Kubernetes as long as there is another one. */
    private static Map<String, Object> apart(UUID id) {
        return Map.of(
                "podAntiAffinity",
                Map.of(
                        "preferredDuringSchedulingIgnoredDuringExecution",
                        List.of(Map.of(
                                "weight",
                                100,
                                "podAffinityTerm",
                                Map.of(
                                        "topologyKey",
                                        "kubernetes.io/hostname",
                                        "labelSelector",
                                        Map.of("matchLabels", KafkaNames.ofBrokers(id)))))));
    }

    /** @param password of Mooring's own user */
    public static KubeObject login(UUID id, String password) {
        return new KubeObject(
                Kind.SECRET,
                KafkaNames.login(id),
                Names.labels(id),
                Map.of(
                        "type",
                        "Opaque",
                        "data",
                        Map.of(
                                PASSWORD,
                                Base64.getEncoder().encodeToString(password.getBytes(StandardCharsets.UTF_8)))));
    }

    /** Mooring's own user: it may do everything, as the Kafka object says. */
    public static KubeObject control(UUID id) {
        return new KubeObject(
                Kind.KAFKA_USER,
                KafkaNames.control(id),
                ofOperator(id),
                Map.of(
                        "spec",
                        Map.of(
                                "authentication",
                                Map.of(
                                        "type",
                                        "scram-sha-512",
                                        "password",
                                        Map.of(
                                                "valueFrom",
                                                Map.of(
                                                        "secretKeyRef",
                                                        Map.of("name", KafkaNames.login(id), "key", PASSWORD)))))));
    }

    private static Map<String, String> ofOperator(UUID id) {
        Map<String, String> labels = new TreeMap<>(Names.labels(id));
        labels.put(KafkaNames.OPERATOR_LABEL, KafkaNames.cluster(id));
        return labels;
    }
}
