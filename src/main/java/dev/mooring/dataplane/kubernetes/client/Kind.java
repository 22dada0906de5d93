package dev.mooring.dataplane.kubernetes.client;

import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The kinds of objects that this plane touches, as the API server calls them. */
public enum Kind {
    CLUSTER("postgresql.cnpg.io", "v1", "Cluster", "clusters"),
    ROLE("postgresql.cnpg.io", "v1", "DatabaseRole", "databaseroles"),
    DATABASE("postgresql.cnpg.io", "v1", "Database", "databases"),
    POOLER("postgresql.cnpg.io", "v1", "Pooler", "poolers"),
    BACKUP("postgresql.cnpg.io", "v1", "Backup", "backups"),
    OBJECT_STORE("barmancloud.cnpg.io", "v1", "ObjectStore", "objectstores"),
    KAFKA("kafka.strimzi.io", "v1", "Kafka", "kafkas"),
    KAFKA_POOL("kafka.strimzi.io", "v1", "KafkaNodePool", "kafkanodepools"),
    KAFKA_USER("kafka.strimzi.io", "v1", "KafkaUser", "kafkausers"),
    SECRET("", "v1", "Secret", "secrets"),
    CONFIG_MAP("", "v1", "ConfigMap", "configmaps"),
    POD("", "v1", "Pod", "pods"),
    CLAIM("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
    JOB("batch", "v1", "Job", "jobs"),
    NETWORK_POLICY("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies"),
    STORAGE_CLASS("storage.k8s.io", "v1", "StorageClass", "storageclasses");

    /** Nobody but Mooring writes it: an operator that was told to pause may have done much before. */
    public static final String AT_REST = "mooring.dev/at-rest";

    private final String group;
    private final String version;
    private final String kind;
    private final String plural;

    Kind(String group, String version, String kind, String plural) {
        this.group = group;
        this.version = version;
        this.kind = kind;
        this.plural = plural;
    }

    public String apiVersion() {
        return group.isEmpty() ? version : group + "/" + version;
    }

    public String kind() {
        return kind;
    }

    /** In paths and in roles. */
    public String plural() {
        return plural;
    }

    /** Who brings the kind, where Kubernetes has it not by itself. */
    String bringer() {
        return switch (group) {
            case "barmancloud.cnpg.io" -> "CloudNativePG's plugin barman-cloud 0.14 or newer";
            case "kafka.strimzi.io" -> "Strimzi 1.2 or newer";
            default -> "CloudNativePG 1.30 or newer";
        };
    }

    /** The annotation that keeps its operator from doing anything for an object, with its value; empty where that does not matter. */
    Optional<Map.Entry<String, String>> pause() {
        return switch (this) {
            case CLUSTER -> Optional.of(Map.entry("cnpg.io/reconciliationLoop", "disabled"));
            case KAFKA -> Optional.of(Map.entry("strimzi.io/pause-reconciliation", "true"));
            default -> Optional.empty();
        };
    }

    /** On an object that nothing has ever been done for. */
    Map<String, String> atRest() {
        Map<String, String> annotations = new HashMap<>(Map.of(AT_REST, "true"));
        pause().ifPresent(pause -> annotations.put(pause.getKey(), pause.getValue()));
        return annotations;
    }

    boolean namespaced() {
        return this != STORAGE_CLASS;
    }

    ResourceDefinitionContext context() {
        return new ResourceDefinitionContext.Builder()
                .withGroup(group)
                .withVersion(version)
                .withKind(kind)
                .withPlural(plural)
                .withNamespaced(namespaced())
                .build();
    }
}
