package dev.mooring.dataplane.kubernetes.program;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.kubernetes.client.BucketArchive;
import dev.mooring.dataplane.kubernetes.client.BucketArchive.Bucket;
import dev.mooring.dataplane.kubernetes.client.Kind;
import dev.mooring.dataplane.kubernetes.client.KubeObjects;
import dev.mooring.dataplane.kubernetes.client.Live;
import dev.mooring.dataplane.kubernetes.object.ArchiveObjects;
import dev.mooring.dataplane.kubernetes.object.ClusterObject;
import dev.mooring.dataplane.kubernetes.object.Names;
import dev.mooring.operation.OperationFailed;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import org.jboss.logging.Logger;

/** What clusters have archived: the objects that say where it is, and their end. */
@Singleton
public class Archive {

    private static final Logger LOG = Logger.getLogger(Archive.class);

    private final KubeObjects objects;
    private final BucketArchive archive;
    private volatile Predicate<UUID> promised = cluster -> false;

    Archive(KubeObjects objects, BucketArchive archive) {
        this.objects = objects;
        this.archive = archive;
    }

    /** Whether a cluster is to be archived. */
    boolean wanted(ClusterSpec spec) {
        return archive.bucket().isPresent()
                && (spec.archive() == null || !spec.archive().none());
    }

    /** Whether its WAL is archived, or is about to be. */
    boolean has(UUID cluster) {
        return objects.find(Kind.CLUSTER, Names.cluster(cluster))
                .filter(Archive::has)
                .isPresent();
    }

    static boolean has(Live cluster) {
        return cluster.each("spec", "plugins").stream()
                .anyMatch(plugin -> ArchiveObjects.PLUGIN.equals(plugin.get("name")));
    }

    /** What the cluster was made of; null for one that began empty. */
    static ArchiveObjects.Recovered recovered(Live cluster) {
        Optional<Map<?, ?>> from = cluster.each("spec", "externalClusters").stream()
                .filter(one -> cluster.text("spec", "bootstrap", "recovery", "source")
                        .filter(source -> source.equals(one.get("name")))
                        .isPresent())
                .<Map<?, ?>>map(one -> (Map<?, ?>) ((Map<?, ?>) one.get("plugin")).get("parameters"))
                .findFirst();
        return from.map(parameters -> new ArchiveObjects.Recovered(
                        parameters.get(ArchiveObjects.STORE).toString(),
                        parameters.get(ArchiveObjects.SERVER).toString(),
                        cluster.text("spec", "bootstrap", "recovery", "recoveryTarget", "targetTime")
                                .orElse(null)))
                .orElse(null);
    }

    /** What a new cluster is to be made of; null for one that begins empty. */
    ArchiveObjects.Recovered recovered(ClusterSpec spec) {
        ClusterSpec.Origin origin = spec.origin();
        return origin == null
                ? null
                : new ArchiveObjects.Recovered(
                        Names.origin(spec.id()), Names.archivedServer(origin.cluster()), origin.at());
    }

    /**
     * Where a cluster's own archive is, and where that is of which it was made. Does nothing of what it does not have.
     *
     * @throws OperationFailed when the archive of which it is to be made is gone
     */
    void apply(ClusterSpec spec, ClusterObject.Kept kept) {
        if (kept.archived() && archive.bucket().isPresent()) {
            applyStore(spec);
        }
        if (kept.recovered() != null && spec.origin() != null) {
            Live store = originStore(spec.origin().cluster());
            // Of its own: the origin's goes with it, and CloudNativePG looks for this one as long as there is the
            // cluster.
            write(
                    spec.id(),
                    Names.origin(spec.id()),
                    store.text("spec", "configuration", "destinationPath").orElseThrow(),
                    store.text("spec", "configuration", "endpointURL").orElse(null),
                    null);
        }
    }

    /** @throws OperationFailed when it is not there any more */
    Live originStore(UUID origin) {
        return objects.find(Kind.OBJECT_STORE, Names.archive(origin))
                .orElseThrow(() -> new OperationFailed("the ObjectStore " + Names.archive(origin) + " of the namespace "
                        + objects.namespace() + " is gone, which says where the archive is. Nothing was created."));
    }

