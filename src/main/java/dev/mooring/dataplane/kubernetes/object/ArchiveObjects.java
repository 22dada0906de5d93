package dev.mooring.dataplane.kubernetes.object;

import dev.mooring.dataplane.kubernetes.client.BucketArchive.Bucket;
import dev.mooring.dataplane.kubernetes.client.Kind;
import dev.mooring.dataplane.kubernetes.client.KubeObject;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Where a cluster's WAL and backups lie, for CloudNativePG's plugin barman-cloud. */
public final class ArchiveObjects {

    /** The plugin's, as clusters and backups name it. */
    public static final String PLUGIN = "barman-cloud.cloudnative-pg.io";

    /** The plugin's container in the pods of the servers. */
    public static final String SIDECAR = "plugin-barman-cloud";

    /** As the plugin's parameters are called, and so that a Cluster can be read. */
    public static final String STORE = "barmanObjectName";

    public static final String SERVER = "serverName";

    /** Of the external cluster that a new one is recovered from. */
    static final String ORIGIN = "origin";

    private static final String ACCESS_KEY = "ACCESS_KEY_ID";
    private static final String SECRET_KEY = "ACCESS_SECRET_KEY";
    private static final String REGION = "REGION";
    private static final int HOURS_A_DAY = 24;

    private ArchiveObjects() {}

    /**
     * What is recovered.
     *
     * @param store object through which the archive is read
     * @param server by what name it was archived
     * @param at RFC 3339 with its zone; null for everything that is archived
     */
    public record Recovered(
            String store, String server, @Nullable String at) {}

    /** @param name that of the ObjectStore */
    public static KubeObject secret(UUID cluster, String name, Bucket bucket) {
        return new KubeObject(
                Kind.SECRET,
                name,
                Names.labels(cluster),
                Map.of(
                        "type",
                        "Opaque",
                        "data",
                        Map.of(
                                ACCESS_KEY,
                                base64(bucket.accessKey()),
                                SECRET_KEY,
                                base64(bucket.secretKey()),
                                REGION,
                                base64(bucket.region()))));
    }

    /**
     * @param path as it began: a cluster's archive stays where it is, whatever the settings say by now
     * @param endpoint null for Amazon's own
     * @param retentionHours how far back every moment is to be recoverable, as far as whole days can say it; null for an archive that is
     *     another one's, of which nothing is to be deleted
     */
    public static KubeObject store(
            UUID cluster, String name, String path, @Nullable String endpoint, @Nullable Integer retentionHours) {
        Map<String, Object> configuration = new LinkedHashMap<>();
        configuration.put("destinationPath", path);
        if (endpoint != null) {
            configuration.put("endpointURL", endpoint);
        }
        configuration.put(
                "s3Credentials",
                Map.of(
                        "accessKeyId",
                        Map.of("name", name, "key", ACCESS_KEY),
                        "secretAccessKey",
                        Map.of("name", name, "key", SECRET_KEY),
                        "region",
                        Map.of("name", name, "key", REGION)));
        configuration.put("wal", Map.of("compression", "gzip"));
        // Whoever asks for a backup does not wait for the next checkpoint.
        configuration.put("data", Map.of("compression", "gzip", "immediateCheckpoint", true));
        Map<String, Object> spec = new LinkedHashMap<>();
        spec.put("configuration", configuration);
        if (retentionHours != null) {
            spec.put("retentionPolicy", days(retentionHours) + "d");
        }
        spec.put(
                "instanceSidecarConfiguration",
                Map.of(
                        "resources",
                        Map.of(
                                "requests", Map.of("cpu", "100m", "memory", "512Mi"),
                                "limits", Map.of("cpu", "1", "memory", "512Mi"))));
        return new KubeObject(Kind.OBJECT_STORE, name, Names.labels(cluster), Map.of("spec", spec));
    }

    /** The plugin knows days: none is lost that was promised. */
    static int days(int hours) {
        return Math.max(1, (hours + HOURS_A_DAY - 1) / HOURS_A_DAY);
    }

    /** @param backup the id that rows have */
    public static KubeObject backup(UUID cluster, UUID backup) {
        Map<String, String> labels = new TreeMap<>(Names.labels(cluster));
        labels.put(Names.BACKUP_LABEL, backup.toString());
        return new KubeObject(
                Kind.BACKUP,
                Names.backup(cluster, backup),
                labels,
                Map.of(
                        "spec",
                        Map.of(
                                "cluster",
                                Map.of("name", Names.cluster(cluster)),
                                "method",
                                "plugin",
                                "pluginConfiguration",
                                Map.of("name", PLUGIN),
                                "target",
                                "prefer-standby")));
    }

    /** Of a cluster whose WAL is archived by that name. */
    static List<Object> plugins(UUID cluster, String server) {
        Map<String, Object> plugin = new LinkedHashMap<>(plugin(Names.archive(cluster), server));
        plugin.put("enabled", true);
        plugin.put("isWALArchiver", true);
        return List.of(plugin);
    }

    static List<Object> origin(Recovered recovered) {
        return List.of(Map.of("name", ORIGIN, "plugin", plugin(recovered.store(), recovered.server())));
    }

    static Map<String, Object> plugin(String store, String server) {
        return Map.of("name", PLUGIN, "parameters", Map.of(STORE, store, SERVER, server));
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
