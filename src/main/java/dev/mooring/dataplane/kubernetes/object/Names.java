package dev.mooring.dataplane.kubernetes.object;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/** Names and labels of a cluster's objects: made of its id alone, so that whoever comes again finds what was made. */
public final class Names {

    /** Of this plane. */
    public static final String PLANE = "kubernetes";

    /** The role that Mooring itself logs in as; no superuser. */
    public static final String CONTROL = "mooring_control";

    /** The role that all users of a managed cluster share, and that owns its databases. */
    public static final String OWNER = "mooring_owner";

    /** Which cluster an object is of; on every one that Mooring makes. */
    public static final String CLUSTER_LABEL = "mooring.dev/cluster";

    /** Which app an object is for; on the pods of an app it is what lets them come to its databases. */
    public static final String APP_LABEL = "mooring.dev/app";

    /** Which of the app's components an object is for. */
    public static final String COMPONENT_LABEL = "mooring.dev/component";

    /** On every object that Mooring makes. */
    public static final Map<String, String> OWN = Map.of("app.kubernetes.io/managed-by", "mooring");

    /** The operator's, on everything that it makes for a cluster. */
    public static final String OPERATOR_LABEL = "cnpg.io/cluster";

    /** The operator's, on what a pod is for. */
    public static final String POD_ROLE = "cnpg.io/podRole";

    /** Of pods that are connection pools. */
    public static final String POOLER_ROLE = "pooler";

    /** The operator's, on the pods of a pool. */
    public static final String POOLER_LABEL = "cnpg.io/poolerName";

    /** Of which cluster something is a read-only node; {@link #FOLLOWS_NONE} where it was one. */
    public static final String FOLLOWS_LABEL = "mooring.dev/follows";

    /** Labels of pods change, and are not taken away. */
    public static final String FOLLOWS_NONE = "none";

    /** Until when what is left of a cluster's archive is kept, in seconds since 1970; on objects of clusters that are gone. */
    public static final String KEEP_LABEL = "mooring.dev/keep-until";

    /** Which backup a Backup is: the id that rows have. */
    public static final String BACKUP_LABEL = "mooring.dev/backup";

    /** On the ObjectStore of a cluster, with the major version after it: when the server before that one archived its last, in seconds since 1970. */
    public static final String UPGRADED_LABEL = "mooring.dev/upgraded-to-";

    /** On copies of what an operator renews by itself: what they are copies of. */
    public static final String RENEWAL_LABEL = "mooring.dev/renewal";

    public static final int PORT = 5432;

    private static final int HASH = 12;

    private Names() {}

    /** Within the 50 characters that the operator allows. */
    public static String cluster(UUID id) {
        return "pg-" + id.toString().replace("-", "");
    }

    /** Of the user's Secret and DatabaseRole. */
    public static String user(UUID id, String user) {
        return cluster(id) + "-u-" + hash(user);
    }

    public static String database(UUID id, String database) {
        return cluster(id) + "-d-" + hash(database);
    }

    /** Of a connection pool, and of the Service in front of it. */
    public static String pooler(UUID id, String pool) {
        return cluster(id) + "-p-" + hash(pool);
    }

    /** Of the ObjectStore of its archive, and of the Secret with which that is reached. */
    public static String archive(UUID id) {
        return cluster(id) + "-archive";
    }

    /** Of the ObjectStore and the Secret through which it was recovered: others of the origin's may go before it does. */
    public static String origin(UUID id) {
        return cluster(id) + "-origin";
    }

    /** Of the NetworkPolicy that lets a read-only node come to the cluster that it follows. */
    public static String way(UUID id) {
        return cluster(id) + "-follows";
    }

    /** The archive's own name for the servers: one that begins anew must not find anything there. */
    public static String archivedServer(UUID id) {
        return cluster(id) + "-1";
    }

    /** The same for one that was upgraded to that major version: it is another database system, whose WAL begins anew. */
    public static String archivedServer(UUID id, String major) {
        return cluster(id) + "-" + major;
    }

    public static String backup(UUID id, UUID backup) {
        return cluster(id) + "-b-" + hash(backup.toString());
    }

    /** Where clients reach a connection pool. */
    public static String poolerHost(UUID id, String pool, String namespace) {
        return pooler(id, pool) + "." + namespace + ".svc";
    }

    /** Where the spec in force is kept. */
    public static String memory(UUID id) {
        return cluster(id) + "-in-force";
    }

    /** Where those find the CA's certificate that may not read secrets: the operator keeps it beside the CA's key. */
    public static String authority(UUID id) {
        return cluster(id) + "-authority";
    }

    /** Where clients reach the primary. */
    public static String primaryHost(UUID id, String namespace) {
        return cluster(id) + "-rw." + namespace + ".svc";
    }

    /** Where clients reach whatever follows. */
    public static String standbyHost(UUID id, String namespace) {
        return cluster(id) + "-ro." + namespace + ".svc";
    }

    /** Of the Secret with the variables of an app's component. */
    public static String component(UUID app, String component) {
        return "app-" + app.toString().replace("-", "") + "-" + component;
    }

    public static Map<String, String> labels(UUID id) {
        Map<String, String> labels = new TreeMap<>(OWN);
        labels.put(CLUSTER_LABEL, id.toString());
        return labels;
    }

    /** The same of a copy. */
    public static Map<String, String> copied(UUID id, String renewal) {
        Map<String, String> labels = labels(id);
        labels.put(RENEWAL_LABEL, renewal);
        return labels;
    }

    /** What others have made for it. */
    public static Map<String, String> ofOperator(UUID id) {
        return Map.of(OPERATOR_LABEL, cluster(id));
    }

    /** The pods of its connection pools. */
    public static Map<String, String> ofPoolers(UUID id) {
        return Map.of(OPERATOR_LABEL, cluster(id), POD_ROLE, POOLER_ROLE);
    }

    /** Short, and as good as unique. */
    public static String hash(String name) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest).substring(0, HASH);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