    /** The same for the archive alone, with the retention of now. */
    void applyStore(ClusterSpec spec) {
        Bucket bucket = bucket();
        Optional<Live> present = objects.find(Kind.OBJECT_STORE, Names.archive(spec.id()));
        write(
                spec.id(),
                Names.archive(spec.id()),
                present.flatMap(store -> store.text("spec", "configuration", "destinationPath"))
                        .orElse(bucket.path()),
                present.isPresent()
                        ? present.get()
                                .text("spec", "configuration", "endpointURL")
                                .orElse(null)
                        : bucket.endpoint(),
                retention(spec));
    }

    private static int retention(ClusterSpec spec) {
        return spec.archive() == null ? 1 : spec.archive().retentionHours();
    }

    private void write(UUID cluster, String name, String path, String endpoint, Integer retentionHours) {
        objects.apply(ArchiveObjects.secret(cluster, name, bucket()));
        objects.apply(ArchiveObjects.store(cluster, name, path, endpoint, retentionHours));
    }

    private Bucket bucket() {
        return archive.bucket()
                .orElseThrow(() ->
                        new OperationFailed("there is no archive any more: clusters on Kubernetes have none unless "
                                + archive.missing().orElse("") + ". Nothing was changed."));
    }

    Duration grace() {
        return archive.grace();
    }

    long backupBytes(UUID cluster, String backup) throws IOException {
        return archive.backupBytes(Names.archivedServer(cluster), backup);
    }

    /** Of a cluster that is gone; what it has archived is kept for a while. */
    void end(UUID cluster, Instant keepUntil) {
        for (Live backup : objects.list(Kind.BACKUP, Names.labels(cluster))) {
            objects.delete(Kind.BACKUP, backup.name());
        }
        objects.delete(Kind.OBJECT_STORE, Names.origin(cluster));
        objects.delete(Kind.SECRET, Names.origin(cluster));
        Optional<Live> store = objects.find(Kind.OBJECT_STORE, Names.archive(cluster));
        if (store.isPresent() && store.get().label(Names.KEEP_LABEL).isEmpty()) {
            objects.label(
                    Kind.OBJECT_STORE, store.get().name(), Names.KEEP_LABEL, Long.toString(keepUntil.getEpochSecond()));
        }
    }

    /** @param promised whether a cluster's archive is to be read */
    public void awaited(Predicate<UUID> promised) {
        this.promised = promised;
    }

    /** Deletes what clusters have archived that are gone for longer than it is to be kept. Blocks. */
    public void sweep(Instant now) throws IOException {
        for (Live store : objects.list(Kind.OBJECT_STORE, Names.OWN)) {
            Optional<UUID> cluster = store.label(Names.CLUSTER_LABEL).map(UUID::fromString);
            // A label that somebody has changed keeps its own archive, and no other one.
            boolean over = store.label(Names.KEEP_LABEL)
                    .filter(until -> until.matches("[0-9]{1,15}"))
                    .filter(until -> Long.parseLong(until) < now.getEpochSecond())
                    .isPresent();
            if (cluster.isEmpty() || !over || promised.test(cluster.get())) {
                continue;
            }
            String path = store.text("spec", "configuration", "destinationPath").orElse("");
            if (!path.equals(bucket().path())) {
                LOG.warnf(
                        "the archive of cluster %s is past its time and stays: it is in %s, and MOORING_ARCHIVE_S3_BUCKET is another",
                        cluster.get(), path);
                continue;
            }
            archive.delete(Names.archivedServer(cluster.get()));
            objects.delete(Kind.OBJECT_STORE, store.name());
            objects.delete(Kind.SECRET, store.name());
            LOG.infof("the archive of cluster %s, deleted long enough ago, is removed", cluster.get());
        }
    }

    /** What the plugin says of a cluster's archive; empty before it has said anything. */
    Optional<Window> window(UUID cluster) {
        return objects.find(Kind.OBJECT_STORE, Names.archive(cluster))
                .flatMap(store -> store.text(
                                "status",
                                "serverRecoveryWindow",
                                Names.archivedServer(cluster),
                                "firstRecoverabilityPoint")
                        .flatMap(first -> store.text(
                                        "status",
                                        "serverRecoveryWindow",
                                        Names.archivedServer(cluster),
                                        "lastSuccessfulBackupTime")
                                .map(last -> new Window(Instant.parse(first), Instant.parse(last)))));
    }

    /**
     * @param from when the oldest backup that is left was complete
     * @param lastBackup when the newest was
     */
    record Window(Instant from, Instant lastBackup) {}

    List<Live> backups(UUID cluster) {
        return objects.list(Kind.BACKUP, Names.labels(cluster));
    }
}
