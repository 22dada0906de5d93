package dev.mooring.dataplane.kubernetes;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A small controller that does to the objects what CloudNativePG's does, in its phases and words as they were measured, and to a real
 * PostgreSQL what the objects say. Tests tell it what goes wrong.
 */
final class ScriptedOperator implements AutoCloseable {

    static final ResourceDefinitionContext CLUSTERS = kind("postgresql.cnpg.io", "Cluster", "clusters");
    static final ResourceDefinitionContext ROLES = kind("postgresql.cnpg.io", "DatabaseRole", "databaseroles");
    static final ResourceDefinitionContext DATABASES = kind("postgresql.cnpg.io", "Database", "databases");
    static final ResourceDefinitionContext SECRETS = kind("", "Secret", "secrets");
    static final ResourceDefinitionContext PODS = kind("", "Pod", "pods");
    static final ResourceDefinitionContext CLAIMS = kind("", "PersistentVolumeClaim", "persistentvolumeclaims");
    static final ResourceDefinitionContext JOBS = kind("batch", "Job", "jobs");
    static final ResourceDefinitionContext POLICIES = kind("networking.k8s.io", "NetworkPolicy", "networkpolicies");
    static final ResourceDefinitionContext STORAGE = kind("storage.k8s.io", "StorageClass", "storageclasses");

    private final KubernetesClient client;
    private final SharedServer server;
    private final Thread thread;
    private final Map<String, Long> seen = new HashMap<>();

    /** Looks for which a new cluster stays in "Setting up primary". */
    final AtomicInteger slow = new AtomicInteger();
    /** Looks for which roles and databases are refused; they are looked at again as long as they are. */
    final AtomicInteger refusals = new AtomicInteger();

    volatile boolean failJobs;
    volatile Throwable failure;
    private volatile boolean over;

    ScriptedOperator(KubernetesClient client, SharedServer server) {
        this.client = client;
        this.server = server;
        this.thread = Thread.ofVirtual().name("scripted-operator").start(this::work);
    }

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

    private void work() {
        while (!over) {
            try {
                look();
                Thread.sleep(50);
            } catch (KubernetesClientException somebodyWasFaster) {
                // It looks again, as a controller does.
            } catch (InterruptedException end) {
                return;
            } catch (Exception | Error e) {
                failure = e;
                return;
            }
        }
    }

    private void look() throws Exception {
        List<String> present = new ArrayList<>();
        for (GenericKubernetesResource cluster : of(CLUSTERS).list().getItems()) {
            present.add(cluster.getMetadata().getName());
            cluster(cluster);
        }
        for (ResourceDefinitionContext kind : List.of(PODS, CLAIMS, JOBS)) {
            for (GenericKubernetesResource left : of(kind).list().getItems()) {
                String owner = left.getMetadata().getLabels().get("cnpg.io/cluster");
                if (!present.contains(owner)) {
                    of(kind).withName(left.getMetadata().getName()).delete();
                    if (kind == CLAIMS) {
                        of(SECRETS).withName(owner + "-ca").delete();
                        seen.remove(owner);
                        server.empty();
                    }
                }
            }
        }
        for (GenericKubernetesResource role : of(ROLES).list().getItems()) {
            member(role, ROLES, present, "cnpg.io/deleteRole");
        }
        for (GenericKubernetesResource database : of(DATABASES).list().getItems()) {
            member(database, DATABASES, present, "cnpg.io/deleteDatabase");
        }
    }

