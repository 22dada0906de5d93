package dev.mooring.dataplane.kubernetes;

import static dev.mooring.dataplane.kubernetes.TestObjects.map;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * What CloudNativePG does for roles and databases.
 *
 * @param servers that of a cluster, by its name
 * @param refusals looks for which roles and databases are refused
 * @param refused what was, as it was then: it is tried again when somebody changes anything of it (or after 30 s, which no test waits for)
 */
record ScriptedMembers(
        TestObjects objects,
        Function<String, SharedServer> servers,
        AtomicInteger refusals,
        Map<String, String> refused) {

    ScriptedMembers(TestObjects objects, Function<String, SharedServer> servers, AtomicInteger refusals) {
        this(objects, servers, refusals, new HashMap<>());
    }

    /** @param present the clusters that are there */
    void look(List<String> present) throws SQLException {
        for (GenericKubernetesResource role :
                objects.of(TestObjects.ROLES).list().getItems()) {
            member(role, TestObjects.ROLES, present, "cnpg.io/deleteRole");
        }
        for (GenericKubernetesResource database :
                objects.of(TestObjects.DATABASES).list().getItems()) {
            member(database, TestObjects.DATABASES, present, "cnpg.io/deleteDatabase");
        }
    }

    private void member(
            GenericKubernetesResource object, ResourceDefinitionContext kind, List<String> present, String finalizer)
            throws SQLException {
        String name = object.getMetadata().getName();
        Map<String, Object> spec = map(object.getAdditionalProperties(), "spec");
        String cluster = map(spec, "cluster").get("name").toString();
        if (!present.contains(cluster)) {
            return;
        }
        SharedServer server = servers.apply(cluster);
        if (object.getMetadata().getDeletionTimestamp() != null) {
            try {
                if (kind == TestObjects.ROLES) {
                    server.run("drop role if exists "
                            + SharedServer.quoted(spec.get("name").toString()));
                } else if ("delete".equals(spec.get("databaseReclaimPolicy"))) {
                    server.run("drop database if exists "
                            + SharedServer.quoted(spec.get("name").toString()));
                }
            } catch (SQLException e) {
                objects.status(kind, name, Map.of("message", e.getMessage()));
                return;
            }
            objects.finalizers(kind, name, List.of());
            return;
        }
        if (!object.getMetadata().getFinalizers().contains(finalizer)) {
            objects.finalizers(kind, name, List.of(finalizer));
        }
        Map<String, Object> status = map(object.getAdditionalProperties(), "status");
        GenericKubernetesResource secret = kind == TestObjects.ROLES && spec.get("passwordSecret") != null
                ? objects.of(TestObjects.SECRETS)
                        .withName(map(spec, "passwordSecret").get("name").toString())
                        .get()
                : null;
        String version = secret == null ? null : secret.getMetadata().getResourceVersion();
        if (Boolean.TRUE.equals(status.get("applied"))
                && object.getMetadata().getGeneration().equals(((Number) status.get("observedGeneration")).longValue())
                && (version == null || version.equals(status.get("secretResourceVersion")))) {
            return;
        }
        String looksLike =
                object.getMetadata().getUid() + " " + object.getMetadata().getGeneration() + " "
                        + object.getMetadata().getAnnotations();
        if (looksLike.equals(refused.get(name))) {
            return;
        }
        refused.remove(name);
        Map<String, Object> told = new LinkedHashMap<>();
        try {
            if (refusals.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
                throw new SQLException("secrets \"" + name + "\" is forbidden");
            }
            if (kind == TestObjects.ROLES) {
                role(server, spec, secret);
            } else {
                database(server, spec);
            }
            told.put("observedGeneration", object.getMetadata().getGeneration());
            told.put("applied", true);
            told.put("message", "");
            if (version != null) {
                told.put("secretResourceVersion", version);
            }
        } catch (SQLException e) {
            refused.put(name, looksLike);
            // It leaves the generation that it has seen as it was.
            told.put("applied", false);
            told.put("message", e.getMessage());
        }
        objects.status(kind, name, told);
    }

    private static void role(SharedServer server, Map<String, Object> spec, GenericKubernetesResource secret)
            throws SQLException {
        String role = spec.get("name").toString();
        String quoted = SharedServer.quoted(role);
        if (!server.any("select 1 from pg_roles where rolname = '" + role.replace("'", "''") + "'")) {
            server.run("create role " + quoted);
        }
        server.run("alter role " + quoted
                + (Boolean.TRUE.equals(spec.get("login")) ? " login" : " nologin")
                + (Boolean.TRUE.equals(spec.get("createdb")) ? " createdb" : " nocreatedb")
                + (Boolean.TRUE.equals(spec.get("replication")) ? " replication" : " noreplication")
                + (secret == null ? "" : " password '" + TestObjects.password(secret) + "'"));
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

    private static void database(SharedServer server, Map<String, Object> spec) throws SQLException {
        String database = spec.get("name").toString();
        String owner = SharedServer.quoted(spec.get("owner").toString());
        boolean there = server.any("select 1 from pg_database where datname = '" + database.replace("'", "''") + "'");
        server.run((there ? "alter database " : "create database ")
                + SharedServer.quoted(database)
                + (there ? " owner to " : " owner ")
                + owner);
    }
}
