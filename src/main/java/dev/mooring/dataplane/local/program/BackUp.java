package dev.mooring.dataplane.local.program;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ChangeProgram;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.BackupFacts;
import dev.mooring.dataplane.local.archive.Archiver;
import dev.mooring.dataplane.local.archive.Archives;
import dev.mooring.dataplane.local.archive.Backup;
import dev.mooring.dataplane.local.archive.ClusterArchive;
import dev.mooring.dataplane.local.archive.backup.BackupReader;
import dev.mooring.dataplane.local.archive.backup.BaseBackup;
import dev.mooring.dataplane.local.archive.backup.CopyProgress;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.engine.postgres.PostgresEngine;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Semaphore;

/**
 * A base backup of a cluster that goes on serving. The backup's id is the operation's. Does not hold the cluster's lock:
 * changes of the cluster need not wait for it.
 */
@Singleton
public class BackUp extends ChangeProgram<BackUp.Steps, BackupFacts> {

    /** Copying and compressing keeps the whole machine busy. */
    private static final int AT_A_TIME = 1;

    private static final Duration AWAY = Duration.ofSeconds(1);
    private static final Duration TURN = Duration.ofMillis(500);
    private static final Duration ARCHIVE_LIMIT = Duration.ofMinutes(1);

    public enum Steps implements Step {
        COPY("Copying the data into the archive"),
        VERIFY("Reading the backup back and comparing checksums"),
        PRUNE("Deleting what the retention does not need any more"),
        ROLL_BACK("Removing what was copied");

        private final String words;

        Steps(String words) {
            this.words = words;
        }

        @Override
        public String words() {
            return words;
        }
    }

    private final LocalClusters clusters;
    private final Archives archives;
    private final Archiver archiver;
    private final Clock clock;
    private final Semaphore turns = new Semaphore(AT_A_TIME);

    BackUp(LocalClusters clusters, Archives archives, Archiver archiver, Clock clock) {
        super(
                Change.BACK_UP,
                LocalClusters.PLANE,
                PostgresEngine.ENGINE,
                Steps.class,
                Steps.ROLL_BACK,
                BackupFacts.NONE);
        this.clusters = clusters;
        this.archives = archives;
        this.archiver = archiver;
        this.clock = clock;
    }

    @Override
    public Next run(Steps step, Task<ClusterSpec, BackupFacts> task) throws Exception {
        ClusterArchive archive = archives.of(task.wish().id());
        return switch (step) {
            case COPY -> inTurn(() -> copy(task, archive));
            case VERIFY -> inTurn(() -> verify(task, archive));
            case PRUNE -> prune(task, archive);
            case ROLL_BACK -> {
                archive.deleteBackup(task.id());
                yield Next.done(null);
            }
        };
    }

    @FunctionalInterface
    private interface Work {
        Next run() throws Exception;
    }

    private Next inTurn(Work work) throws Exception {
        if (!turns.tryAcquire()) {
            return Next.waitFor(TURN, "another backup is being made on this machine");
        }
        try {
            return work.run();
        } finally {
            turns.release();
        }
    }

    private Next copy(Task<ClusterSpec, BackupFacts> task, ClusterArchive archive) throws Exception {
        UUID cluster = task.wish().id();
        ClusterFolder folder = clusters.folder(cluster);
        ClusterFolder.Manifest manifest = folder.manifest()
                .orElseThrow(() -> new OperationFailed("the cluster does not run here any more; no backup was made"));
        BaseBackup base = new BaseBackup(archive, folder.data(), task.id(), progress(task));
        BaseBackup.Copied copied;
        try (Connection superuser = clusters.open(manifest, "postgres")) {
            copied = base.copy(superuser, manifest.version());
        } catch (CopyProgress.Stopped e) {
            return Next.go(Steps.VERIFY);
        } catch (SQLException e) {
            if (!ClusterProgram.broken(e)) {
                throw e;
            }
            // It is started again, or another node takes its place: the copy begins anew then.
            return Next.waitFor(AWAY, "the cluster's server is away: " + e.getMessage());
        }
        Backup backup = copied.backup();
        if (!archiver.await(cluster, backup.stop(), ARCHIVE_LIMIT)) {
            throw new OperationFailed("the WAL that the backup needs did not come into the archive within "
                    + ARCHIVE_LIMIT.toSeconds() + " s. The copy is removed; earlier backups are as they were.");
        }
        base.finish(copied);
        return Next.go(Steps.VERIFY);
    }

    private Next verify(Task<ClusterSpec, BackupFacts> task, ClusterArchive archive) throws Exception {
        Backup backup = archive.backup(task.id())
                .orElseThrow(() -> new OperationFailed("the backup is not in the archive any more"));
        try {
            new BackupReader(archive, backup, progress(task)).verify();
        } catch (CopyProgress.Stopped e) {
            return Next.go(Steps.PRUNE);
        }
        task.keep(new BackupFacts(
                backup.id(),
                backup.stoppedAt(),
                backup.size(),
                backup.storedSize(),
                task.facts().kept(),
                null,
                null));
        return Next.go(Steps.PRUNE);
    }

    private Next prune(Task<ClusterSpec, BackupFacts> task, ClusterArchive archive) throws Exception {
        ClusterArchive.Kept kept =
                archive.prune(Duration.ofHours(task.wish().archive().retentionHours()), clock.instant());
        BackupFacts facts = task.facts()
                .withKept(
                        kept.backups().stream().map(Backup::id).toList(),
                        kept.recoverableFrom() == null
                                ? null
                                : kept.recoverableFrom().toString());
        task.keep(facts);
        Map<String, Object> receipt = new LinkedHashMap<>();
        receipt.put("restorable_from", facts.createdAt());
        receipt.put("bytes", facts.size());
        receipt.put("stored_bytes", facts.storedSize());
        receipt.put("backups_kept", facts.kept().size());
        receipt.put("window_begins", facts.recoverableFrom());
        return Next.done(receipt);
    }

    /** Another engine step looks at the wish to end; here it only stops the work. */
    private static CopyProgress progress(Task<ClusterSpec, BackupFacts> task) {
        return (done, total) -> {
            task.progress(done, total, "bytes");
            return !task.cancelRequested();
        };
    }
}
