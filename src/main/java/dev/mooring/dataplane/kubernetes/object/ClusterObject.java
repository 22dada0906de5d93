package dev.mooring.dataplane.kubernetes.object;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.kubernetes.client.Kind;
import dev.mooring.dataplane.kubernetes.client.KubeObject;
import dev.mooring.engine.postgres.PgConfig;
import dev.mooring.engine.postgres.PlanParameters;
import dev.mooring.engine.postgres.PostgresEngine;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The operator's Cluster. */
public final class ClusterObject {

    /** Changes with every spec: a session that sees the value has the whole configuration of that revision, its access rules included. */
    public static final String REVISION = "mooring.revision";

    /** The same for a read-only node and the settings of the cluster that it follows. */
    public static final String FOLLOWED = "mooring.followed";

    /** Seconds that a server may take to start: until it has replayed what a crash has left. */
    private static final int START_SECONDS = 600;

    /** After which a segment is archived though it is not full. */
    public static final int ARCHIVE_SECONDS = 60;

    private ClusterObject() {}

    /**
     * What stays as a cluster has it, whatever the settings say by now.
     *
     * @param image that it began with, or that of the last update
     * @param storageClass null for the default one
     * @param storageMib of each volume: they never get smaller, and the operator refuses a Cluster that says so
     * @param archive by what name its WAL is archived
     * @param recovered the archive that it was made of
     * @param copied the cluster that it was made of
     */
    public record Kept(
            String image,
            @Nullable String storageClass,
            int storageMib,
            @Nullable String archive,
            ArchiveObjects.@Nullable Recovered recovered,
            ReplicaObjects.@Nullable Copied copied) {
        public boolean archived() {
            return archive != null;
        }

        /** The same from another image, archived by another name as far as it is. */
        public Kept from(String other, @Nullable String server) {
            return new Kept(other, storageClass, storageMib, archived() ? server : null, recovered, copied);
        }
    }

    /** @param namespace that it is in */
    public static KubeObject of(ClusterSpec spec, Kept kept, String namespace) {
        boolean several = spec.nodes() > 1;
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("instances", spec.nodes());
        body.put("imageName", kept.image());
        body.put("enableSuperuserAccess", false);
        body.put("enablePDB", several);
        body.put("primaryUpdateStrategy", "unsupervised");
        body.put("primaryUpdateMethod", several ? "switchover" : "restart");
        body.put("startDelay", START_SECONDS);
        body.put("storage", storage(spec, kept));
        Map<String, Object> amounts = Map.of(
                "cpu",
                Integer.toString(spec.size().cpus()),
                "memory",
                spec.size().memoryMib() + "Mi");
        body.put("resources", Map.of("requests", amounts, "limits", amounts));
        Map<String, String> labels = new TreeMap<>(Names.labels(spec.id()));
        if (kept.copied() != null) {
            labels.putAll(kept.copied().labels());
            body.put("bootstrap", Map.of("pg_basebackup", ReplicaObjects.bootstrap(spec.id(), kept.copied())));
            body.put("externalClusters", ReplicaObjects.source(kept.copied()));
            body.put(
                    "replica",
                    Map.of(
                            "enabled",
                            kept.copied().follows(),
                            "source",
                            kept.copied().source()));
        } else if (kept.recovered() == null) {
            body.put("bootstrap", Map.of("initdb", initdb(spec)));
        } else {
            body.put("bootstrap", Map.of("recovery", recovery(spec, kept.recovered())));
            body.put("externalClusters", ArchiveObjects.origin(kept.recovered()));
        }
        if (kept.archive() != null) {
            body.put("plugins", ArchiveObjects.plugins(spec.id(), kept.archive()));
        }
        body.put("postgresql", postgresql(spec, kept.archived()));
        body.put(
                "affinity",
                Map.of(
                        "enablePodAntiAffinity",
                        true,
                        "podAntiAffinityType",
                        "preferred",
                        "topologyKey",
                        "kubernetes.io/hostname"));
        body.put("inheritedMetadata", Map.of("labels", labels));
        body.put(
                "managed",
                Map.of("services", Map.of("disabledDefaultServices", several ? List.of("r") : List.of("r", "ro"))));
        List<String> hostNames = new ArrayList<>(spec.hostNames());
        // What pools show clients is the servers' certificate.
        spec.pools().forEach(pool -> hostNames.add(Names.poolerHost(spec.id(), pool.name(), namespace)));
        if (!hostNames.isEmpty()) {
            body.put("certificates", Map.of("serverAltDNSNames", hostNames));
        }
        List<Object> pods = new ArrayList<>();
        AccessObjects.pods(spec).forEach((name, selector) -> pods.add(Map.of("name", name, "selector", selector)));
        if (!pods.isEmpty()) {
            body.put("podSelectorRefs", pods);
        }
        return new KubeObject(Kind.CLUSTER, Names.cluster(spec.id()), labels, Map.of("spec", body));
    }