    private void cluster(GenericKubernetesResource cluster) throws Exception {
        String name = cluster.getMetadata().getName();
        Map<String, Object> spec = map(cluster.getAdditionalProperties(), "spec");
        if (cluster.getMetadata().getGeneration().equals(seen.get(name))) {
            return;
        }
        int instances = ((Number) spec.get("instances")).intValue();
        if (failJobs) {
            make(JOBS, name, name + "-1-initdb", Map.of(), Map.of("spec", Map.of()));
            status(
                    JOBS,
                    name + "-1-initdb",
                    Map.of(
                            "failed",
                            3,
                            "conditions",
                            List.of(Map.of(
                                    "type",
                                    "Failed",
                                    "status",
                                    "True",
                                    "message",
                                    "Job has reached the specified backoff limit"))));
            status(CLUSTERS, name, Map.of("phase", "Setting up primary"));
            return;
        }
        if (slow.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            status(CLUSTERS, name, Map.of("phase", "Setting up primary", "instances", 0, "readyInstances", 0));
            return;
        }
        if (!server.any("select 1 from pg_roles where rolname = 'doadmin'")) {
            initdb(map(map(spec, "bootstrap"), "initdb"));
        }
        make(SECRETS, name, name + "-ca", Map.of(), Map.of("data", Map.of("ca.crt", base64(server.authority()))));
        // One after the other, and it stays healthy in its own word for a while after a change.
        Map<String, Object> storage = map(spec, "storage");
        for (int i = 1; i <= instances; i++) {
            pod(name, i, spec);
            make(CLAIMS, name, name + "-" + i, Map.of(), Map.of("spec", Map.of("storageClassName", "grows")));
            status(CLAIMS, name + "-" + i, Map.of("capacity", Map.of("storage", storage.get("size"))));
        }
        for (GenericKubernetesResource pod :
                of(PODS).withLabel("cnpg.io/cluster", name).list().getItems()) {
            int serial = Integer.parseInt(pod.getMetadata().getName().substring(name.length() + 1));
            if (serial > instances) {
                of(PODS).withName(pod.getMetadata().getName()).delete();
                of(CLAIMS).withName(pod.getMetadata().getName()).delete();
            }
        }
        Map<String, Object> postgresql = map(spec, "postgresql");
        server.configure(map(postgresql, "parameters"), (List<?>) postgresql.get("pg_hba"));
        status(
                CLUSTERS,
                name,
                Map.of(
                        "phase",
                        "Cluster in healthy state",
                        "instances",
                        instances,
                        "readyInstances",
                        instances,
                        "currentPrimary",
                        name + "-1",
                        "targetPrimary",
                        name + "-1",
                        "certificates",
                        Map.of("serverCASecret", name + "-ca"),
                        "conditions",
                        List.of(Map.of(
                                "type", "Ready",
                                "status", "True",
                                "reason", "ClusterIsReady",
                                "message", "Cluster is Ready",
                                "lastTransitionTime", "2026-11-28T00:00:00Z"))));
        seen.put(name, cluster.getMetadata().getGeneration());
    }

    private void initdb(Map<String, Object> initdb) throws Exception {
        String owner = initdb.get("owner").toString();
        server.run("create role " + SharedServer.quoted(owner) + " login password '"
                + password(map(initdb, "secret").get("name").toString()) + "'");
        server.run("create database "
                + SharedServer.quoted(initdb.get("database").toString()) + " owner " + SharedServer.quoted(owner));
    }

    private void pod(String cluster, int serial, Map<String, Object> spec) {
        String name = cluster + "-" + serial;
        Map<String, Object> container = new LinkedHashMap<>();
        container.put("name", "postgres");
        container.put("resources", spec.get("resources"));
        container.put("ports", List.of(Map.of("name", "postgresql", "containerPort", server.port())));
        GenericKubernetesResource present = of(PODS).withName(name).get();
        Map<String, Object> wanted = Map.of("containers", List.of(container));
        if (present != null && !present.getAdditionalProperties().get("spec").equals(wanted)) {
            of(PODS).withName(name).delete();
        }
        make(
                PODS,
                cluster,
                name,
                Map.of("cnpg.io/podRole", "instance", "cnpg.io/instanceRole", serial == 1 ? "primary" : "replica"),
                Map.of("spec", wanted));
        status(
                PODS,
                name,
                Map.of(
                        "phase", "Running",
                        "podIP", "127.0.0.1",
                        "conditions", List.of(Map.of("type", "Ready", "status", "True"))));
    }

    private void member(
            GenericKubernetesResource object, ResourceDefinitionContext kind, List<String> present, String finalizer)
            throws Exception {
        String name = object.getMetadata().getName();
        Map<String, Object> spec = map(object.getAdditionalProperties(), "spec");
        if (!present.contains(map(spec, "cluster").get("name").toString())) {
            return;
        }
        if (object.getMetadata().getDeletionTimestamp() != null) {
            try {
                server.run((kind == ROLES ? "drop role if exists " : "drop database if exists ")
                        + SharedServer.quoted(spec.get("name").toString()));
            } catch (SQLException e) {
                status(kind, name, Map.of("message", e.getMessage()));
                return;
            }
            finalizers(kind, name, List.of());
            return;
        }
        if (!object.getMetadata().getFinalizers().contains(finalizer)) {
            finalizers(kind, name, List.of(finalizer));
        }
        Map<String, Object> status = map(object.getAdditionalProperties(), "status");
        GenericKubernetesResource secret = kind == ROLES && spec.get("passwordSecret") != null
                ? of(SECRETS)
                        .withName(map(spec, "passwordSecret").get("name").toString())
                        .get()
                : null;
        String version = secret == null ? null : secret.getMetadata().getResourceVersion();
        if (Boolean.TRUE.equals(status.get("applied"))
                && object.getMetadata().getGeneration().equals(((Number) status.get("observedGeneration")).longValue())
                && (version == null || version.equals(status.get("secretResourceVersion")))) {
            return;
        }
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("observedGeneration", object.getMetadata().getGeneration());
        try {
            if (refusals.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
                throw new SQLException("secrets \"" + name + "\" is forbidden");
            }
            if (kind == ROLES) {
                role(spec, secret);
            } else {
                database(spec);
            }
            told.put("applied", true);
            told.put("message", "");
            if (version != null) {
                told.put("secretResourceVersion", version);
            }
        } catch (SQLException e) {
            told.put("applied", false);
            told.put("message", e.getMessage());
        }
        status(kind, name, told);
    }

