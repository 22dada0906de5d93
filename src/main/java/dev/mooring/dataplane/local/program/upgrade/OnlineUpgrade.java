package dev.mooring.dataplane.local.program.upgrade;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.UpgradeFacts;
import dev.mooring.dataplane.facts.UpgradeFacts.Method;
import dev.mooring.dataplane.local.archive.ClusterArchive;
import dev.mooring.dataplane.local.archive.backup.CopyProgress;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.program.upgrade.UpgradeVersion.Steps;
import dev.mooring.dataplane.local.upgrade.Aftercare;
import dev.mooring.dataplane.local.upgrade.Carried;
import dev.mooring.dataplane.local.upgrade.Conversion;
import dev.mooring.dataplane.local.upgrade.CutOver;
import dev.mooring.dataplane.local.upgrade.Definitions;
import dev.mooring.dataplane.local.upgrade.FolderExchange;
import dev.mooring.dataplane.local.upgrade.Fork;
import dev.mooring.dataplane.local.upgrade.Glance;
import dev.mooring.dataplane.local.upgrade.LastTransfer;
import dev.mooring.dataplane.local.upgrade.NotCarried;
import dev.mooring.dataplane.local.upgrade.Replication;
import dev.mooring.dataplane.local.upgrade.ReplicationEnd;
import dev.mooring.dataplane.local.upgrade.server.ConnectionGate;
import dev.mooring.dataplane.local.upgrade.server.DiskFull;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.dataplane.local.upgrade.server.Sequences;
import dev.mooring.dataplane.local.upgrade.server.TargetServer;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Task;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * The online way to a new major version: a physical copy of the server that serves is parted from it at a position of its WAL and becomes
 * the new version by pg_upgrade. What is committed behind the position follows by logical replication. When something comes that this
 * does not carry, the operation goes on the brief way.
 */
@Singleton
class OnlineUpgrade {

    private static final Logger LOG = Logger.getLogger(OnlineUpgrade.class);

    private static final Duration GLANCE = Duration.ofMillis(300);
    private static final Duration CATCH_UP_LIMIT = Duration.ofMinutes(10);
    private static final long CLOSE = 1L << 20;

    private static final String INVALID_CATALOG_NAME = "3D000";
    private static final String OBJECT_NOT_IN_PREREQUISITE_STATE = "55000";

    private final LocalClusters clusters;
    private final Upgrading upgrading;
    private final FirstBackup firstBackup;

    OnlineUpgrade(LocalClusters clusters, Upgrading upgrading, FirstBackup firstBackup) {
        this.clusters = clusters;
        this.upgrading = upgrading;
        this.firstBackup = firstBackup;
    }

    /** What of it can still be done another way. */
    @FunctionalInterface
    interface Work {
        Next run() throws Exception;
    }

    /** Goes on the brief way when this one does not get on. */
    Next orBrief(Task<ClusterSpec, UpgradeFacts> task, Steps begin, Work work) throws Exception {
        try {
            return work.run();
        } catch (OperationFailed | NotCarried | SQLException e) {
            if (e instanceof CrashedTooOften
                    || e instanceof DiskFull
                    || e instanceof SQLException refused && !databaseGone(refused)
                    || FolderExchange.begun(upgrading.previous(task.wish().id()))) {
                // No other way would do better. Or the new version's files are in their place: what there is of it is
                // finished or put back, never thrown away.
                throw e;
            }
            LOG.infof("the upgrade of %s goes on the brief way: %s", task.wish().id(), e.getMessage());
            firstBackup.forget(task);
            upgrading.abandon(task.wish(), task.facts());
            String reason = "online was begun, and given up: " + e.getMessage();
            task.keep(task.facts()
                    .with(facts -> facts.method(Method.BRIEF)
                            .reason(reason)
                            .limits(Map.of())
                            .backup(null)
                            .followUp(List.of())));
            return Next.go(begin);
        }
    }

    /** One that was there a moment ago, dropped or renamed, or closed since. */
    private static boolean databaseGone(SQLException refused) {
        return INVALID_CATALOG_NAME.equals(refused.getSQLState())
                || OBJECT_NOT_IN_PREREQUISITE_STATE.equals(refused.getSQLState());
    }

    Next fork(Task<ClusterSpec, UpgradeFacts> task) throws Exception {
        Conversion conversion = conversion(task);
        if (forkOf(task).isPresent()) {
            return Next.go(Steps.CONVERT);
        }
        if (!conversion.prepared()) {
            return Next.go(Steps.COPY_FILES);
        }
        ReplicationEnd.unpublish(upgrading.serving(task.wish()), Upgrading.THERE);
        try {
            conversion
                    .fork(Upgrading.THERE, openTransactions -> {
                        if (!openTransactions.isEmpty()) {
                            task.progress(0, -1, "waiting for the end of " + openTransactions);
                        }
                        return !task.cancelRequested() && enoughRoom(task);
                    })
                    .write(upgrading.next(task.wish().id()));
            return Next.go(Steps.CONVERT);
        } catch (CopyProgress.Stopped e) {
            // Not once more, where the room that the copy gives back would be filled again.
            upgrading.room(task.wish()).require();
            return Next.go(Steps.COPY_FILES);
        }
    }