    private static Map<String, Object> storage(ClusterSpec spec, Kept kept) {
        Map<String, Object> storage = new LinkedHashMap<>();
        storage.put("size", Math.max(spec.size().storageMib(), kept.storageMib()) + "Mi");
        if (kept.storageClass() != null) {
            storage.put("storageClass", kept.storageClass());
        }
        return storage;
    }

    /** Only its first servers read it; it is the same at every revision, for the operator would take a change and do nothing. */
    private static Map<String, Object> initdb(ClusterSpec spec) {
        return Map.of(
                "database",
                PostgresEngine.FIRST_DATABASE,
                "owner",
                PostgresEngine.ADMIN,
                "secret",
                Map.of("name", Names.user(spec.id(), PostgresEngine.ADMIN)),
                "encoding",
                "UTF8",
                "localeCollate",
                "C.UTF-8",
                "localeCType",
                "C.UTF-8",
                "dataChecksums",
                true);
    }

    /** The same at every revision, too. */
    private static Map<String, Object> recovery(ClusterSpec spec, ArchiveObjects.Recovered recovered) {
        Map<String, Object> recovery = new LinkedHashMap<>();
        recovery.put("source", ArchiveObjects.ORIGIN);
        recovery.put("database", PostgresEngine.FIRST_DATABASE);
        recovery.put("owner", PostgresEngine.ADMIN);
        recovery.put("secret", Map.of("name", Names.user(spec.id(), PostgresEngine.ADMIN)));
        if (recovered.at() != null) {
            recovery.put("recoveryTarget", Map.of("targetTime", recovered.at()));
        }
        return recovery;
    }

    private static Map<String, Object> postgresql(ClusterSpec spec, boolean archived) {
        Map<String, Object> postgresql = new LinkedHashMap<>();
        postgresql.put("parameters", parameters(spec, archived));
        postgresql.put("pg_hba", AccessObjects.hba(spec));
        if (spec.nodes() > 1 && PgConfig.QUORUM.equals(spec.parameters().get(PgConfig.SYNCHRONOUS))) {
            postgresql.put("synchronous", Map.of("method", "any", "number", 1, "dataDurability", "required"));
        }
        return postgresql;
    }

    private static Map<String, String> parameters(ClusterSpec spec, boolean archived) {
        Map<String, String> parameters = new TreeMap<>(PlanParameters.of(spec.size()));
        parameters.put("TimeZone", "UTC");
        parameters.put("password_encryption", "scram-sha-256");
        // It keeps commands as they were written, and some have a password in them.
        parameters.put("pg_stat_statements.track_utility", "off");
        if (archived) {
            // What is at risk when all volumes are lost at once: WAL is archived in whole segments.
            parameters.put("archive_timeout", ARCHIVE_SECONDS + "s");
        }
        parameters.putAll(spec.parameters());
        parameters.remove(PgConfig.SYNCHRONOUS);
        parameters.put(REVISION, Long.toString(spec.revision()));
        return parameters;
    }
}
