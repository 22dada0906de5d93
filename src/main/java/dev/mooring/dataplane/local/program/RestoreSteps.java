package dev.mooring.dataplane.local.program;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.RecoveryFacts;
import dev.mooring.dataplane.local.archive.Archives;
import dev.mooring.dataplane.local.archive.Backup;
import dev.mooring.dataplane.local.archive.ClusterArchive;
import dev.mooring.dataplane.local.archive.backup.BackupReader;
import dev.mooring.dataplane.local.archive.backup.CopyProgress;
import dev.mooring.dataplane.local.cluster.ClusterCertificates;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.member.ServiceRole;
import dev.mooring.dataplane.local.recovery.WalReplay;
import dev.mooring.home.DurableFiles;
import dev.mooring.home.MooringHome;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Task;
import dev.mooring.process.Handover;
import dev.mooring.process.postgres.session.RoleConnection;
import dev.mooring.process.postgres.session.SuperuserConnection;
import dev.mooring.time.Monotonic;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What bringing a cluster back and trying whether it could be brought back have in common.
 *
 * @param source whose archive it is
 * @param folder where the data goes
 * @param superuserSecret sealed, as it is in the data
 */
record RestoreSteps(
        LocalClusters clusters,
        Archives archives,
        Task<ClusterSpec, RecoveryFacts> task,
        UUID source,
        ClusterFolder folder,
        int port,
        String superuserSecret) {

    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration GLANCE = Duration.ofMillis(200);
    private static final Duration TURN = Duration.ofMillis(500);
    private static final Duration RENEW_HOLD = Duration.ofMinutes(10);

    ClusterArchive archive() {
        return archives.of(source);
    }

    /** How unpacking ended. */
    enum Unpacked {
        WHOLE,
        /** An end was asked for. */
        STOPPED,
        /** What was chosen is not there any more. */
        GONE
    }

    /** Says that the archive is read; while something of it is being deleted the answer is to wait. */
    Optional<Next> busyArchive() throws IOException {
        return archive().hold(task.id())
                ? Optional.empty()
                : Optional.of(Next.waitFor(TURN, "what the archive does not need any more is being deleted"));
    }

    /** The base backup, checked file by file. */
    Unpacked unpack() throws IOException, InterruptedException {
        if (Files.exists(folder.data())) {
            return Unpacked.WHOLE;
        }
        Optional<Backup> chosen =
                archive().backup(Objects.requireNonNull(task.facts().backup(), "no backup is chosen"));
        if (chosen.isEmpty()) {
            return Unpacked.GONE;
        }
        Backup backup = chosen.get();
        long room = Files.getFileStore(folder.root().getParent()).getUsableSpace();
        if (room < backup.size() + backup.size() / 10) {
            throw new OperationFailed("only " + (room >> 20) + " MiB are free, the data needs " + (backup.size() >> 20)
                    + " MiB and some room. Nothing was created; free some space and try again.");
        }
        clusters.makeFolders(folder);
        MooringHome.deleteTree(folder.partialData());
        Files.createDirectory(
                folder.partialData(),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        try {
            Runnable reading = renewing();
            new BackupReader(archive(), backup, (done, total) -> {
                        reading.run();
                        task.progress(done, total, "bytes");
                        return !task.cancelRequested();
                    })
                    .unpack(folder.partialData());
        } catch (CopyProgress.Stopped e) {
            return Unpacked.STOPPED;
        }
        // A backup of an earlier version may hold what a backup should not.
        ClusterCertificates.forgetFormer(folder.partialData());
        DurableFiles.syncTree(folder.partialData());
        Handover.tree(folder.partialData(), clusters.account());
        DurableFiles.move(folder.partialData(), folder.data());
        return Unpacked.WHOLE;
    }

    /** To be run often: says again from time to time that the archive is read. */
    private Runnable renewing() {
        AtomicLong last = new AtomicLong(Monotonic.nanos());
        return () -> {
            long before = last.get();
            if (Monotonic.nanos() - before > RENEW_HOLD.toNanos() && last.compareAndSet(before, Monotonic.nanos())) {
                try {
                    archive().hold(task.id());
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        };
    }

    WalReplay replay() throws IOException {
        return new WalReplay(
                clusters, folder, task.wish(), port, task.facts(), archive().wal());
    }

    /** Up to the moment; keeps the time of the last commit among the facts. */
    void replayTo(@Nullable Instant target) throws IOException, InterruptedException {
        long[] lastLook = {Monotonic.nanos() - GLANCE.toNanos()};
        Runnable reading = renewing();
        String recoveredTo = replay().run(target, (replayed, total) -> {
            reading.run();
            if (Monotonic.nanos() - lastLook[0] >= GLANCE.toNanos()) {
                lastLook[0] = Monotonic.nanos();
                task.progress(replayed, total, "bytes of WAL");
            }
            return !task.cancelRequested();
        });
        task.keep(task.facts().withRecoveredTo(recoveredTo));
    }

    Connection open(String database) throws SQLException, InterruptedException {
        Connection connection = SuperuserConnection.await(
                clusters.reach(), port, database, clusters.vault().unseal(superuserSecret), START_LIMIT, () -> true);
        if (connection == null) {
            throw new SQLException("the recovered server does not answer", "08006");
        }
        return connection;
    }

    /** Another database of a server that answers. */
    Connection reopen(String database) throws SQLException {
        return SuperuserConnection.open(
                clusters.reach(), port, database, clusters.vault().unseal(superuserSecret));
    }

    /** As the role that may read everything and do nothing else. */
    Connection openReader(String database, String password) throws SQLException {
        return RoleConnection.open(clusters.reach(), port, database, ServiceRole.READER.roleName(), password);
    }
}
