package dev.mooring.dataplane.local.program.upgrade;

import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.UpgradeFacts;
import dev.mooring.dataplane.local.cluster.ClusterFolder;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.program.ClusterProgram;
import dev.mooring.dataplane.local.upgrade.Kept;
import dev.mooring.dataplane.local.upgrade.Replication;
import dev.mooring.dataplane.local.upgrade.ReplicationEnd;
import dev.mooring.dataplane.local.upgrade.server.PortTaken;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.dataplane.local.upgrade.server.TargetServer;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Task;
import dev.mooring.process.postgres.Postmaster;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/** The version before an upgrade: the way back. It follows what is written to the new one where it can do so safely. */
@Singleton
class UpgradeRollback {

    private static final Logger LOG = Logger.getLogger(UpgradeRollback.class);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);

    private final LocalClusters clusters;
    private final Upgrading upgrading;

    UpgradeRollback(LocalClusters clusters, Upgrading upgrading) {
        this.clusters = clusters;
        this.upgrading = upgrading;
    }

    /**
     * The upgrade is done: what fails here costs the way back and nothing else.
     *
     * @throws SQLException when a connection broke: the server comes back, and this can be tried again
     */
    void keep(Task<ClusterSpec, UpgradeFacts> task) throws SQLException, IOException, InterruptedException {
        ClusterSpec wish = task.wish();
        Optional<Kept> kept = Kept.of(upgrading.previous(wish.id()));
        if (kept.isEmpty()) {
            task.keep(task.facts().withUndoProblem("it is not known what was written since"));
            upgrading.settle(wish.id());
            return;
        }
        try {
            if (kept.get().follows()) {
                follow(task, kept.get().databases());
            }
            Instant until = Instant.parse(task.facts().servesSince())
                    .plus(Duration.ofHours(wish.requiredUpgrade().undoHours()));
            task.keep(task.facts().withUndoUntil(until.toString()));
        } catch (SQLException e) {
            if (ClusterProgram.broken(e)) {
                throw e;
            }
            giveUp(task, e);
        } catch (PortTaken e) {
            throw e;
        } catch (IOException | OperationFailed e) {
            giveUp(task, e);
        }
    }

    private void giveUp(Task<ClusterSpec, UpgradeFacts> task, Exception why)
            throws SQLException, IOException, InterruptedException {
        LOG.warnf(why, "the old version of %s does not follow", task.wish().id());
        task.keep(task.facts().withUndoProblem("the old version does not follow: " + why.getMessage()));
        upgrading.settle(task.wish().id());
    }

    /** After a failure: what need not be followed up is kept. */
    void end(Task<ClusterSpec, UpgradeFacts> task) throws SQLException, IOException, InterruptedException {
        Optional<Kept> kept = Kept.of(upgrading.previous(task.wish().id()));
        if (kept.isPresent() && !kept.get().follows()) {
            keep(task);
        } else {
            giveUp(task);
        }
    }

    /**
     * The upgrade stays without a way back, and says why. Fails never: where the new version does not even start, the old
     * one's files are left to whoever looks into it, and the next upgrade removes them.
     */
    private void giveUp(Task<ClusterSpec, UpgradeFacts> task) throws InterruptedException {
        task.keep(task.facts().withUndoProblem("the old version does not follow: " + task.failure()));
        try {
            upgrading.serving(task.wish()).ensureRunning();
            upgrading.settle(task.wish().id());
        } catch (SQLException | IOException | OperationFailed e) {
            LOG.errorf(
                    e, "the old version of %s could not be removed", task.wish().id());
        }
    }

    private void follow(Task<ClusterSpec, UpgradeFacts> task, List<String> databases)
            throws SQLException, IOException, InterruptedException {
        ClusterSpec wish = task.wish();
        ClusterFolder folder = upgrading.previous(wish.id());
        // Else it would be started again in the middle of this, after an earlier life of this step.
        clusters.supervisor().forget(folder.key());
        Postmaster running = upgrading
                .beside(
                        wish,
                        folder,
                        wish.requiredUpgrade().from(),
                        task.facts().oldVersion())
                .postmaster();
        running.stop(Postmaster.Stop.FAST, STOP_LIMIT);
        running.fence();
        PostgresServer old = upgrading.beside(
                wish, folder, wish.requiredUpgrade().from(), task.facts().oldVersion(), upgrading.portFor(wish));
        PostgresServer serving = upgrading.serving(wish);
        new TargetServer(clusters, wish, old).configure(Replication.settings(databases.size(), serving));
        old.ensureRunning();
        ReplicationEnd.unpublish(old, Upgrading.THERE);
        new Replication(serving, old, Upgrading.BACK, databases).subscribe(null);
        folder.write(upgrading
                .main(wish.id())
                .manifest()
                .orElseThrow()
                .with(now -> now.major(old.engine().major())
                        .version(old.engine().version())
                        .port(old.port())));
        clusters.supervisor().watch(folder.key(), old.postmaster());
    }
}
