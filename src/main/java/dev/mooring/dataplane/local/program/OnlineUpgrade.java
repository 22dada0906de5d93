package dev.mooring.dataplane.local.program;

import dev.mooring.dataplane.ClusterWish;
import dev.mooring.dataplane.UpgradeFacts;
import dev.mooring.dataplane.local.archive.Progress;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.program.UpgradeVersion.Steps;
import dev.mooring.dataplane.local.upgrade.CutOver;
import dev.mooring.dataplane.local.upgrade.Doors;
import dev.mooring.dataplane.local.upgrade.NewServer;
import dev.mooring.dataplane.local.upgrade.SchemaChanged;
import dev.mooring.dataplane.local.upgrade.Side;
import dev.mooring.dataplane.local.upgrade.Workspace;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Task;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import org.jboss.logging.Logger;

/** The online way to a new major version: its server gets everything by logical replication while the old one serves. */
@Singleton
class OnlineUpgrade {

    private static final Logger LOG = Logger.getLogger(OnlineUpgrade.class);
    private static final int MOST_TRIES = 3;

    private final LocalClusters clusters;
    private final Upgrading upgrading;
    private final NewVersion newVersion;
    private final FirstBackup firstBackup;

    OnlineUpgrade(LocalClusters clusters, Upgrading upgrading, NewVersion newVersion, FirstBackup firstBackup) {
        this.clusters = clusters;
        this.upgrading = upgrading;
        this.newVersion = newVersion;
        this.firstBackup = firstBackup;
    }

    Next prepare(Task<ClusterWish, UpgradeFacts> task) throws Exception {
        upgrading.abandon(task.wish(), task.facts());
        task.keep(task.facts().withPort(upgrading.portFor(task.wish())));
        clusters.engines().engine(task.wish().version());
        new NewServer(clusters, task.wish(), upgrading.coming(task))
                .make(task.facts().timeline());
        return Next.go(Steps.SCHEMA);
    }

    Next schema(Task<ClusterWish, UpgradeFacts> task) throws Exception {
        return filling(task, "schema", (serving, coming) -> {
            newVersion.definitions(task.wish(), serving, coming);
            return Next.go(Steps.COPY);
        });
    }

    Next copy(Task<ClusterWish, UpgradeFacts> task) throws Exception {
        return filling(task, "copy", (serving, coming) -> {
            try {
                task.keep(task.facts().withTables(newVersion.rows(task, serving, coming)));
                return Next.go(Steps.INDEX);
            } catch (Progress.Stopped e) {
                return Next.go(Steps.COPY);
            }
        });
    }

    Next index(Task<ClusterWish, UpgradeFacts> task) throws Exception {
        return filling(task, "index", (serving, coming) -> {
            newVersion.constraints(serving, coming);
            return Next.go(Steps.REFRESH);
        });
    }

    @FunctionalInterface
    private interface Filling {
        Next run(Side serving, Side coming) throws Exception;
    }

    /**
     * Fills the new server in one go. What an earlier life has left half-way is thrown away: an empty server is made faster than
     * that is sorted out.
     */
    private Next filling(Task<ClusterWish, UpgradeFacts> task, String what, Filling filling) throws Exception {
        Side serving = upgrading.serving(task.wish());
        Side coming = running(task);
        Path begun = coming.folder().root().resolve(what + ".begun");
        if (Files.exists(begun)) {
            return Next.go(Steps.PREPARE);
        }
        clusters.writeFile(begun, "");
        try {
            return filling.run(serving, coming);
        } catch (SQLException | OperationFailed e) {
            String changes = Workspace.changes(serving);
            if (!changes.isEmpty()) {
                return again(task, changes);
            }
            throw e instanceof SQLException refused ? ClusterProgram.refusedOrBroken("the " + what, refused) : e;
        }
    }

    Next refresh(Task<ClusterWish, UpgradeFacts> task) throws Exception {
        newVersion.refresh(upgrading.serving(task.wish()), running(task));
        return Next.go(Steps.COMPARE);
    }

    Next compare(Task<ClusterWish, UpgradeFacts> task) throws Exception {
        Side serving = upgrading.serving(task.wish());
        String changes = Workspace.changes(serving);
        if (!changes.isEmpty()) {
            return again(task, changes);
        }
        long rows = newVersion.compare(task, serving, running(task));
        task.keep(task.facts().with(facts -> facts.rows(rows).comparison("every table holds the same rows")));
        return Next.go(Steps.BACK_UP);
    }

    /** What was copied is thrown away; the next try copies the schema as it is then. */
    Next again(Task<ClusterWish, UpgradeFacts> task, String changes) {
        if (task.facts().tries() + 1 >= MOST_TRIES) {
            throw new OperationFailed("the schema was changed during each of " + MOST_TRIES + " tries, at last by "
                    + changes + ": upgrade again when it stays as it is for a while");
        }
        LOG.infof(
                "the upgrade of %s begins again: the schema was changed by %s",
                task.wish().id(), changes);
        task.keep(task.facts().withTries(task.facts().tries() + 1));
        return Next.go(Steps.PREPARE);
    }

    Next backUp(Task<ClusterWish, UpgradeFacts> task) throws Exception {
        Side coming = running(task);
        if (!firstBackup.makeBeside(task, coming)) {
            return Next.go(Steps.BACK_UP);
        }
        // Mooring's own changes are not noted, and nobody else is here before it serves.
        Workspace.watch(coming);
        task.keep(task.facts().withLimits(new Doors(upgrading.serving(task.wish())).limits()));
        return Next.go(Steps.CUT_OVER);
    }

    CutOver.Result cutOver(ClusterWish wish, CutOver.Roles roles)
            throws SQLException, IOException, InterruptedException, SchemaChanged {
        boolean begun = CutOver.begun(roles.leaving());
        List<String> databases = begun ? List.of() : roles.serving().databases();
        if (!begun) {
            roles.serving().ensureRunning();
            roles.coming().ensureRunning();
            newVersion.catchUp(roles.serving(), roles.coming());
        }
        return upgrading.cutOver(wish).run(roles, (serving, coming) -> newVersion.last(serving, coming, databases));
    }

    /** Nobody else looks after it. */
    private Side running(Task<ClusterWish, UpgradeFacts> task) throws IOException, InterruptedException, SQLException {
        Side coming = upgrading.coming(task);
        coming.ensureRunning();
        return coming;
    }
}
