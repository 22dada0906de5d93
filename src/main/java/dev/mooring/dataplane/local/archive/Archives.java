package dev.mooring.dataplane.local.archive;

import dev.mooring.dataplane.archive.ArchiveSettings;
import dev.mooring.dataplane.archive.ArchiveStore;
import dev.mooring.dataplane.archive.ArchiveStores;
import dev.mooring.home.MooringHome;
import dev.mooring.operation.Node;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.function.Predicate;
import org.jboss.logging.Logger;

/** The archives that this node writes and reads. */
@ApplicationScoped
public class Archives {

    private static final Logger LOG = Logger.getLogger(Archives.class);

    private static final Duration FLUSH_FOLDER = Duration.ofMillis(100);
    private static final Duration FLUSH_S3 = Duration.ofSeconds(1);

    private final ArchiveStore store;
    private final ArchiveSettings settings;
    private final Clock clock;
    private volatile Predicate<UUID> awaited = cluster -> false;

    Archives(MooringHome home, ArchiveSettings settings, Node node, Clock clock) {
        this.settings = settings;
        this.store = ArchiveStores.of(settings, home, "node:" + node.id());
        Compression.unpackTo(home.cache());
        this.clock = clock;
    }

    public ArchiveStore store() {
        return store;
    }

    /** How long WAL may wait before it is stored. */
    Duration flushEvery() {
        return settings.flush().orElse(settings.s3().bucket().isPresent() ? FLUSH_S3 : FLUSH_FOLDER);
    }

    /** How long the archive of a deleted cluster is kept. */
    public Duration grace() {
        return settings.grace();
    }

    public ClusterArchive of(UUID cluster) {
        return new ClusterArchive(store, cluster, () -> awaited.test(cluster));
    }

    /**
     * Nothing of an archive is deleted by age while somebody is going to read it who has not been able to say so in the archive.
     *
     * @param promised whether a cluster's archive is to be read; asked on threads that may block
     */
    public void awaited(Predicate<UUID> promised) {
        this.awaited = promised;
    }

    /** The same text for all nodes that reach the same archives. */
    public String location() {
        return store.location();
    }

    /** Deletes the archives of clusters that have been gone for longer than the grace period. */
    public void sweep() throws IOException {
        Instant limit = clock.instant().minus(grace());
        for (ArchiveStore.Stored stored : store.list(ClusterArchive.ENDED)) {
            Path name = Path.of(stored.key()).getFileName();
            if (!MooringHome.isId(name)) {
                continue;
            }
            UUID cluster = UUID.fromString(name.toString());
            ClusterArchive archive = of(cluster);
            if (archive.ended().map(ended -> ended.isBefore(limit)).orElse(false)) {
                LOG.infof(
                        archive.delete()
                                ? "the archive of cluster %s, deleted more than %s ago, is removed"
                                : "the archive of cluster %s, deleted more than %s ago, is still being read",
                        cluster,
                        grace());
            }
        }
    }
}
