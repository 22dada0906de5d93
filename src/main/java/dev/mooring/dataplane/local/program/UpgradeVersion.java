package dev.mooring.dataplane.local.program;

import dev.mooring.dataplane.ClusterWish;
import dev.mooring.dataplane.UpgradeFacts;
import dev.mooring.dataplane.local.archive.Progress;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.upgrade.CutOver;
import dev.mooring.dataplane.local.upgrade.Doors;
import dev.mooring.dataplane.local.upgrade.NewServer;
import dev.mooring.dataplane.local.upgrade.Replication;
import dev.mooring.dataplane.local.upgrade.SchemaChanged;
import dev.mooring.dataplane.local.upgrade.Side;
import dev.mooring.dataplane.local.upgrade.Workspace;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * Moves a cluster to a newer major version. A server of that version is made beside the one that serves, and gets everything by
 * logical replication; when it has caught up and holds the same, it takes the other one's place. The old one then follows
 * what is written, so that there is a way back. In place means the same with a dump instead of replication, while nobody can
 * write, and without a way back.
 */
@Singleton
public class UpgradeVersion extends ClusterProgram<UpgradeVersion.Steps, UpgradeFacts> {

    public enum Steps implements Step {
        CHECK("Looking for what stands in the way"),
        PREPARE("Starting a server of the new version beside the old one"),
        SCHEMA("Bringing over roles and schemas"),
        COPY("Copying the rows while the old version serves", Duration.ofMinutes(10)),
        INDEX("Making indexes, constraints and triggers", Duration.ofHours(2)),
        REFRESH("Filling materialized views and collecting statistics", Duration.ofMinutes(30)),
        COMPARE("Comparing every table of both versions", Duration.ofMinutes(30)),
        BACK_UP("Making the new version's first backup", Duration.ofMinutes(30)),
        CUT_OVER("Putting the new version in the old one's place", Duration.ofHours(2)),
        KEEP_OLD("Letting the old version follow, for the way back"),
        CLEAN_UP("Removing what was made; the old version serves");

        private final String words;
        private final Duration deadline;

        Steps(String words) {
            this(words, Duration.ofMinutes(2));
        }

        Steps(String words, Duration deadline) {
            this.words = words;
            this.deadline = deadline;
        }

        @Override
        public String words() {
            return words;
        }

        @Override
        public Duration deadline() {
            return deadline;
        }

        @Override
        public boolean cancellable() {
            return this != CUT_OVER && this != KEEP_OLD;
        }
    }

    private static final Logger LOG = Logger.getLogger(UpgradeVersion.class);
    private static final Duration PORT_PAUSE = Duration.ofSeconds(2);
    private static final int MOST_TRIES = 3;

    private final Upgrading upgrading;
    private final NewVersion newVersion;
    private final FirstBackup firstBackup;
    private final OldVersion oldVersion;

    UpgradeVersion(
            LocalClusters clusters,
            Upgrading upgrading,
            NewVersion newVersion,
            FirstBackup firstBackup,
            OldVersion oldVersion) {
        super("upgrade-cluster", Steps.class, Steps.CLEAN_UP, UpgradeFacts.NONE, clusters);
        this.upgrading = upgrading;
        this.newVersion = newVersion;
        this.firstBackup = firstBackup;
        this.oldVersion = oldVersion;
    }

    @Override
    protected boolean exclusive(Steps step) {
        return step == Steps.CHECK || step == Steps.CUT_OVER || step == Steps.KEEP_OLD || step == Steps.CLEAN_UP;
    }

    @Override
    protected Next step(Steps step, Task<ClusterWish, UpgradeFacts> task) throws Exception {
        return switch (step) {
            case CHECK -> check(task);
            case PREPARE -> prepare(task);
            case SCHEMA -> schema(task);
            case COPY -> copy(task);
            case INDEX -> index(task);
            case REFRESH -> refresh(task);
            case COMPARE -> compare(task);
            case BACK_UP -> backUp(task);
            case CUT_OVER -> cutOver(task);
            case KEEP_OLD -> keepOld(task);
            case CLEAN_UP -> cleanUp(task);
        };
    }

    private Next check(Task<ClusterWish, UpgradeFacts> task) throws Exception {
        ClusterWish wish = task.wish();
        CheckUpgrade.check(upgrading, wish);
        if (CutOver.begun(upgrading.previous(wish.id()))) {
            upgrading.settle(wish.id());
        }
        Side serving = upgrading.serving(wish);
        try (Connection connection = serving.open("postgres")) {
            int timeline = (int) Side.number(connection, "select timeline_id from pg_control_checkpoint()");
            long bytes = Side.number(
                    connection, "select sum(pg_database_size(oid)) from pg_database where datname !~ '^template'");
            int last = upgrading.archives.of(wish.id()).wal().lastTimeline();
            task.keep(task.facts()
                    .with(facts -> facts.semanticVersion(
                                    clusters.engines().versions().get(wish.version()))
                            .oldVersion(serving.engine().version())
                            .oldTimeline(timeline)
                            .timeline(Math.max(timeline, last) + 1)
                            .bytes(bytes)));
        }
        return Next.go(Steps.PREPARE);
    }

    private Next prepare(Task<ClusterWish, UpgradeFacts> task) throws Exception {
        upgrading.abandon(task.wish(), task.facts());
        if (!upgrading.portFree(task.wish())) {
            return Next.waitFor(PORT_PAUSE, "the port for a second server of the cluster is taken");
        }
        clusters.engines().engine(task.wish().version());
        new NewServer(clusters, task.wish(), coming(task)).make(task.facts().timeline());
        return Next.go(task.wish().upgrade().inPlace() ? Steps.CUT_OVER : Steps.SCHEMA);
    }

