package dev.mooring.dataplane.local.program.upgrade;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.UpgradeFacts;
import dev.mooring.dataplane.local.archive.Backup;
import dev.mooring.dataplane.local.archive.ClusterArchive;
import dev.mooring.dataplane.local.archive.backup.BackupReader;
import dev.mooring.dataplane.local.archive.backup.BaseBackup;
import dev.mooring.dataplane.local.archive.backup.CopyProgress;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Task;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import org.jboss.logging.Logger;

/** The first backup of a new version: every moment from then on can be recovered. */
@Singleton
class FirstBackup {

    private static final Logger LOG = Logger.getLogger(FirstBackup.class);
    private static final Duration ARCHIVE_LIMIT = Duration.ofMinutes(1);
    private static final Duration TURN = Duration.ofMillis(500);

    private final Upgrading upgrading;

    FirstBackup(Upgrading upgrading) {
        this.upgrading = upgrading;
    }

    /**
     * To be asked before each try: from now on nothing is deleted from the archive until the try has ended. A backup of the schedule
     * that is still under way would take this one for the rest of one that nobody finishes.
     *
     * @return to wait, while something is being deleted
     */
    Optional<Next> hold(Task<ClusterSpec, UpgradeFacts> task) throws IOException {
        return upgrading.archives.of(task.wish().id()).hold(task.id())
                ? Optional.empty()
                : Optional.of(Next.waitFor(TURN, "what the archive does not need any more is being deleted"));
    }

    private void release(Task<ClusterSpec, UpgradeFacts> task) {
        try {
            upgrading.archives.of(task.wish().id()).release(task.id());
        } catch (IOException e) {
            LOG.warnf(
                    e,
                    "nothing is deleted from the archive of %s for a day",
                    task.wish().id());
        }
    }

    /** @return false when it was cut short because the operation is to be cancelled */
    boolean makeBeside(Task<ClusterSpec, UpgradeFacts> task, PostgresServer coming)
            throws SQLException, IOException, InterruptedException {
        ClusterSpec wish = task.wish();
        ClusterFolder.Manifest manifest = upgrading.main(wish.id()).manifest().orElseThrow();
        coming.folder()
                .write(manifest.with(now -> now.major(coming.engine().major())
                        .version(coming.engine().version())
                        .port(coming.port())
                        .synchronousArchive(false)));
        upgrading.archiver.begin(coming.folder());
        return make(task, coming);
    }

    private boolean room(Task<ClusterSpec, UpgradeFacts> task) {
        try {
            return task.facts().servesSince() != null
                    || upgrading.room(task.wish()).enough();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Leaves nothing of one that was not finished; what cannot be removed now goes with what the archive does not need. */
    void forget(Task<ClusterSpec, UpgradeFacts> task) {
        release(task);
        try {
            upgrading.archives.of(task.wish().id()).deleteBackup(task.id());
        } catch (IOException e) {
            LOG.warnf(
                    e, "a backup of %s that was not finished stays", task.wish().id());
        }
    }

    /**
     * The same for a server whose WAL is being archived.
     *
     * @return false when it was cut short because the operation is to be cancelled
     */
    boolean make(Task<ClusterSpec, UpgradeFacts> task, PostgresServer coming)
            throws SQLException, IOException, InterruptedException {
        ClusterArchive archive = upgrading.archives.of(task.wish().id());
        CopyProgress progress = (done, total) -> {
            task.progress(done, total, "bytes");
            return !task.cancelRequested() && room(task);
        };
        BaseBackup base = new BaseBackup(archive, coming.folder().data(), task.id(), progress);
        try (Connection connection = coming.open("postgres")) {
            BaseBackup.Copied copied = base.copy(connection, coming.engine().version());
            if (!upgrading.archiver.await(coming.folder().key(), copied.backup().stop(), ARCHIVE_LIMIT)) {
                throw new OperationFailed("the new version's WAL did not come into the archive within "
                        + ARCHIVE_LIMIT.toSeconds() + " s");
            }
            base.finish(copied);
            Backup backup = copied.backup();
            new BackupReader(archive, backup, progress).verify();
            task.keep(task.facts()
                    .with(facts -> facts.backup(backup.id())
                            .backupAt(backup.stoppedAt())
                            .backupSize(backup.size())
                            .backupStored(backup.storedSize())));
            return true;
        } catch (CopyProgress.Stopped e) {
            // Also one that was whole and had not been read back: nobody would know of it.
            release(task);
            archive.deleteBackup(task.id());
            return false;
        } finally {
            release(task);
        }
    }
}
