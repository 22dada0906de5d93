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
import dev.mooring.dataplane.kubernetes.server.ArchivedVersions;
import dev.mooring.dataplane.kubernetes.server.ArchivedVersions.Window;
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
import org.jspecify.annotations.Nullable;

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
                && spec.follows() == null
                && (spec.archive() == null || !spec.archive().none());
    }

    /** Whether its WAL is archived, or is about to be. */
    public boolean has(UUID cluster) {
        return objects.find(Kind.CLUSTER, Names.cluster(cluster))
                .filter(Archive::has)
                .isPresent();
    }

    public static boolean has(Live cluster) {
        return server(cluster).isPresent();
    }

    /** By what name its WAL is archived; empty where it is not. */
    public static Optional<String> server(Live cluster) {
        return cluster.each("spec", "plugins").stream()
                .filter(plugin -> ArchiveObjects.PLUGIN.equals(plugin.get("name")))
                .map(plugin -> plugin.get("parameters") instanceof Map<?, ?> parameters
                                && parameters.get(ArchiveObjects.SERVER) instanceof String server
                        ? server
                        : cluster.name())
                .findFirst();
    }

    /** What the cluster was made of; nothing of one that began empty. */
    static ArchiveObjects.@Nullable Recovered recovered(Live cluster) {
        return cluster.text("spec", "bootstrap", "recovery", "source").isPresent() ? external(cluster) : null;
    }

    /** The archive of the one external cluster that a Cluster has, where it has one. */
    static ArchiveObjects.@Nullable Recovered external(Live cluster) {
        Optional<Map<?, ?>> from = cluster.each("spec", "externalClusters").stream()
                .filter(one -> one.get("plugin") instanceof Map<?, ?>)
                .<Map<?, ?>>map(one -> (Map<?, ?>) ((Map<?, ?>) one.get("plugin")).get("parameters"))
                .findFirst();
        return from.map(parameters -> new ArchiveObjects.Recovered(
                        String.valueOf(parameters.get(ArchiveObjects.STORE)),
                        String.valueOf(parameters.get(ArchiveObjects.SERVER)),
                        cluster.text("spec", "bootstrap", "recovery", "recoveryTarget", "targetTime")
                                .orElse(null)))
                .orElse(null);
    }

    /** What a new cluster is to be made of; nothing for one that begins empty. */
    ArchiveObjects.@Nullable Recovered recovered(ClusterSpec spec) {
        ClusterSpec.Origin origin = spec.origin();
        if (origin == null) {
            return null;
        }
        ArchivedVersions versions = new ArchivedVersions(originStore(origin.cluster()), origin.cluster());
        // PostgreSQL refuses a moment after which nothing was committed, as those are at which nobody served: then
        // everything of the old version is meant.
        boolean over = origin.at() != null
                && versions.over(spec.version())
                        .filter(last -> !Instant.parse(origin.at()).isBefore(last))
                        .isPresent();
        return new ArchiveObjects.Recovered(
                Names.origin(spec.id()), versions.server(spec.version()), over ? null : origin.at());
    }

    /**
     * Refuses a moment that no backup leads to: after an upgrade there is none before the first backup of the new version.
     *
     * @throws OperationFailed says from when on there is one
     */
    public void requireBackup(ClusterSpec spec) {
        ClusterSpec.Origin origin = spec.requiredOrigin();
        ArchivedVersions versions = new ArchivedVersions(originStore(origin.cluster()), origin.cluster());
        if (!versions.upgraded(spec.version())) {
            return;
        }
        Optional<Instant> first =
                versions.window(versions.server(spec.version())).map(ArchivedVersions.Window::from);
        if (first.isEmpty()
                || (origin.at() != null && Instant.parse(origin.at()).isBefore(first.get()))) {
            throw new OperationFailed("no backup leads to " + (origin.at() == null ? "now" : origin.at())
                    + ": the cluster was upgraded to PostgreSQL " + spec.version() + " before, and has "
                    + first.map(moment -> "its first backup since from " + moment)
                            .orElse("no backup since")
                    + ". What was before the upgrade can be recovered up to "
                    + versions.overBefore(spec.version()).map(Instant::toString).orElse("it")
                    + ". Nothing was created.");
        }
    }

    /**
     * Brings what servers archived by the name of a version that they do not have, when they were stopped for it, to where the rest of
     * their WAL is.
     *
     * @throws IOException when that cannot be: their archive has a gap then
     */
    public void takeBack(UUID cluster, String major, String server) throws IOException {
        String aside = Names.archivedServer(cluster, major);
        if (current(cluster).filter(aside::equals).isPresent()) {
            // Somebody else has gone on meanwhile: what is there belongs to the servers of now.
            return;
        }
        int brought = archive.move(aside, server);
        if (brought > 0) {
            LOG.infof(
                    "cluster %s: %d files that its servers archived when they were stopped are with the rest",
                    cluster, brought);
        }
    }

    /** Remembers that a cluster is another database system from now on, archived by another name; the same may be said again. */
    public void upgraded(UUID cluster, String major, Instant over) {
        String store = Names.archive(cluster);
        if (objects.find(Kind.OBJECT_STORE, store).isPresent()) {
            objects.label(Kind.OBJECT_STORE, store, Names.UPGRADED_LABEL + major, Long.toString(over.getEpochSecond()));
        }
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
        Optional<UUID> origin = origin(spec, kept);
        if (origin.isPresent()) {
            Live store = originStore(origin.get());
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

    private static Optional<UUID> origin(ClusterSpec spec, ClusterObject.Kept kept) {
        if (kept.recovered() != null && spec.origin() != null) {
            return Optional.of(spec.origin().cluster());
        }
        return Optional.ofNullable(kept.copied())
                .filter(copied -> copied.archive() != null)
                .map(copied -> spec.follows());
    }

    /** @throws OperationFailed when it is not there any more */
    Live originStore(UUID origin) {
        return objects.find(Kind.OBJECT_STORE, Names.archive(origin))
                .orElseThrow(() -> new OperationFailed("the ObjectStore " + Names.archive(origin) + " of the namespace "
                        + objects.namespace() + " is gone, which says where the archive is. Nothing was created."));
    }

    /** The same for the archive alone, with the retention of now. */
    public void applyStore(ClusterSpec spec) {
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

    private void write(
            UUID cluster, String name, String path, @Nullable String endpoint, @Nullable Integer retentionHours) {
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

    public long backupBytes(UUID cluster, String backup) throws IOException {
        return archive.backupBytes(current(cluster).orElseGet(() -> Names.archivedServer(cluster)), backup);
    }

    /** Of one that is none any more and never was: whoever is archived by that name later has to find nothing there. */
    public void forget(UUID cluster) throws IOException {
        if (objects.find(Kind.OBJECT_STORE, Names.archive(cluster)).isPresent()) {
            archive.delete(Names.archivedServer(cluster));
            objects.delete(Kind.OBJECT_STORE, Names.archive(cluster));
            objects.delete(Kind.SECRET, Names.archive(cluster));
        }
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
            ArchivedVersions versions = new ArchivedVersions(store, cluster.get());
            for (String server : versions.servers()) {
                archive.delete(server);
            }
            objects.delete(Kind.OBJECT_STORE, store.name());
            objects.delete(Kind.SECRET, store.name());
            LOG.infof("the archive of cluster %s, deleted long enough ago, is removed", cluster.get());
        }
    }

    /** What the plugin says of the archive of a cluster's servers as they are now; empty before it has said anything. */
    public Optional<Window> window(UUID cluster) {
        return versions(cluster).flatMap(versions -> current(cluster).flatMap(versions::window));
    }

    /** By what name its servers of that major version are archived. */
    public String server(UUID cluster, String major) {
        return versions(cluster).map(versions -> versions.server(major)).orElseGet(() -> Names.archivedServer(cluster));
    }

    private Optional<ArchivedVersions> versions(UUID cluster) {
        return objects.find(Kind.OBJECT_STORE, Names.archive(cluster))
                .map(store -> new ArchivedVersions(store, cluster));
    }

    private Optional<String> current(UUID cluster) {
        return objects.find(Kind.CLUSTER, Names.cluster(cluster)).flatMap(Archive::server);
    }

    /**
     * Since when something can be recovered of the servers before the last upgrade. The plugin looks after the archive of those alone that
     * there are now: what is older than the cluster's retention is deleted here.
     *
     * @return empty when nothing can
     */
    public Optional<Instant> recoverableBefore(ClusterSpec spec, Instant now) throws IOException {
        Optional<ArchivedVersions> versions = versions(spec.id());
        Optional<Instant> first = Optional.empty();
        if (versions.isPresent()) {
            for (Map.Entry<String, Instant> former : versions.get().former().entrySet()) {
                if (former.getValue().plus(Duration.ofHours(retention(spec))).isBefore(now)) {
                    // A restore that has been promised reads it, though no other one may begin.
                    if (!promised.test(spec.id())) {
                        archive.delete(former.getKey());
                    }
                } else if (first.isEmpty()) {
                    first = versions.get().window(former.getKey()).map(Window::from);
                }
            }
        }
        return first;
    }

    public List<Live> backups(UUID cluster) {
        return objects.list(Kind.BACKUP, Names.labels(cluster));
    }
}
