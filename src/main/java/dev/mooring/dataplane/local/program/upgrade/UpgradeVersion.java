package dev.mooring.dataplane.local.program.upgrade;

import dev.mooring.dataplane.Change;
import dev.mooring.dataplane.ClusterSpec;
import dev.mooring.dataplane.facts.UpgradeFacts;
import dev.mooring.dataplane.facts.UpgradeFacts.Method;
import dev.mooring.dataplane.local.cluster.LocalClusters;
import dev.mooring.dataplane.local.program.ClusterProgram;
import dev.mooring.dataplane.local.upgrade.CutOver;
import dev.mooring.dataplane.local.upgrade.FolderExchange;
import dev.mooring.dataplane.local.upgrade.ReplicationEnd;
import dev.mooring.dataplane.local.upgrade.server.ConnectionGate;
import dev.mooring.dataplane.local.upgrade.server.PortTaken;
import dev.mooring.dataplane.local.upgrade.server.PostgresServer;
import dev.mooring.home.MooringHome;
import dev.mooring.operation.Next;
import dev.mooring.operation.OperationFailed;
import dev.mooring.operation.Step;
import dev.mooring.operation.Task;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Moves a cluster to a newer major version, online or the brief way. Either way a server of that version is made by pg_upgrade of a
 * physical copy of the one that serves, and takes its place; what served before is kept for a while, so that there is a way back.
 */
@Singleton
public class UpgradeVersion extends ClusterProgram<UpgradeVersion.Steps, UpgradeFacts> {