    private void role(Map<String, Object> spec, GenericKubernetesResource secret) throws SQLException {
        String role = spec.get("name").toString();
        String quoted = SharedServer.quoted(role);
        if (!server.any("select 1 from pg_roles where rolname = '" + role.replace("'", "''") + "'")) {
            server.run("create role " + quoted);
        }
        server.run("alter role " + quoted
                + (Boolean.TRUE.equals(spec.get("login")) ? " login" : " nologin")
                + (Boolean.TRUE.equals(spec.get("createdb")) ? " createdb" : " nocreatedb")
                + (Boolean.TRUE.equals(spec.get("replication")) ? " replication" : " noreplication")
                + (secret == null ? "" : " password '" + password(secret) + "'"));
        List<String> wanted = ((List<?>) spec.getOrDefault("inRoles", List.of()))
                .stream().map(Object::toString).toList();
        List<String> has = server.list("select g.rolname from pg_auth_members m join pg_roles g on g.oid = m.roleid"
                + " join pg_roles r on r.oid = m.member where r.rolname = '" + role.replace("'", "''") + "'");
        for (String group : wanted) {
            if (!has.contains(group)) {
                server.run("grant " + SharedServer.quoted(group) + " to " + quoted);
            }
        }
        for (String group : has) {
            if (!wanted.contains(group)) {
                server.run("revoke " + SharedServer.quoted(group) + " from " + quoted);
            }
        }
    }

    private void database(Map<String, Object> spec) throws SQLException {
        String database = spec.get("name").toString();
        String owner = SharedServer.quoted(spec.get("owner").toString());
        boolean there = server.any("select 1 from pg_database where datname = '" + database.replace("'", "''") + "'");
        server.run((there ? "alter database " : "create database ")
                + SharedServer.quoted(database)
                + (there ? " owner to " : " owner ")
                + owner);
    }

    private String password(String secret) {
        return password(of(SECRETS).withName(secret).get());
    }

    private static String password(GenericKubernetesResource secret) {
        return new String(
                Base64.getDecoder()
                        .decode(map(secret.getAdditionalProperties(), "data")
                                .get("password")
                                .toString()),
                StandardCharsets.UTF_8);
    }

    private void finalizers(ResourceDefinitionContext kind, String name, List<String> finalizers) {
        of(kind).withName(name).edit(object -> {
            object.getMetadata().setFinalizers(new ArrayList<>(finalizers));
            return object;
        });
    }

    private void make(
            ResourceDefinitionContext kind,
            String cluster,
            String name,
            Map<String, String> labels,
            Map<String, Object> body) {
        if (of(kind).withName(name).get() != null) {
            return;
        }
        GenericKubernetesResource object = new GenericKubernetesResource();
        object.setApiVersion((kind.getGroup().isEmpty() ? "" : kind.getGroup() + "/") + kind.getVersion());
        object.setKind(kind.getKind());
        Map<String, String> all = new HashMap<>(labels);
        all.put("cnpg.io/cluster", cluster);
        object.setMetadata(new ObjectMetaBuilder()
                .withName(name)
                .withNamespace(ApiServer.NAMESPACE)
                .withLabels(all)
                .build());
        object.setAdditionalProperties(new LinkedHashMap<>(body));
        of(kind).resource(object).create();
    }

    private void status(ResourceDefinitionContext kind, String name, Map<String, Object> status) {
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

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() throws Exception {
        over = true;
        thread.interrupt();
        thread.join();
        client.close();
    }
}
