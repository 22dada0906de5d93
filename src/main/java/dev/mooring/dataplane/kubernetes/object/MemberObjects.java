package dev.mooring.dataplane.kubernetes.object;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.kubernetes.client.Kind;
import dev.mooring.dataplane.kubernetes.client.KubeObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Users and databases of a cluster. */
public final class MemberObjects {

    private MemberObjects() {}

    /** A user's name and password, of which the operator hears when they change. */
    public static KubeObject secret(UUID cluster, String user, String password) {
        Map<String, String> labels = new LinkedHashMap<>(Names.labels(cluster));
        labels.put("cnpg.io/reload", "true");
        return new KubeObject(
                Kind.SECRET,
                Names.user(cluster, user),
                labels,
                Map.of(
                        "type",
                        "kubernetes.io/basic-auth",
                        "data",
                        Map.of("username", base64(user), "password", base64(password))));
    }

    /** The role that owns what the users share. Nobody logs in as it. */
    public static KubeObject owner(UUID cluster) {
        return locked(cluster, Names.OWNER);
    }

    /**
     * Mooring's own: may do what every user may, so that it can take over what one leaves, and is no superuser.
     *
     * @param users every role that it is a member of
     */
    public static KubeObject control(UUID cluster, List<String> users) {
        List<String> roles = new ArrayList<>(List.of(Names.OWNER, "pg_monitor", "pg_signal_backend"));
        roles.addAll(users);
        return role(cluster, Names.CONTROL, login(cluster, Names.CONTROL, true), roles);
    }

    /**
     * @param mayLogIn false for one that is about to go
     */
    public static KubeObject user(ClusterSpec spec, ClusterSpec.User user, boolean mayLogIn) {
        Map<String, Object> rights = new LinkedHashMap<>(login(spec.id(), user.name(), mayLogIn));
        rights.put("replication", user.replication());
        rights.put("createdb", user.createsDatabases() || user.primary());
        rights.put("bypassrls", user.primary());
        List<String> roles = new ArrayList<>();
        if (!spec.owners().containsValue(user.name())) {
            roles.add(Names.OWNER);
        }
        if (user.actsFor() != null) {
            roles.add(user.actsFor());
        }
        if (user.primary()) {
            // The administrator can look after what the users own.
            roles.addAll(List.of("pg_monitor", "pg_signal_backend"));
            spec.users().stream()
                    .filter(other -> !other.primary() && !user.name().equals(other.actsFor()))
                    .map(ClusterSpec.User::name)
                    .forEach(roles::add);
            if (!roles.contains(Names.OWNER)) {
                roles.add(Names.OWNER);
            }
        }
        return role(spec.id(), user.name(), rights, roles);
    }

    /** A user that is gone from the spec, as it is until it is gone from the servers. */
    public static KubeObject shutOut(UUID cluster, String user) {
        return role(cluster, user, login(cluster, user, false), List.of());
    }

    /** Who has no password, and cannot log in. */
    public static KubeObject locked(UUID cluster, String user) {
        return role(cluster, user, Map.of("login", false, "disablePassword", true), List.of());
    }

    /** Whatever becomes of the object, the database stays: who deletes one is served by Mooring itself, and nothing else drops any. */
    public static KubeObject database(ClusterSpec spec, String database) {
        return new KubeObject(
                Kind.DATABASE,
                Names.database(spec.id(), database),
                Names.labels(spec.id()),
                Map.of(
                        "spec",
                        Map.of(
                                "cluster",
                                Map.of("name", Names.cluster(spec.id())),
                                "name",
                                database,
                                "owner",
                                spec.owners().getOrDefault(database, Names.OWNER),
                                "databaseReclaimPolicy",
                                "retain")));
    }

    private static Map<String, Object> login(UUID cluster, String user, boolean mayLogIn) {
        return Map.of("login", mayLogIn, "passwordSecret", Map.of("name", Names.user(cluster, user)));
    }

    private static KubeObject role(UUID cluster, String name, Map<String, Object> rights, List<String> inRoles) {
        Map<String, Object> body = new LinkedHashMap<>(rights);
        body.put("cluster", Map.of("name", Names.cluster(cluster)));
        body.put("name", name);
        body.put("inRoles", inRoles);
        body.put("databaseRoleReclaimPolicy", "delete");
        return new KubeObject(Kind.ROLE, Names.user(cluster, name), Names.labels(cluster), Map.of("spec", body));
    }

    static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