    public enum Steps implements Step {
        CHECK("Looking for what stands in the way"),
        TRY_OUT("Upgrading a copy that is thrown away", Duration.ofHours(1)),
        COPY_FILES("Copying the server's files while it serves", Duration.ofHours(2)),
        FOLLOW("Waiting until the copy has nearly everything", Duration.ofHours(2)),
        FORK("Parting the copy from the server, which goes on serving", Duration.ofMinutes(10)),
        CONVERT("Making the new version of the copy", Duration.ofHours(1)),
        CATCH_UP("Fetching what was written meanwhile", Duration.ofMinutes(30)),
        FINISH("Collecting statistics for the planner, beside", Duration.ofHours(1)),
        BACK_UP("Making the new version's first backup", Duration.ofMinutes(30)),
        CUT_OVER("Putting the new version in the old one's place", Duration.ofHours(2)),
        STATISTICS("Collecting statistics for the planner", Duration.ofHours(1)),
        SECURE("Making the new version's first backup while it serves", Duration.ofHours(2)),
        KEEP_OLD("Keeping the old version, for the way back"),
        ROLL_BACK("Removing what was made; the old version serves");

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
            return compareTo(CUT_OVER) < 0;
        }
    }

    private static final Logger LOG = Logger.getLogger(UpgradeVersion.class);

    private final Upgrading upgrading;
    private final BriefUpgrade brief;
    private final OnlineUpgrade online;
    private final FirstBackup firstBackup;
    private final UpgradeRollback oldVersion;
    private final Clock clock;

    UpgradeVersion(
            LocalClusters clusters,
            Upgrading upgrading,
            BriefUpgrade brief,
            OnlineUpgrade online,
            FirstBackup firstBackup,
            UpgradeRollback oldVersion,
            Clock clock) {
        super(Change.UPGRADE, Steps.class, Steps.ROLL_BACK, UpgradeFacts.NONE, clusters);
        this.upgrading = upgrading;
        this.brief = brief;
        this.online = online;
        this.firstBackup = firstBackup;
        this.oldVersion = oldVersion;
        this.clock = clock;
    }

    @Override
    protected boolean exclusive(Steps step) {
        return step == Steps.CHECK || step == Steps.CUT_OVER || step == Steps.KEEP_OLD || step == Steps.ROLL_BACK;
    }

    @Override
    protected Next step(Steps step, Task<ClusterSpec, UpgradeFacts> task) throws Exception {
        try {
            return part(step, task);
        } catch (PortTaken e) {
            return upgrading.waitOrTakeAnother(task, e);
        }
    }

    private Next part(Steps step, Task<ClusterSpec, UpgradeFacts> task) throws Exception {
        // WAL is kept for the copy for as long as it takes.
        if (step.compareTo(Steps.COPY_FILES) > 0
                && step.compareTo(Steps.CUT_OVER) <= 0
                && !FolderExchange.begun(upgrading.previous(task.wish().id()))) {
            upgrading.room(task.wish()).require();
        }
        return switch (step) {
            case CHECK -> check(task);
            case TRY_OUT -> Next.go(brief.tryOut(task) ? Steps.COPY_FILES : Steps.TRY_OUT);
            case COPY_FILES -> Next.go(brief.copy(task) ? Steps.FOLLOW : Steps.COPY_FILES);
            case FOLLOW -> follow(task);
            case FORK -> online.orBrief(task, Steps.COPY_FILES, () -> online.fork(task));
            case CONVERT -> online.orBrief(task, Steps.TRY_OUT, () -> online.convert(task));
            case CATCH_UP -> online.orBrief(task, Steps.COPY_FILES, () -> online.catchUp(task));
            case FINISH -> online.orBrief(task, Steps.COPY_FILES, () -> online.finish(task));
            case BACK_UP -> online.orBrief(task, Steps.COPY_FILES, () -> online.backUp(task));
            case CUT_OVER -> cutOver(task);
            case STATISTICS -> {
                brief.statistics(task);
                yield Next.go(Steps.SECURE);
            }
            case SECURE -> secure(task);
            case KEEP_OLD -> keepOld(task);
            case ROLL_BACK -> cleanUp(task);
        };
    }

    private Next check(Task<ClusterSpec, UpgradeFacts> task) throws Exception {
        ClusterSpec wish = task.wish();
        UpgradeChoice choice = UpgradeChoice.of(upgrading, wish);
        if (FolderExchange.begun(upgrading.previous(wish.id()))) {
            upgrading.settle(wish.id());
        }
        PostgresServer serving = upgrading.serving(wish);
        long bytes = upgrading.size(wish);
        try (Connection connection = serving.open("postgres")) {
            int timeline = (int) PostgresServer.number(connection, "select timeline_id from pg_control_checkpoint()");
            int last = upgrading.archives.of(wish.id()).wal().lastTimeline();
            task.keep(task.facts()
                    .with(facts -> facts.method(choice.method())
                            .reason(choice.reason())
                            .semanticVersion(clusters.engines().versions().get(wish.version()))
                            .oldVersion(serving.engine().version())
                            .oldTimeline(timeline)
                            .timeline(Math.max(timeline, last) + 1)
                            .bytes(bytes)));
        }
        // The online way converts the copy while the old version serves: a try of its own.
        return Next.go(choice.method() == Method.ONLINE || brief.tried(wish) ? Steps.COPY_FILES : Steps.TRY_OUT);
    }

    private Next follow(Task<ClusterSpec, UpgradeFacts> task) throws Exception {
        if (!brief.ready(task)) {
            return Next.go(Steps.COPY_FILES);
        }
        Next wait = brief.follow(task);
        if (wait != null) {
            return wait;
        }
        if (task.facts().method() == Method.ONLINE) {
            return Next.go(Steps.FORK);
        }
        // Stored before anybody is kept out: a later life of the next step needs them.
        task.keep(task.facts().withLimits(new ConnectionGate(upgrading.serving(task.wish())).limits()));
        return Next.go(Steps.CUT_OVER);
    }

    private Next cutOver(Task<ClusterSpec, UpgradeFacts> task) throws Exception {
        CutOver.Roles roles = roles(task);
        Next wait = upgrading.awaitTransactions(task, roles);
        if (wait != null) {
            return wait;
        }
        if (task.facts().method() == Method.ONLINE) {
            return online.orBrief(
                    task, Steps.COPY_FILES, () -> served(task, online.cutOver(task, roles), Steps.KEEP_OLD));
        }
        if (!FolderExchange.begun(roles.leaving()) && !brief.ready(task)) {
            // A copy that is on a way of its own cannot follow any more.
            upgrading.cutOver(task.wish()).reopen(roles);
            return Next.go(Steps.COPY_FILES);
        }
        return served(task, brief.cutOver(task, roles), Steps.STATISTICS);
    }

    private static Next served(Task<ClusterSpec, UpgradeFacts> task, CutOver.Result result, Steps next) {
        task.keep(task.facts()
                .with(facts -> facts.servesSince(result.servesSince().toString())
                        .pauseMs(result.pauseMs())
                        .pools(result.pools())
                        .ended(result.ended())));
        return Next.go(next);
    }

    /** Without one the next is due at once, and again and again until there is one. */
    private Next secure(Task<ClusterSpec, UpgradeFacts> task) throws Exception {
        try {
            // Where there is no room for a backup there may be none for this either.
            Optional<Next> busy = firstBackup.hold(task);
            if (busy.isPresent()) {
                return busy.get();
            }
            firstBackup.make(task, upgrading.serving(task.wish()));
        } catch (OperationFailed | IOException | SQLException e) {
            if (e instanceof SQLException refused && broken(refused)) {
                throw e;
            }
            LOG.warnf(e, "%s has no backup of its new version yet", task.wish().id());
            List<String> notes = new ArrayList<>(task.facts().followUp());
            notes.add(
                    "there is no backup of the new version yet, and no moment since the upgrade can be recovered until there is one,"
                            + " which is tried again from now on: " + e.getMessage());
            task.keep(task.facts().withFollowUp(notes).withBackup(null));
            firstBackup.forget(task);
        }
        return Next.go(Steps.KEEP_OLD);
    }

    private Next keepOld(Task<ClusterSpec, UpgradeFacts> task) throws Exception {
        PostgresServer serving = upgrading.serving(task.wish());
        serving.ensureRunning();
        ReplicationEnd.leave(serving, Upgrading.THERE);
        oldVersion.keep(task);
        forgetTheWay(task);
        return Next.done(task.facts().receipt());
    }

    /** Its data directory is in its place. */
    private void forgetTheWay(Task<ClusterSpec, UpgradeFacts> task) {
        MooringHome.deleteTree(upgrading.next(task.wish().id()).root());
    }

    private Next cleanUp(Task<ClusterSpec, UpgradeFacts> task) throws Exception {
        if (task.facts().backup() == null) {
            firstBackup.forget(task);
        }
        if (task.facts().servesSince() != null
                || FolderExchange.opened(upgrading.previous(task.wish().id()))) {
            // Too late for a way back: it may hold writes that the old version lacks.
            if (task.facts().servesSince() == null) {
                task.keep(task.facts().withServesSince(clock.instant().toString()));
            }
            oldVersion.end(task);
            forgetTheWay(task);
            return Next.done(task.facts().receipt());
        }
        if (!FolderExchange.begun(upgrading.previous(task.wish().id()))
                && upgrading.main(task.wish().id()).manifest().isPresent()) {
            makeRoom(task);
        }
        if (!task.facts().limits().isEmpty()) {
            ClusterSpec before =
                    task.wish().withVersion(task.wish().requiredUpgrade().from());
            upgrading.cutOver(task.wish()).putBack(roles(task), before);
        }
        if (upgrading.main(task.wish().id()).manifest().isPresent()) {
            upgrading.abandon(task.wish(), task.facts());
        }
        return Next.done(null);
    }

    /** What the old version may lack to serve; what cannot be removed now is tried again once it does. */
    private void makeRoom(Task<ClusterSpec, UpgradeFacts> task) throws InterruptedException {
        try {
            upgrading.removeFiles(task.wish(), task.facts());
        } catch (IOException | UncheckedIOException e) {
            LOG.warnf(e, "what was made beside %s is still there", task.wish().id());
        }
    }

    private CutOver.Roles roles(Task<ClusterSpec, UpgradeFacts> task) throws IOException {
        ClusterSpec wish = task.wish();
        PostgresServer serving = new PostgresServer(
                clusters,
                upgrading.main(wish.id()),
                clusters.engines()
                        .engine(wish.requiredUpgrade().from(), task.facts().requiredOldVersion()),
                wish.port(),
                clusters.vault().unseal(wish.superuserSecret()));
        return new CutOver.Roles(
                serving,
                upgrading.coming(task),
                upgrading.previous(wish.id()),
                task.facts().limits(),
                task.facts().oldTimeline(),
                task.facts().timeline());
    }
}
