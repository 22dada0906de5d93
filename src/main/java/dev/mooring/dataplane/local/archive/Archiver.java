package dev.mooring.dataplane.local.archive;

import dev.mooring.dataplane.DataPlane.ArchiveListener;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.time.Deadline;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Keeps every cluster of this machine archived: one receiver each, started again when it fails. */
@ApplicationScoped
public class Archiver {

    private static final Logger LOG = Logger.getLogger(Archiver.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
    /** A server that restarts is no reason for an alert. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final Duration STOP_LIMIT = Duration.ofSeconds(5);

    private final LocalClusters clusters;
    private final Archives archives;
    private final Clock clock;
    private final Duration flushEvery;
    private final Map<UUID, Archiving> running = new ConcurrentHashMap<>();
    private final List<ArchiveListener> listeners = new CopyOnWriteArrayList<>();

    Archiver(LocalClusters clusters, Archives archives, MeterRegistry registry, Clock clock) {
        this.clusters = clusters;
        this.archives = archives;
        this.clock = clock;
        this.flushEvery = archives.flushEvery();
        Gauge.builder("mooring.archive.failing", () -> failing().size())
                .description("Clusters whose WAL is not being archived")
                .register(registry);
    }

    /**
     * How a cluster's archiving goes.
     *
     * @param timeline of the stored position
     * @param stored all WAL before it is in the archive
     * @param failure why it does not go on; null while it does
     * @param failingSince null while it goes on
     * @param behind whether something could not be stored that the server had written; until it is, the archive is not complete
     */
    public record State(
            int timeline,
            long stored,
            @Nullable String failure,
            @Nullable Instant failingSince,
            boolean behind) {}

    /** The listener is told too what has been found before it came. */
    public void onChange(ArchiveListener listener) {
        listeners.add(listener);
        running.values().forEach(archiving -> archiving.tell(listener));
    }

    /** From now on the server's WAL goes into its cluster's archive; does nothing when it does already or there is to be none. */
    public void begin(ClusterFolder folder) {
        if (unarchived(folder)) {
            return;
        }
        Archiving archiving = new Archiving(folder);
        if (running.putIfAbsent(folder.key(), archiving) == null) {
            archiving.thread =
                    Thread.ofVirtual().name("archiver-" + folder.key()).start(archiving::loop);
        }
    }

    private static boolean unarchived(ClusterFolder folder) {
        try {
            return folder.manifest().map(ClusterFolder.Manifest::unarchived).orElse(false);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Stores what comes from now on at once, until the server has gone: it is about to stop, and would wait for that. */
    public void hurry(UUID key) {
        Archiving archiving = running.get(key);
        if (archiving != null) {
            archiving.hurried = true;
        }
    }

    /** The cluster is going away, or this process is; what has come is stored. */
    public void end(UUID cluster) throws InterruptedException {
        Archiving archiving = running.remove(cluster);
        if (archiving != null) {
            archiving.end();
            archiving.join();
        }
    }

    public void stop() throws InterruptedException {
        Map<UUID, Archiving> all = Map.copyOf(running);
        all.values().forEach(Archiving::end);
        for (UUID cluster : all.keySet()) {
            end(cluster);
        }
        // A database whose Mooring was stopped on purpose goes on without its archive.
        all.values().forEach(archiving -> archiving.commits.impossible());
    }

    /** Whether the cluster's commits wait for the archive, as long as that can be written. */
    public void synchronous(UUID cluster, boolean wanted) {
        Archiving archiving = running.get(cluster);
        if (archiving != null) {
            archiving.commits.want(wanted);
        }
    }

    /**
     * The cluster's commits wait until one of these nodes has them, by the names under which they follow.
     *
     * @param expected nodes that go on to be waited for, if they are
     */
    public void synchronousNodes(UUID cluster, List<String> following, List<String> expected) {
        Archiving archiving = running.get(cluster);
        if (archiving != null) {
            archiving.commits.nodes(following, expected);
        }
    }

    /** What is stored from now on is of another timeline, and continues nothing: a base backup is wanted. */
    public void beganAnew(UUID cluster) {
        Archiving archiving = running.get(cluster);
        if (archiving != null) {
            archiving.noteGap();
        }
    }

    public Optional<State> state(UUID cluster) {
        return Optional.ofNullable(running.get(cluster)).map(archiving -> archiving.state);
    }

    /** The clusters whose WAL is not being archived, with the reason. */
    public Map<UUID, String> failing() {
        Map<UUID, String> failing = new java.util.TreeMap<>();
        running.forEach((id, archiving) -> {
            State state = archiving.state;
            if (archiving.alerted) {
                failing.put(id, "since " + state.failingSince() + ": " + state.failure());
            }
        });
        return failing;
    }

    /** Bytes of WAL that have come from a server and are not stored yet: of the cluster that has most of them. */
    public long farthestBehind() {
        return running.values().stream()
                .mapToLong(archiving -> archiving.received - archiving.state.stored())
                .filter(behind -> behind > 0)
                .max()
                .orElse(0);
    }

    /**
     * Waits until everything before the position is stored.
     *
     * @return false when it is not after that time
     */
    public boolean await(UUID cluster, long position, Duration atMost) throws InterruptedException {
        Deadline end = Deadline.in(atMost);
        while (state(cluster).map(state -> state.stored() < position).orElse(true)) {
            if (end.passed()) {
                return false;
            }
            Thread.sleep(3);
        }
        return true;
    }

    /**
     * Commits a marker on the server and waits until it is stored: whatever was committed before this was called is in the
     * archive then, and so is a commit after it.
     *
     * @return false when the archive does not come that far in time
     */
    public boolean catchUp(UUID cluster, ClusterFolder.Manifest manifest, Duration atMost)
            throws SQLException, InterruptedException {
        long position;
        try (Connection connection = clusters.open(manifest, "postgres");
                Statement statement = connection.createStatement()) {
            // The message makes the commit one that is flushed at once.
            statement.execute("select pg_logical_emit_message(true, 'mooring', 'archived up to here')");
            try (ResultSet row = statement.executeQuery("select (pg_current_wal_insert_lsn() - '0/0')::bigint")) {
                row.next();
                position = row.getLong(1);
            }
        }
        return await(cluster, position, atMost);
    }

    private final class Archiving implements WalReceiver.Listener {

        private final UUID cluster;
        private final ClusterFolder folder;
        private volatile @Nullable Thread thread;
        private volatile State state = new State(0, 0, null, null, false);
        private volatile long received;
        private volatile boolean alerted;
        private volatile boolean gap;
        private volatile boolean hurried;
        private final CountDownLatch ended = new CountDownLatch(1);
        private final WalReceiver receiver;
        private final CommitWait commits;
        private Duration pause = FIRST_PAUSE;

        Archiving(ClusterFolder folder) {
            this.cluster = folder.id();
            this.folder = folder;
            this.commits = new CommitWait(folder, clusters);
            this.receiver = new WalReceiver(archives.of(cluster).wal(), flushEvery, this);
        }

        void end() {
            ended.countDown();
            receiver.hangUp();
        }

        void join() throws InterruptedException {
            Thread begun = thread;
            if (begun != null) {
                begun.join(STOP_LIMIT);
            }
        }

        void tell(ArchiveListener listener) {
            State now = state;
            if (gap) {
                listener.gap(cluster);
            }
            if (alerted && now.failingSince() != null) {
                listener.failing(cluster, now.failingSince(), now.failure());
            }
        }

        void loop() {
            boolean looked = false;
            while (wanted()) {
                try {
                    if (!looked && archives.of(cluster).broken()) {
                        // An earlier process found a gap and may have ended before a new backup was made.
                        noteGap();
                    }
                    looked = true;
                    Optional<ClusterFolder.Manifest> manifest = folder.manifest();
                    if (manifest.isPresent()) {
                        commits.want(manifest.get().synchronousArchive());
                        receiver.run(new WalReceiver.Server(
                                clusters.reach(),
                                manifest.get().port(),
                                clusters.vault().unseal(manifest.get().superuserSecret())));
                    }
                } catch (InterruptedException e) {
                    return;
                } catch (SQLException | IOException | RuntimeException e) {
                    if (wanted()) {
                        failed(e);
                    }
                }
                hurried = false;
                try {
                    ended.await(pause.toMillis(), TimeUnit.MILLISECONDS);
                } catch (InterruptedException e) {
                    return;
                }
            }
        }

        @Override
        public boolean wanted() {
            return ended.getCount() > 0;
        }

        @Override
        public boolean awaited() {
            return hurried || commits.inForce();
        }

        @Override
        public boolean behind() {
            return state.behind();
        }

        /** A connection proves nothing about the archive: only what is stored anew shows that it can be written again. */
        @Override
        public void stored(int timeline, long position) {
            if (state.behind() && position <= state.stored()) {
                return;
            }
            pause = FIRST_PAUSE;
            state = new State(timeline, position, null, null, false);
            commits.possible();
            if (alerted) {
                alerted = false;
                LOG.infof("cluster %s is archived again", cluster);
                listeners.forEach(listener -> listener.recovered(cluster));
            }
        }

        @Override
        public void received(long position) {
            received = position;
        }

        @Override
        public void gap(long from, long to) {
            LOG.errorf(
                    "cluster %s: WAL from %s to %s was removed before it could be archived; nothing can be recovered across"
                            + " that, a new base backup is made",
                    cluster, Lsn.text(from), Lsn.text(to));
            noteGap();
        }

        private void noteGap() {
            gap = true;
            listeners.forEach(listener -> listener.gap(cluster));
        }

        private void failed(Exception e) {
            State now = state;
            Instant since = now.failingSince() == null ? clock.instant() : now.failingSince();
            boolean storage = e instanceof IOException;
            state = new State(now.timeline(), now.stored(), reason(e), since, storage || now.behind());
            Duration longer = pause.multipliedBy(2);
            pause = longer.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : longer;
            if (storage || alerted) {
                commits.impossible();
            }
            if (!alerted && (storage || since.plus(PATIENCE).isBefore(clock.instant()))) {
                alerted = true;
                LOG.warnf(
                        "cluster %s is not archived: %s. Its server keeps what is missing and goes on; what is committed from"
                                + " now on cannot be recovered until this is mended",
                        cluster, reason(e));
                listeners.forEach(listener -> listener.failing(cluster, since, reason(e)));
            }
        }

        private static String reason(Exception e) {
            return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        }
    }
}