    private boolean enoughRoom(Task<ClusterSpec, UpgradeFacts> task) {
        try {
            return upgrading.room(task.wish()).enough();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Optional<Fork> forkOf(Task<ClusterSpec, UpgradeFacts> task) throws IOException {
        return Fork.of(upgrading.next(task.wish().id()));
    }

    private Fork theFork(Task<ClusterSpec, UpgradeFacts> task) throws IOException {
        return forkOf(task).orElseThrow(() -> new OperationFailed("the files of the new version are gone"));
    }

    /** In one go: what pg_upgrade has left half-way is of no use. */
    Next convert(Task<ClusterSpec, UpgradeFacts> task) throws Exception {
        Path begun = upgrading.next(task.wish().id()).root().resolve("convert.begun");
        Optional<Fork> fork = forkOf(task);
        if (Files.exists(begun) || fork.isEmpty()) {
            return Next.go(Steps.COPY_FILES);
        }
        clusters.writeFile(begun, "");
        Conversion conversion = conversion(task);
        Map<String, Integer> limits = new ConnectionGate(upgrading.serving(task.wish())).limits();
        Conversion.Converted converted = Upgrading.counted(
                task, () -> conversion.convert(limits, false, task.facts().timeline()));
        conversion.removeCopy();
        new TargetServer(clusters, task.wish(), upgrading.coming(task))
                .configure(Replication.settings(fork.get().databases().size(), upgrading.serving(task.wish())));
        task.keep(task.facts().withFollowUp(converted.notes()));
        return Next.go(Steps.CATCH_UP);
    }

    Next catchUp(Task<ClusterSpec, UpgradeFacts> task) throws Exception {
        Fork fork = theFork(task);
        Replication there = there(task, fork, running(task));
        there.subscribe(fork.position());
        there.check();
        long behind = there.behind();
        return behind > CLOSE
                ? Next.waitFor(GLANCE, "the new version has " + behind + " bytes of WAL to fetch")
                : Next.go(Steps.FINISH);
    }

    Next finish(Task<ClusterSpec, UpgradeFacts> task) throws Exception {
        List<String> notes = new ArrayList<>(task.facts().followUp());
        PostgresServer coming = running(task);
        // It comes to an end when its server does.
        upgrading
                .room(task.wish())
                .during(
                        () -> new Aftercare(coming).take(),
                        () -> coming.postmaster().fence())
                .stream()
                .filter(note -> !notes.contains(note))
                .forEach(notes::add);
        task.keep(task.facts().withFollowUp(notes));
        return Next.go(Steps.BACK_UP);
    }

    Next backUp(Task<ClusterSpec, UpgradeFacts> task) throws Exception {
        Optional<Next> busy = firstBackup.hold(task);
        if (busy.isPresent()) {
            return busy.get();
        }
        PostgresServer coming = running(task);
        ClusterArchive archive = upgrading.archives.of(task.wish().id());
        if (archive.services().isEmpty()) {
            // Else a recovery meanwhile could take the coming version's backup for one of the server that serves.
            archive.write(new ClusterArchive.Service(Instant.EPOCH, task.facts().oldTimeline()));
        }
        if (!firstBackup.makeBeside(task, coming)) {
            return Next.go(Steps.BACK_UP);
        }
        there(task, theFork(task), coming).check();
        // Stored before anybody is kept out: a later life of the next step needs them.
        task.keep(task.facts().withLimits(new ConnectionGate(upgrading.serving(task.wish())).limits()));
        return Next.go(Steps.CUT_OVER);
    }

    CutOver.Result cutOver(Task<ClusterSpec, UpgradeFacts> task, CutOver.Roles roles)
            throws SQLException, IOException, InterruptedException, NotCarried {
        if (FolderExchange.begun(roles.leaving())) {
            return upgrading.cutOver(task.wish()).run(roles, (serving, coming) -> {});
        }
        PostgresServer serving = roles.serving();
        PostgresServer coming = roles.coming();
        serving.ensureRunning();
        coming.ensureRunning();
        Fork fork = theFork(task);
        Glance glance = Glance.at(serving);
        List<String> changed = fork.definitions().changedIn(serving, glance.before());
        if (!changed.isEmpty()) {
            throw new NotCarried("meanwhile something was defined: " + String.join("; ", changed));
        }
        Definitions definitions = Definitions.of(coming);
        Replication there = there(task, fork, coming);
        there.resume();
        there.catchUp(CATCH_UP_LIMIT);
        List<String> following = Carried.appliesSafely(serving.engine().major()) ? fork.databases() : List.of();
        // After a cut-over that has failed.
        ReplicationEnd.unpublish(coming, Upgrading.BACK);
        if (!following.isEmpty()) {
            new Replication(coming, serving, Upgrading.BACK, following).publishThese();
        }
        Sequences sequences = new Sequences(fork.databases());
        sequences.bring(serving, coming);
        CutOver.Result result = upgrading
                .cutOver(task.wish())
                .run(
                        roles,
                        (from, to) -> new LastTransfer(from, to, there.between(from, to))
                                .run(fork, sequences, glance, following, Upgrading.BACK));
        upgrading.keep(task, definitions, following);
        return result;
    }

    private Conversion conversion(Task<ClusterSpec, UpgradeFacts> task) throws IOException {
        return upgrading.conversion(task.wish(), task.facts());
    }

    private Replication there(Task<ClusterSpec, UpgradeFacts> task, Fork fork, PostgresServer coming)
            throws IOException {
        return new Replication(upgrading.serving(task.wish()), coming, Upgrading.THERE, fork.databases());
    }

    /** Nobody else looks after it. */
    private PostgresServer running(Task<ClusterSpec, UpgradeFacts> task)
            throws IOException, InterruptedException, SQLException {
        PostgresServer coming = upgrading.coming(task);
        coming.ensureRunning();
        return coming;
    }
}