    private Next schema(Task<ClusterWish, UpgradeFacts> task) throws Exception {
        return filling(task, "schema", (serving, coming) -> {
            newVersion.definitions(task.wish(), serving, coming);
            return Next.go(Steps.COPY);
        });
    }

    private Next copy(Task<ClusterWish, UpgradeFacts> task) throws Exception {
        return filling(task, "copy", (serving, coming) -> {
            try {
                task.keep(task.facts().withTables(newVersion.rows(task, serving, coming)));
                return Next.go(Steps.INDEX);
            } catch (Progress.Stopped e) {
                return Next.go(Steps.COPY);
            }
        });
    }

    private Next index(Task<ClusterWish, UpgradeFacts> task) throws Exception {
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
            throw e instanceof SQLException refused ? refusedOrBroken("the " + what, refused) : e;
        }
    }

    private Next refresh(Task<ClusterWish, UpgradeFacts> task) throws Exception {
        newVersion.refresh(upgrading.serving(task.wish()), running(task));
        return Next.go(Steps.COMPARE);
    }

    private Next compare(Task<ClusterWish, UpgradeFacts> task) throws Exception {
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
    private Next again(Task<ClusterWish, UpgradeFacts> task, String changes) {
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

    private Next backUp(Task<ClusterWish, UpgradeFacts> task) throws Exception {
        Side coming = running(task);
        if (!firstBackup.make(task, coming)) {
            return Next.go(Steps.BACK_UP);
        }
        // Mooring's own changes are not noted, and nobody else is here before it serves.
        Workspace.watch(coming);
        task.keep(task.facts().withLimits(new Doors(upgrading.serving(task.wish())).limits()));
        return Next.go(Steps.CUT_OVER);
    }

    private Next cutOver(Task<ClusterWish, UpgradeFacts> task) throws Exception {
        ClusterWish wish = task.wish();
        boolean inPlace = wish.upgrade().inPlace();
        if (inPlace && task.facts().limits().isEmpty()) {
            // Stored before anybody is kept out: a later life of this step needs them.
            task.keep(task.facts().withLimits(new Doors(upgrading.serving(wish)).limits()));
            return Next.go(Steps.CUT_OVER);
        }
        CutOver.Roles roles = roles(task);
        List<String> databases =
                CutOver.begun(roles.leaving()) ? List.of() : roles.serving().databases();
        CutOver.LastTransfer transfer = inPlace
                // Databases are made anew, which ends the sessions in them.
                ? (serving, coming) -> newVersion.everything(roles.serving(), roles.coming(), databases)
                : (serving, coming) -> newVersion.last(serving, coming, databases);
        CutOver.Result result;
        try {
            if (!inPlace && !CutOver.begun(roles.leaving())) {
                roles.serving().ensureRunning();
                roles.coming().ensureRunning();
                newVersion.catchUp(roles.serving(), roles.coming());
            }
            result = upgrading.cutOver(wish).run(roles, transfer);
        } catch (SchemaChanged e) {
            return again(task, e.getMessage());
        }
        task.keep(task.facts()
                .with(facts -> facts.servesSince(result.servesSince().toString())
                        .pauseMs(result.pauseMs())
                        .sessionsEnded(result.sessionsEnded())));
        return Next.go(Steps.KEEP_OLD);
    }

    private Next keepOld(Task<ClusterWish, UpgradeFacts> task) throws Exception {
        Side serving = upgrading.serving(task.wish());
        serving.ensureRunning();
        Replication.leave(serving, Upgrading.THERE);
        oldVersion.keep(task);
        return Next.done(task.facts().receipt());
    }

    private Next cleanUp(Task<ClusterWish, UpgradeFacts> task) throws Exception {
        if (task.facts().servesSince() != null
                || CutOver.opened(upgrading.previous(task.wish().id()))) {
            // Too late for a way back: it may hold writes that the old version lacks.
            if (task.facts().servesSince() == null) {
                task.keep(task.facts().withServesSince(Instant.now().toString()));
            }
            oldVersion.giveUp(task);
            return Next.done(task.facts().receipt());
        }
        if (!task.facts().limits().isEmpty()) {
            ClusterWish before = task.wish().withVersion(task.wish().upgrade().from());
            upgrading.cutOver(task.wish()).putBack(roles(task), before);
        }
        if (upgrading.main(task.wish().id()).manifest().isPresent()) {
            upgrading.abandon(task.wish(), task.facts());
        }
        return Next.done(null);
    }

    private Side coming(Task<ClusterWish, UpgradeFacts> task) throws IOException {
        return upgrading.beside(
                task.wish(),
                upgrading.next(task.wish().id()),
                task.wish().version(),
                task.facts().semanticVersion());
    }

    /** Nobody else looks after it. */
    private Side running(Task<ClusterWish, UpgradeFacts> task) throws IOException, InterruptedException, SQLException {
        Side coming = coming(task);
        coming.ensureRunning();
        return coming;
    }

    private CutOver.Roles roles(Task<ClusterWish, UpgradeFacts> task) throws IOException {
        ClusterWish wish = task.wish();
        Side serving = new Side(
                clusters,
                upgrading.main(wish.id()),
                clusters.engines().engine(wish.upgrade().from(), task.facts().oldVersion()),
                wish.port(),
                clusters.vault().unseal(wish.superuserSecret()));
        return new CutOver.Roles(
                serving,
                coming(task),
                upgrading.previous(wish.id()),
                task.facts().limits(),
                task.facts().oldTimeline(),
                task.facts().timeline());
    }
}
