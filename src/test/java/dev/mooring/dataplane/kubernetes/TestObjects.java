package dev.mooring.dataplane.kubernetes;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The objects of the clusters' namespace, as a controller reads and writes them. */
record TestObjects(KubernetesClient client) implements AutoCloseable {

    static final ResourceDefinitionContext CLUSTERS = kind("postgresql.cnpg.io", "Cluster", "clusters");
    static final ResourceDefinitionContext ROLES = kind("postgresql.cnpg.io", "DatabaseRole", "databaseroles");
    static final ResourceDefinitionContext DATABASES = kind("postgresql.cnpg.io", "Database", "databases");
    static final ResourceDefinitionContext POOLERS = kind("postgresql.cnpg.io", "Pooler", "poolers");
    static final ResourceDefinitionContext BACKUPS = kind("postgresql.cnpg.io", "Backup", "backups");
    static final ResourceDefinitionContext OBJECT_STORES = kind("barmancloud.cnpg.io", "ObjectStore", "objectstores");
    static final ResourceDefinitionContext KAFKAS = kind("kafka.strimzi.io", "Kafka", "kafkas");
    static final ResourceDefinitionContext KAFKA_POOLS = kind("kafka.strimzi.io", "KafkaNodePool", "kafkanodepools");
    static final ResourceDefinitionContext KAFKA_USERS = kind("kafka.strimzi.io", "KafkaUser", "kafkausers");
    static final ResourceDefinitionContext SECRETS = kind("", "Secret", "secrets");
    static final ResourceDefinitionContext PODS = kind("", "Pod", "pods");
    static final ResourceDefinitionContext CLAIMS = kind("", "PersistentVolumeClaim", "persistentvolumeclaims");
    static final ResourceDefinitionContext JOBS = kind("batch", "Job", "jobs");
    static final ResourceDefinitionContext POLICIES = kind("networking.k8s.io", "NetworkPolicy", "networkpolicies");
    static final ResourceDefinitionContext CONFIG_MAPS = kind("", "ConfigMap", "configmaps");
    static final ResourceDefinitionContext STORAGE = kind("storage.k8s.io", "StorageClass", "storageclasses");

    private static ResourceDefinitionContext kind(String group, String kind, String plural) {
        return new ResourceDefinitionContext.Builder()
                .withGroup(group)
                .withVersion("v1")
                .withKind(kind)
                .withPlural(plural)
                .withNamespaced(!kind.equals("StorageClass"))
                .build();
    }

    NonNamespaceOperation<GenericKubernetesResource, GenericKubernetesResourceList, Resource<GenericKubernetesResource>>
            of(ResourceDefinitionContext kind) {
        return client.genericKubernetesResources(kind).inNamespace(ApiServer.NAMESPACE);
    }

    String password(String secret) {
        return password(of(SECRETS).withName(secret).get());
    }

    static String password(GenericKubernetesResource secret) {
        return new String(
                Base64.getDecoder()
                        .decode(map(secret.getAdditionalProperties(), "data")
                                .get("password")
                                .toString()),
                StandardCharsets.UTF_8);
    }

    void finalizers(ResourceDefinitionContext kind, String name, List<String> finalizers) {
        of(kind).withName(name).edit(object -> {
            object.getMetadata().setFinalizers(new ArrayList<>(finalizers));
            return object;
        });
    }

    void make(
            ResourceDefinitionContext kind,
            String cluster,
            String name,
            Map<String, String> labels,
            Map<String, Object> body) {
        Map<String, String> all = new HashMap<>(labels);
        all.put("cnpg.io/cluster", cluster);
        make(kind, name, all, body);
    }

    /** Nothing happens when it is there. */
    void make(ResourceDefinitionContext kind, String name, Map<String, String> labels, Map<String, Object> body) {
        if (of(kind).withName(name).get() != null) {
            return;
        }
        GenericKubernetesResource object = new GenericKubernetesResource();
        object.setApiVersion((kind.getGroup().isEmpty() ? "" : kind.getGroup() + "/") + kind.getVersion());
        object.setKind(kind.getKind());
        object.setMetadata(new ObjectMetaBuilder()
                .withName(name)
                .withNamespace(ApiServer.NAMESPACE)
                .withLabels(labels)
                .build());
        object.setAdditionalProperties(new LinkedHashMap<>(body));
        of(kind).resource(object).create();
    }

    void status(ResourceDefinitionContext kind, String name, Map<String, Object> status) {
        of(kind).withName(name).editStatus(object -> {
            map(object.getAdditionalProperties(), "status").putAll(status);
            return object;
        });
    }

    /** A part of an object, made when it is not there. */
    @SuppressWarnings("unchecked")
    static Map<String, Object> map(Map<String, Object> tree, String part) {
        return (Map<String, Object>) tree.computeIfAbsent(part, missing -> new LinkedHashMap<>());
    }

    static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        client.close();
    }
}
