package dev.mooring.dataplane.local.homebackup;

import dev.mooring.dataplane.HomeBackups;
import dev.mooring.dataplane.local.archive.Archives;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.home.KeyFile;
import dev.mooring.home.MooringHome;
import dev.mooring.operation.MetadataReady;
import dev.mooring.operation.Node;
import dev.mooring.process.postgres.session.SuperuserConnection;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Backs up this home soon after anything has changed that would be missed. */
@ApplicationScoped
public class LocalHomeBackups implements HomeBackups {

    private static final Logger LOG = Logger.getLogger(LocalHomeBackups.class);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(5);

    /**
     * How often the rows have changed, but for those that change by themselves: what runs is seen from what it is done to, and nobody
     * needs a log of what was lost.
     */
    private static final String CHANGES =
            "select coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint from pg_catalog.pg_stat_user_tables"
                    + " where relname not in ('worker_node', 'app_node', 'operation', 'audit_entry', 'audit_outcome',"
                    + " 'console_session', 'console_link')";

    private static final String SCHEMA =
            "select max(version::int) from public.flyway_schema_history where success and version is not null";

    private final MooringHome home;
    private final Archives archives;
    private final HomeBackupSettings settings;
    private final Node node;
    private final Clock clock;
    private final ReentrantLock one = new ReentrantLock();
    private volatile @Nullable Thread thread;
    private volatile @Nullable String failure;

    LocalHomeBackups(
            MooringHome home,
            Archives archives,
            HomeBackupSettings settings,
            Node node,
            MeterRegistry registry,
            Clock clock) {
        this.home = home;
        this.archives = archives;
        this.settings = settings;
        this.node = node;
        Gauge.builder("mooring.backup.failing", () -> failure == null ? 0 : 1)
                .description("Whether Mooring itself could not be backed up")
                .register(registry);
        this.clock = clock;
    }

    void start(@Observes @Priority(1100) MetadataReady event) {
        if (node.worker() && embedded()) {
            thread = Thread.ofVirtual().name("home-backups").start(this::loop);
        }
    }

    void stop(@Observes ShutdownEvent event) throws InterruptedException {
        Thread begun = thread;
        if (begun != null) {
            begun.interrupt();
            begun.join(STOP_LIMIT);
        }
    }

    /** Metadata elsewhere is backed up by whoever runs them. */
    private boolean embedded() {
        return Files.exists(home.root().resolve(HomeCopy.DATA).resolve("postmaster.pid"));
    }

    private void loop() {
        long before = -1;
        try {
            while (true) {
                before = backUpIfChanged(before);
                Thread.sleep(settings.every());
            }
        } catch (InterruptedException | InterruptedIOException stopped) {
            LOG.debug("no more backups of Mooring itself");
        }
    }

    /** @return what the last backup has */
    private long backUpIfChanged(long before) throws InterruptedException, InterruptedIOException {
        try {
            long now;
            try (Connection metadata = metadata()) {
                now = PostgresServer.number(metadata, CHANGES);
            }
            if (now != before) {
                backUp();
            }
            return now;
        } catch (IOException | SQLException | RuntimeException e) {
            if (Thread.currentThread().isInterrupted()) {
                // A channel that is interrupted says so in its own words.
                throw new InterruptedIOException(e.getMessage());
            }
            if (!e.toString().equals(failure)) {
                LOG.warnf(
                        e, "Mooring itself is not backed up, what changes from now on would be lost with this machine");
            }
            failure = e.toString();
            return -1;
        }
    }

    private Connection metadata() throws IOException, SQLException {
        return SuperuserConnection.open(
                "127.0.0.1",
                Integer.parseInt(
                        Files.readString(home.metadata().resolve("port")).strip()),
                "mooring",
                Files.readString(home.keys().resolve("metadata-password")).strip());
    }

    private HomeArchive archive() throws IOException {
        return new HomeArchive(
                archives.store(),
                home.nodeId(),
                KeyFile.ofBackups(home).open(settings.key().orElse(null)));
    }

    private HomeArchive.Kept backUp() throws IOException, SQLException, InterruptedException {
        one.lockInterruptibly();
        try (Connection metadata = metadata()) {
            HomeArchive archive = archive();
            // Before the rows that tell of them.
            storeUploads(archive);
            Instant now = clock.instant();
            HomeManifest manifest = new HomeManifest(
                    HomeManifest.FORMAT,
                    home.nodeId(),
                    (int) PostgresServer.number(metadata, SCHEMA),
                    Files.readString(home.metadata().resolve("version")).strip(),
                    now.toString());
            HomeArchive.Kept kept = archive.put(now, out -> copy(metadata, manifest, out));
            try (InputStream back = archive.open(kept)) {
                // What cannot be read is no backup.
                back.transferTo(OutputStream.nullOutputStream());
            }
            archive.thin(now, settings.keep());
            if (failure != null) {
                LOG.info("Mooring itself is backed up again");
            }
            failure = null;
            return kept;
        } finally {
            one.unlock();
        }
    }

    private void copy(Connection metadata, HomeManifest manifest, OutputStream out) throws IOException {
        try {
            new HomeCopy(home).write(metadata, manifest, out);
        } catch (SQLException e) {
            throw new IOException("the metadata cannot be copied: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
    }

    /** Each once: they never change, and may be large. Those of apps that are gone go too. */
    private void storeUploads(HomeArchive archive) throws IOException {
        Set<String> stored = archive.uploaded();
        Set<String> here = new TreeSet<>();
        try (Stream<Path> files = Files.walk(home.uploads())) {
            files.filter(file -> file.toString().endsWith(".zip"))
                    .forEach(file -> here.add(home.uploads().relativize(file).toString()));
        }
        for (String name : here) {
            if (!stored.contains(name)) {
                try {
                    archive.putUpload(name, out -> Files.copy(home.uploads().resolve(name), out));
                } catch (NoSuchFileException deletedMeanwhile) {
                    // Nothing to keep.
                }
            }
        }
        for (String name : stored) {
            if (!here.contains(name)) {
                archive.deleteUpload(name);
            }
        }
    }

    @Override
    public Backup make() throws IOException, InterruptedException {
        if (!embedded()) {
            throw new IllegalStateException(
                    "the metadata database is none of Mooring's own: back it up where it runs, and keep"
                            + " MOORING_ENCRYPTION_KEY");
        }
        try {
            return view(backUp());
        } catch (SQLException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    @Override
    public State state() throws IOException {
        List<Backup> backups = embedded()
                ? archive().backups().reversed().stream()
                        .map(LocalHomeBackups::view)
                        .toList()
                : List.of();
        return new State(home.nodeId(), archives.store().location(), backups, failure);
    }

    private static Backup view(HomeArchive.Kept kept) {
        return new Backup(kept.at(), kept.size());
    }
}
