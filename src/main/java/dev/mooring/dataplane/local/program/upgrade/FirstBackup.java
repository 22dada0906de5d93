package dev.mooring.dataplane.local.program.upgrade;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.UpgradeFacts;
import dev.mooring.dataplane.local.archive.Backup;
import dev.mooring.dataplane.local.archive.ClusterArchive;
import dev.mooring.dataplane.local.archive.backup.BackupReader;
import dev.mooring.dataplane.local.archive.backup.BaseBackup;
import dev.mooring.dataplane.local.archive.backup.CopyProgress;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Task;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;

/** The first backup of a new version: every moment from then on can be recovered. */
@Singleton
class FirstBackup {

    private static final Duration ARCHIVE_LIMIT = Duration.ofMinutes(1);

    private final Upgrading upgrading;

    FirstBackup(Upgrading upgrading) {
        this.upgrading = upgrading;
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
            return !task.cancelRequested();
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
            archive.deleteBackup(task.id());
            return false;
        }
    }
}
